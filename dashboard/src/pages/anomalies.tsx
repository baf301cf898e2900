/**
 * Anomalies: what is wrong with what ran, the evidence, and by which rule it was found.
 */

import { FactsTable } from "../anomalies/facts_table";
import { DETECTORS, type Finding, type Place, pageOf, SEVERITIES } from "../anomalies/finding";
import { Command } from "../design/states";
import { Choice } from "../listing/choice";
import { ListPage } from "../listing/list_page";
import type { Column } from "../listing/list_table";
import { MarkdownPage } from "../markdown/page";
import { linkTo } from "../router/route";

const COLUMNS: readonly Column<Finding>[] = [
  { title: "Severity", sort: "severity", isRank: true, cell: (row) => <SeverityMark severity={row.severity} /> },
  { title: "Detector", sort: "detector", cell: (row) => <span class="code">{row.detector}</span> },
  { title: "Function", sort: "qualname", cell: (row) => <Where place={row} /> },
  { title: "What", cell: (row) => row.messages[0] ?? "" },
];

/** The page. */
export function AnomaliesPage() {
  return (
    <ListPage<Finding>
      title="Anomalies"
      words={["finding", "findings"]}
      resource="anomalies"
      topic="anomalies"
      sort="-severity"
      columns={COLUMNS}
      keyOf={(row) => row.fingerprint}
      filters={["severity", "detector"]}
      controls={
        <>
          <Choice label="Severity" parameter="severity" all="any severity" options={SEVERITIES} />
          <Choice label="Detector" parameter="detector" all="any detector" options={DETECTORS} />
        </>
      }
      detail={(row) => <Detail finding={row} />}
      empty={
        <>
          <p>Nothing was found in this session.</p>
          <p>
            Detectors need calls to judge by: let the program do more of its work, or look at several sessions at once
            with <Command>ghost anomalies --sessions 20</Command>
          </p>
        </>
      }
    />
  );
}

function SeverityMark({ severity }: { severity: Finding["severity"] }) {
  return <span class={`badge is-${severity}`}>{severity}</span>;
}

function Where({ place }: { place: Place }) {
  return (
    <span class="code" title={`${place.file}:${place.line}`}>
      {place.qualname}
      <span class="note">
        {" "}
        {place.module}:{place.line}
      </span>
    </span>
  );
}

function Detail({ finding }: { finding: Finding }) {
  return (
    <>
      <h2 class="code">{finding.qualname}</h2>
      <p>
        <SeverityMark severity={finding.severity} /> <span class="code">{finding.detector}</span>{" "}
        <span class="note">
          {finding.file}:{finding.line}
        </span>
      </p>
      <ul class="messages">
        {finding.messages.map((message, index) => (
          <li key={index}>{message}</li>
        ))}
      </ul>
      <p>
        <a href={functionLink(finding)}>Show the function</a>
      </p>
      <FactsTable facts={finding.facts} />
      <Related finding={finding} />
      <details class="rule">
        <summary>
          What <span class="code">{finding.detector}</span> means
        </summary>
        <MarkdownPage blocks={pageOf(finding.detector)} />
      </details>
    </>
  );
}

function Related({ finding }: { finding: Finding }) {
  if (finding.related.length === 0) return null;
  return (
    <>
      <h3>Has to do with it</h3>
      <ul class="plain">
        {finding.related.map((place, index) => (
          <li key={index}>
            <a class="code" href={functionLink(place)}>
              {place.qualname}
            </a>{" "}
            <span class="note">{place.note}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** To the function itself where the server says which it is, else to those of its name. */
function functionLink(place: Place): string {
  const id = place.function_id;
  return linkTo("functions", id === undefined || id === null ? { q: place.qualname } : { function: id });
}
