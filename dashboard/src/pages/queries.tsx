/**
 * Queries: the statements the program sent, without their values.
 */

import { duration, percentage, thousands } from "../design/number";
import { Command } from "../design/states";
import { Facts } from "../listing/facts";
import { ListPage } from "../listing/list_page";
import type { Column } from "../listing/list_table";
import { linkTo } from "../router/route";

interface QueryRow {
  readonly statement: string;
  readonly system: string;
  readonly operation: string;
  readonly collection: string;
  readonly query_count: number;
  readonly error_count: number;
  readonly row_count: number | null;
  readonly duration_ns_sum: number;
  readonly duration_ns_mean: number | null;
  readonly duration_ns_p50: number | null;
  readonly duration_ns_p95: number | null;
  readonly duration_ns_p99: number | null;
  readonly duration_ns_max: number | null;
  readonly pool_wait_ns: number;
  readonly repeated_count_max: number;
  readonly routes: readonly { readonly route: string; readonly query_count: number }[];
}

const COLUMNS: readonly Column<QueryRow>[] = [
  { title: "Statement", sort: "statement", cell: (row) => <span class="code statement">{textOf(row)}</span> },
  { title: "Queries", sort: "query_count", isNumber: true, cell: (row) => thousands(row.query_count) },
  { title: "Errors", sort: "error_share", isNumber: true, cell: (row) => <ErrorShare row={row} /> },
  { title: "p50", sort: "duration_ns_p50", isNumber: true, cell: (row) => time(row.duration_ns_p50) },
  { title: "p95", sort: "duration_ns_p95", isNumber: true, cell: (row) => time(row.duration_ns_p95) },
  { title: "Total", sort: "duration_ns_sum", isNumber: true, cell: (row) => duration(row.duration_ns_sum) },
  { title: "Rows", sort: "row_count", isNumber: true, isExtra: true, cell: (row) => countOrNone(row.row_count) },
  { title: "N+1", sort: "repeated_count_max", isNumber: true, cell: (row) => <Repeated row={row} /> },
  { title: "Sent by", isExtra: true, cell: (row) => <SentBy row={row} /> },
];

/** The page. */
export function QueriesPage() {
  return (
    <ListPage<QueryRow>
      title="Queries"
      words={["statement", "statements"]}
      resource="queries"
      topic="queries"
      sort="-duration_ns_sum"
      columns={COLUMNS}
      keyOf={keyOf}
      detail={(row) => <Detail row={row} />}
      empty={
        <>
          <p>No queries were recorded in this session.</p>
          <p>
            Queries through SQLAlchemy, sqlite3, psycopg, asyncpg, pyodbc, PyMongo, Redis and other drivers appear here
            by themselves: <Command>ghost run --serve app.py</Command>
          </p>
        </>
      }
    />
  );
}

function keyOf(row: QueryRow): string {
  return `${row.system} ${textOf(row)}`;
}

function textOf(row: QueryRow): string {
  const text = row.statement || [row.operation, row.collection].filter((part) => part !== "").join(" ");
  return text.replace(/\s+/g, " ").trim() || row.system;
}

function time(ns: number | null): string {
  return ns === null ? "–" : duration(ns);
}

function countOrNone(count: number | null): string {
  return count === null ? "–" : thousands(count);
}

function ErrorShare({ row }: { row: QueryRow }) {
  return <span class={row.error_count > 0 ? "is-bad" : ""}>{percentage(row.error_count, row.query_count)}</span>;
}

function Repeated({ row }: { row: QueryRow }) {
  if (row.repeated_count_max < 2) return <>–</>;
  return <span class="badge is-warning">×{thousands(row.repeated_count_max)}</span>;
}

function SentBy({ row }: { row: QueryRow }) {
  const [first, ...others] = row.routes;
  if (first === undefined) return <>–</>;
  return (
    <span class="code sent-by" title={first.route}>
      {first.route}
      {others.length > 0 && <span class="note"> +{others.length}</span>}
    </span>
  );
}

function Detail({ row }: { row: QueryRow }) {
  return (
    <>
      <h2>{row.system || "Query"}</h2>
      <pre class="code source">{row.statement || textOf(row)}</pre>
      <Facts
        facts={[
          ["Sent", thousands(row.query_count)],
          ["Failed", `${thousands(row.error_count)} (${percentage(row.error_count, row.query_count)})`],
          ["Mean", time(row.duration_ns_mean)],
          ["p50 / p95 / p99", [row.duration_ns_p50, row.duration_ns_p95, row.duration_ns_p99].map(time).join(" / ")],
          ["Longest", time(row.duration_ns_max)],
          ["Total", duration(row.duration_ns_sum)],
          ["Rows", countOrNone(row.row_count)],
          ["Waited for a connection", row.pool_wait_ns === 0 ? "–" : duration(row.pool_wait_ns)],
          ["In one request, at most", row.repeated_count_max === 0 ? "–" : `×${thousands(row.repeated_count_max)}`],
        ]}
      />
      <h3>Sent by</h3>
      {row.routes.length === 0 && <p class="remark">Not by a request that is kept.</p>}
      <ul class="plain">
        {row.routes.map(({ route, query_count }) => (
          <li key={route}>
            <a class="code" href={linkTo("requests", { at: route })}>
              {route}
            </a>{" "}
            <span class="note">×{thousands(query_count)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
