/**
 * Probes: what looks into the running program, how it fares in each process, and what it told last.
 *
 * Only shows. Probes are added and removed by `ghost probe`, whose language and limits are its own.
 */

import { Download } from "../design/download";
import { counted, duration, thousands } from "../design/number";
import { Command, Empty, Failure, Loading } from "../design/states";
import { moment } from "../design/time";
import { Facts } from "../listing/facts";
import { useResource } from "../live/resource";
import { sessionPath } from "../live/session";
import type { Probe, ProbeHit, ProbeProcess } from "../probes/probe";

/** The page. */
export function ProbesPage() {
  const { value, problem, isLoading } = useResource<{ items: readonly Probe[] }>(sessionPath("probes"), "probes");
  const isMissing = problem?.status === 404;
  const probes = value?.items ?? [];
  return (
    <section class="page" aria-busy={isLoading}>
      <header class="page-head">
        <h1>Probes</h1>
        {value !== null && <p class="page-count">{counted(probes.length, "probe", "probes")}</p>}
        <div class="page-tools">
          <Download name="probes" value={value} />
        </div>
      </header>
      {problem !== null && !isMissing && <Failure problem={problem} />}
      {value === null && problem === null && <Loading />}
      {((value !== null && probes.length === 0) || isMissing) && <NoProbes />}
      {probes.map((probe) => (
        <ProbeCard key={probe.id} probe={probe} />
      ))}
    </section>
  );
}

function NoProbes() {
  return (
    <Empty>
      <p>No probe looks into this session.</p>
      <p>
        While the program runs, ask it what a function returns, from another terminal:{" "}
        <Command>ghost probe add app.orders.place --event return --value result --lifespan 10</Command>
      </p>
    </Empty>
  );
}

function ProbeCard({ probe }: { probe: Probe }) {
  return (
    <article class="card">
      <h2>
        <span class="code">{probe.target}</span> <span class="note">{probe.id}</span>
      </h2>
      <Facts
        isInline
        facts={[
          ["When", probe.event],
          ["What", [probe.type, probe.value].filter((part) => part != null && part !== "").join(" ")],
          ["Only if", probe.condition ?? "–"],
          ["Ends", probe.expires_unix_ns === undefined ? "–" : moment(probe.expires_unix_ns).slice(0, 19)],
        ]}
      />
      <Processes processes={probe.processes ?? []} />
      <Hits hits={probe.hits ?? []} />
    </article>
  );
}

function Processes({ processes }: { processes: readonly ProbeProcess[] }) {
  if (processes.length === 0) return <p class="remark">No process of this session runs.</p>;
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col" class="number">
            Process
          </th>
          <th scope="col">State</th>
          <th scope="col" class="number">
            Hits
          </th>
          <th scope="col" class="number">
            Refused
          </th>
          <th scope="col" class="number">
            Errors
          </th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        {processes.map((process) => (
          <tr key={process.pid}>
            <td class="number">{process.pid}</td>
            <td>
              <span class={`badge is-${process.state}`}>{process.state}</span>
            </td>
            <td class="number">{thousands(process.hit_count)}</td>
            <td class="number">{thousands(process.dropped_count)}</td>
            <td class="number">{thousands(process.error_count)}</td>
            <td>
              {process.reason ?? process.error ?? ""}
              <Numbers process={process} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Numbers({ process }: { process: ProbeProcess }) {
  const { numbers, lines } = process;
  const worst = [...(lines ?? [])].sort((a, b) => b.total_ns - a.total_ns).slice(0, LINES_SHOWN);
  return (
    <>
      {numbers != null && (
        <span>
          {thousands(numbers.count)} values, {numbers.minimum} to {numbers.maximum}, sum {numbers.total}
        </span>
      )}
      {worst.map((line) => (
        <div key={line.line} class="code">
          line {line.line}: {duration(line.total_ns)} in {counted(line.count, "time", "times")}
        </div>
      ))}
    </>
  );
}

/** The lines that took longest; all of them are in the download. */
const LINES_SHOWN = 5;

function Hits({ hits }: { hits: readonly ProbeHit[] }) {
  if (hits.length === 0) return null;
  return (
    <>
      <h3>Latest</h3>
      <ol class="plain results">
        {hits.map((hit, index) => (
          <li key={index} class="code">
            <span class="note">
              {moment(hit.time_unix_ns)} {hit.pid}
            </span>{" "}
            {hit.value ?? "hit"}
          </li>
        ))}
      </ol>
    </>
  );
}
