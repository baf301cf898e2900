/**
 * Errors: exceptions that left functions, by function and type, those that were swallowed first.
 */

import { percentage, thousands } from "../design/number";
import { Command } from "../design/states";
import { ListPage } from "../listing/list_page";
import type { Column } from "../listing/list_table";
import { linkTo } from "../router/route";

interface ErrorRow {
  readonly function_id: string;
  readonly qualname: string;
  readonly module: string;
  readonly file: string;
  readonly line: number;
  readonly exception_type: string;
  readonly exception_count: number;
  readonly swallowed_count?: number;
  readonly call_count?: number;
  readonly caught_in?: readonly { readonly name: string; readonly count: number }[];
}

const COLUMNS: readonly Column<ErrorRow>[] = [
  { title: "Exception", sort: "exception_type", cell: (row) => <span class="code">{row.exception_type}</span> },
  { title: "Function", sort: "qualname", cell: (row) => <FunctionName row={row} /> },
  { title: "Raised", sort: "exception_count", isNumber: true, cell: (row) => thousands(row.exception_count) },
  { title: "Swallowed", sort: "swallowed_count", isNumber: true, cell: (row) => <Swallowed row={row} /> },
  {
    title: "Of calls",
    isNumber: true,
    isExtra: true,
    cell: (row) => percentage(row.exception_count, row.call_count ?? 0),
  },
];

/** The page. */
export function ErrorsPage() {
  return (
    <ListPage<ErrorRow>
      title="Errors"
      words={["kind of error", "kinds of errors"]}
      resource="errors"
      topic="functions"
      sort="-swallowed_count"
      columns={COLUMNS}
      keyOf={(row) => `${row.function_id} ${row.exception_type}`}
      linkOf={(row) => linkTo("functions", { function: row.function_id })}
      empty={
        <>
          <p>No function of this session was left by an exception.</p>
          <p>
            <Command>ghost anomalies --sessions 20</Command> looks at earlier sessions, too.
          </p>
        </>
      }
    />
  );
}

function FunctionName({ row }: { row: ErrorRow }) {
  return (
    <span class="code">
      {row.qualname}
      <span class="note">
        {" "}
        {row.module}:{row.line}
      </span>
    </span>
  );
}

function Swallowed({ row }: { row: ErrorRow }) {
  const count = row.swallowed_count ?? 0;
  return count === 0 ? <>–</> : <span class="badge is-warning">{thousands(count)}</span>;
}
