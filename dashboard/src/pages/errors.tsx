/**
 * Errors: exceptions that left functions, by function, type and end; those that were swallowed first.
 */

import { percentage, thousands } from "../design/number";
import { Command } from "../design/states";
import { ListPage } from "../listing/list_page";
import type { Column } from "../listing/list_table";
import { linkTo } from "../router/route";

interface FunctionReference {
  readonly function_id: string | null;
  readonly qualname: string;
  readonly module: string;
  readonly line: number;
}

interface ErrorRow extends FunctionReference {
  readonly exception_type: string;
  /** How many left the function, and how many of them began in it. */
  readonly count: number;
  readonly raised_count: number;
  readonly call_count: number;
  readonly is_swallowed: boolean;
  readonly caught_by: FunctionReference | null;
}

const COLUMNS: readonly Column<ErrorRow>[] = [
  { title: "Exception", sort: "exception_type", cell: (row) => <span class="code">{row.exception_type}</span> },
  { title: "Left", sort: "qualname", cell: (row) => <FunctionName one={row} /> },
  { title: "Times", sort: "count", isNumber: true, cell: (row) => thousands(row.count) },
  {
    title: "Raised there",
    sort: "raised_count",
    isNumber: true,
    isExtra: true,
    cell: (row) => thousands(row.raised_count),
  },
  { title: "Of calls", isNumber: true, isExtra: true, cell: (row) => percentage(row.count, row.call_count) },
  { title: "Swallowed in", sort: "is_swallowed", isRank: true, cell: (row) => <Swallowed row={row} /> },
];

/** The page. */
export function ErrorsPage() {
  return (
    <ListPage<ErrorRow>
      title="Errors"
      words={["kind of error", "kinds of errors"]}
      resource="errors"
      topic="functions"
      sort="-is_swallowed"
      columns={COLUMNS}
      keyOf={(row) => [row.function_id, row.exception_type, row.caught_by?.function_id].join(" ")}
      linkOf={(row) => linkTo("functions", { function: row.function_id })}
      empty={
        <>
          <p>No function of this session was left by an exception.</p>
          <p>
            They appear while the program runs: <Command>ghost run --serve app.py</Command>
          </p>
        </>
      }
    />
  );
}

function FunctionName({ one }: { one: FunctionReference }) {
  return (
    <span class="code">
      {one.qualname}
      <span class="note">
        {" "}
        {one.module}:{one.line}
      </span>
    </span>
  );
}

function Swallowed({ row }: { row: ErrorRow }) {
  if (row.caught_by === null) return <span class="note">nobody</span>;
  return (
    <>
      <span class="badge is-warning">swallowed</span> <FunctionName one={row.caught_by} />
    </>
  );
}
