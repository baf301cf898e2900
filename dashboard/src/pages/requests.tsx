/**
 * Requests: the routes of the application, how often, how long, how much of it in databases.
 */

import { counted, duration, percentage, thousands } from "../design/number";
import { Command } from "../design/states";
import { Facts } from "../listing/facts";
import { ListPage } from "../listing/list_page";
import type { Column } from "../listing/list_table";
import { linkTo } from "../router/route";

interface RouteFunction {
  readonly name: string;
  readonly call_count: number;
  readonly request_count: number;
  readonly self_ns: number;
  readonly duration_ns: number;
}

interface RequestRow {
  readonly method: string;
  readonly route: string;
  readonly framework: string;
  readonly request_count: number;
  readonly error_count: number;
  readonly error_share: number | null;
  readonly duration_ns_sum: number;
  readonly duration_ns_mean: number | null;
  readonly duration_ns_p50: number | null;
  readonly duration_ns_p95: number | null;
  readonly duration_ns_p99: number | null;
  readonly duration_ns_max: number | null;
  readonly query_count: number;
  readonly query_ns: number;
  readonly query_share: number | null;
  readonly queries_per_request: number | null;
  readonly repeated_query_count_max: number;
  /** Empty where none was repeated. */
  readonly repeated_query: string;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly status_classes: Readonly<Record<string, number>>;
  readonly functions: readonly RouteFunction[];
}

const COLUMNS: readonly Column<RequestRow>[] = [
  { title: "Route", sort: "route", cell: (row) => <span class="code">{nameOf(row)}</span> },
  { title: "Requests", sort: "request_count", isNumber: true, cell: (row) => thousands(row.request_count) },
  { title: "Errors", sort: "error_share", isNumber: true, cell: (row) => <ErrorShare row={row} /> },
  { title: "p50", sort: "duration_ns_p50", isNumber: true, cell: (row) => time(row.duration_ns_p50) },
  { title: "p95", sort: "duration_ns_p95", isNumber: true, cell: (row) => time(row.duration_ns_p95) },
  { title: "p99", sort: "duration_ns_p99", isNumber: true, isExtra: true, cell: (row) => time(row.duration_ns_p99) },
  { title: "In DB", sort: "query_ns", isNumber: true, cell: (row) => inDatabase(row) },
  {
    title: "Queries each",
    sort: "queries_per_request",
    isNumber: true,
    isExtra: true,
    cell: (row) => queriesEach(row),
  },
  { title: "N+1", sort: "repeated_query_count_max", isNumber: true, cell: (row) => <Repeated row={row} /> },
];

/** The page. */
export function RequestsPage() {
  return (
    <ListPage<RequestRow>
      title="Requests"
      words={["route", "routes"]}
      resource="requests"
      topic="requests"
      sort="-request_count"
      columns={COLUMNS}
      keyOf={nameOf}
      detail={(row) => <Detail row={row} />}
      empty={
        <>
          <p>No requests were recorded in this session.</p>
          <p>
            Requests to Flask, Django, FastAPI, Starlette, Sanic and other WSGI and ASGI applications appear here by
            themselves: <Command>ghost run --serve -m flask run</Command>
          </p>
        </>
      }
    />
  );
}

function nameOf(row: RequestRow): string {
  return `${row.method} ${row.route}`.trim();
}

function time(ns: number | null): string {
  return ns === null ? "–" : duration(ns);
}

function ErrorShare({ row }: { row: RequestRow }) {
  return <span class={row.error_count > 0 ? "is-bad" : ""}>{percentage(row.error_count, row.request_count)}</span>;
}

function inDatabase(row: RequestRow): string {
  return row.query_count === 0 || row.query_share === null ? "–" : percentage(row.query_share, 1);
}

function queriesEach(row: RequestRow): string {
  return row.query_count === 0 || row.queries_per_request === null ? "–" : row.queries_per_request.toFixed(1);
}

function Repeated({ row }: { row: RequestRow }) {
  if (row.repeated_query_count_max < 2) return <>–</>;
  return <span class="badge is-warning">×{thousands(row.repeated_query_count_max)}</span>;
}

function Detail({ row }: { row: RequestRow }) {
  return (
    <>
      <h2 class="code">{nameOf(row)}</h2>
      {row.repeated_query_count_max > 1 && (
        <p class="callout is-warning">
          <strong>N+1:</strong> one statement was sent up to {thousands(row.repeated_query_count_max)} times in a
          request:{" "}
          <a class="code" href={linkTo("queries", { q: row.repeated_query.slice(0, 120) })}>
            {row.repeated_query}
          </a>
        </p>
      )}
      <Facts facts={factsOf(row)} />
      <h3>Functions</h3>
      {row.functions.length === 0 ? (
        <p class="remark">Requests recorded in detail have functions; none of this route has been yet.</p>
      ) : (
        <Functions functions={row.functions} />
      )}
      <p>
        <a href={linkTo("traces", { q: nameOf(row) })}>Traces of this route</a>
      </p>
    </>
  );
}

function factsOf(row: RequestRow): [string, string][] {
  const classes = Object.entries(row.status_classes).map(([name, count]) => `${name} ${thousands(count)}`);
  return [
    ["Requests", thousands(row.request_count)],
    ["Failed", `${thousands(row.error_count)} (${percentage(row.error_count, row.request_count)})`],
    ["Answers", classes.join(" · ") || "–"],
    ["Mean", time(row.duration_ns_mean)],
    ["p50 / p95 / p99", [row.duration_ns_p50, row.duration_ns_p95, row.duration_ns_p99].map(time).join(" / ")],
    ["Longest", time(row.duration_ns_max)],
    [
      "In databases",
      row.query_count === 0 ? "–" : `${duration(row.query_ns)} in ${counted(row.query_count, "query", "queries")}`,
    ],
    ["Framework", row.framework || "–"],
  ];
}

/** Of the requests that were recorded in detail: estimates, so marked. */
function Functions({ functions }: { functions: readonly RouteFunction[] }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Function</th>
          <th scope="col" class="number">
            Calls each
          </th>
          <th scope="col" class="number">
            Self each
          </th>
          <th scope="col" class="number">
            Time each
          </th>
        </tr>
      </thead>
      <tbody>
        {functions.map((one) => (
          <tr key={one.name}>
            <td>
              <a class="code" href={linkTo("functions", { q: one.name.replace(/:\d+$/, "") })}>
                {one.name}
              </a>
            </td>
            <td class="number">≈{each(one.call_count, one).toFixed(1)}</td>
            <td class="number">≈{duration(Math.round(each(one.self_ns, one)))}</td>
            <td class="number">≈{duration(Math.round(each(one.duration_ns, one)))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function each(sum: number, one: RouteFunction): number {
  return one.request_count === 0 ? 0 : sum / one.request_count;
}
