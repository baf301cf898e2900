/**
 * Processes: every process of the session, which began which, and what could not be recorded of each.
 */

import { Download } from "../design/download";
import { counted, duration, thousands } from "../design/number";
import { Command, Empty, Failure, Loading } from "../design/states";
import { moment } from "../design/time";
import { useResource } from "../live/resource";
import { sessionPath } from "../live/session";
import { inFamilyOrder, type ProcessRow } from "../processes/family";
import "../processes/processes.css";

interface ProcessList {
  readonly items: readonly ProcessRow[];
  readonly total_count: number;
}

/** More than this is in the JSON of the command line. */
const LIMIT = 1000;

/** The page. */
export function ProcessesPage() {
  const path = sessionPath("processes", { limit: LIMIT });
  const { value, problem, isLoading } = useResource<ProcessList>(path, "processes");
  return (
    <section class="page" aria-busy={isLoading}>
      <header class="page-head">
        <h1>Processes</h1>
        {value !== null && <p class="page-count">{counted(value.total_count, "process", "processes")}</p>}
        <div class="page-tools">
          <Download name="processes" value={value} />
        </div>
      </header>
      {problem !== null && <Failure problem={problem} />}
      {value === null && problem === null && <Loading />}
      {value !== null && value.items.length === 0 && <Nothing />}
      {value !== null && value.items.length > 0 && <Family rows={value.items} />}
    </section>
  );
}

function Nothing() {
  return (
    <Empty>
      <p>No process of this session has begun to record.</p>
      <p>
        Start one: <Command>ghost run --serve app.py</Command>
      </p>
    </Empty>
  );
}

function Family({ rows }: { rows: readonly ProcessRow[] }) {
  return (
    <div class="table-scroll">
      <table class="table" aria-label="Processes, children below their parents">
        <thead>
          <tr>
            <th scope="col">Process</th>
            <th scope="col">State</th>
            <th scope="col">Python</th>
            <th scope="col" class="is-extra">
              Started
            </th>
            <th scope="col" class="number">
              Ran
            </th>
            <th scope="col" class="number">
              Per call
            </th>
            <th scope="col">Not recorded</th>
          </tr>
        </thead>
        <tbody>
          {inFamilyOrder(rows).map(({ row, depth }) => (
            <Line key={`${row.pid} ${row.start_unix_ns}`} row={row} depth={depth} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Line({ row, depth }: { row: ProcessRow; depth: number }) {
  const end = row.end_unix_ns ?? null;
  const cost = row.call_cost_ps ?? 0;
  return (
    <tr>
      <th scope="row" class={`process-name depth-${Math.min(depth, 6)}`}>
        {depth > 0 && <span aria-hidden="true">└ </span>}
        {row.pid}
        {depth > 0 && <span class="visually-hidden">, child of {row.parent_pid}</span>}
      </th>
      <td>
        <span class={`badge ${looks(row.state)}`}>{row.state}</span>
      </td>
      <td>{row.python_version}</td>
      <td class="is-extra number-left">{moment(row.start_unix_ns)}</td>
      <td class="number">{end === null ? "…" : duration(Math.max(0, end - row.start_unix_ns))}</td>
      <td class="number" title="What observing one call costs">
        {cost === 0 ? "–" : `${(cost / 1000).toFixed(0)} ns`}
      </td>
      <td>
        <Losses counters={row.counters ?? {}} />
      </td>
    </tr>
  );
}

function looks(state: string): string {
  if (state === "running") return "is-good";
  return state === "killed" || state === "damaged" ? "is-bad" : "";
}

function Losses({ counters }: { counters: Readonly<Record<string, number>> }) {
  const losses = Object.entries(counters).filter(([, count]) => count > 0);
  if (losses.length === 0) return <span class="note">nothing missing</span>;
  return (
    <ul class="plain-list losses">
      {losses.map(([name, count]) => (
        <li key={name}>
          <span class="is-warning">{thousands(count)}</span> {name.replaceAll("_", " ")}
        </li>
      ))}
    </ul>
  );
}
