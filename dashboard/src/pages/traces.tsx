/**
 * Traces: single requests, and one of them as a waterfall.
 */

import { Download } from "../design/download";
import { counted, duration, thousands } from "../design/number";
import { Command, Failure, Loading } from "../design/states";
import { moment } from "../design/time";
import { ListPage } from "../listing/list_page";
import type { Column } from "../listing/list_table";
import { useResource } from "../live/resource";
import { sessionPath } from "../live/session";
import { linkTo, route } from "../router/route";
import type { Trace } from "../waterfall/trace_node";
import { Waterfall } from "../waterfall/waterfall";

interface TraceRow {
  readonly trace_id: string;
  readonly trace_label?: string | null;
  readonly name: string;
  readonly start_unix_ns: number;
  readonly duration_ns: number;
  readonly span_count: number;
  readonly is_error: boolean;
}

const COLUMNS: readonly Column<TraceRow>[] = [
  { title: "Request", sort: "name", cell: (row) => <TraceLink row={row} /> },
  { title: "Time", sort: "duration_ns", isNumber: true, cell: (row) => duration(row.duration_ns) },
  { title: "Spans", sort: "span_count", isNumber: true, cell: (row) => thousands(row.span_count) },
  { title: "Began", sort: "start_unix_ns", isNumber: true, cell: (row) => moment(row.start_unix_ns) },
  {
    title: "Id",
    isExtra: true,
    cell: (row) => <span class="code note">{(row.trace_label ?? row.trace_id).slice(0, 16)}</span>,
  },
];

/** The list, or the trace the address names. */
export function TracesPage() {
  const id = route.value.parameters["trace"];
  return id === undefined ? <TraceList /> : <OneTrace key={id} id={id} />;
}

function TraceList() {
  return (
    <ListPage<TraceRow>
      title="Traces"
      words={["trace", "traces"]}
      resource="traces"
      topic="requests"
      sort="-start_unix_ns"
      columns={COLUMNS}
      keyOf={(row) => row.trace_id}
      linkOf={(row) => linkTo("traces", { trace: row.trace_id })}
      empty={
        <>
          <p>No traces are kept in this session.</p>
          <p>
            Each request to a web application is one: <Command>ghost run --serve -m flask run</Command>
          </p>
        </>
      }
    />
  );
}

function TraceLink({ row }: { row: TraceRow }) {
  return (
    <>
      <a class="code" href={linkTo("traces", { trace: row.trace_id })}>
        {row.name}
      </a>
      {row.is_error && <span class="badge is-bad"> failed</span>}
    </>
  );
}

function OneTrace({ id }: { id: string }) {
  const { value, problem } = useResource<Trace>(sessionPath(`traces/${encodeURIComponent(id)}`));
  return (
    <section class="page">
      <header class="page-head">
        <h1>
          <a href={linkTo("traces")}>Traces</a> <span class="code">{value?.name ?? ""}</span>
        </h1>
        {value !== null && (
          <p class="page-count">
            {duration(value.duration_ns)} · {counted(value.span_count, "span", "spans")} · {moment(value.start_unix_ns)}
          </p>
        )}
        <div class="page-tools">
          <Download name={`trace-${id}`} value={value} />
        </div>
      </header>
      {problem !== null && <Failure problem={problem} />}
      {value === null && problem === null && <Loading />}
      {value !== null && (
        <>
          <Waterfall trace={value} />
          <Legend />
        </>
      )}
    </section>
  );
}

function Legend() {
  return (
    <p class="legend">
      <span class="swatch swatch-full" /> the end waited for it <span class="swatch swatch-pale" /> it ran beside{" "}
      <span class="swatch swatch-gap" /> nothing recorded · <kbd>←</kbd> <kbd>→</kbd> close and open · <kbd>*</kbd>{" "}
      shows equal ones one by one
    </p>
  );
}
