/**
 * A table of one page of a list: sorting by its heads, choosing a row by mouse or keyboard.
 *
 * Sorting itself is the server's; what was chosen is in the address. For lists of some hundred rows: the functions
 * of a program have a table of their own.
 */

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

/** A column. */
export interface Column<Row> {
  readonly title: string;
  /** What the server calls it, if it can sort by it. */
  readonly sort?: string;
  readonly isNumber?: boolean;
  /** What matters most has the largest value, though it is no number. */
  readonly isRank?: boolean;
  /** Left out where the window is narrow. */
  readonly isExtra?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
}

interface ListTableProperties<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly chosen: string | null;
  readonly sort: string;
  readonly onSort: (sort: string) => void;
  readonly onChoose: (row: Row) => void;
}

/** The table. */
export function ListTable<Row>(properties: ListTableProperties<Row>) {
  const { label, columns, rows, keyOf, chosen, onChoose } = properties;
  const body = useRef<HTMLTableSectionElement>(null);
  const chosenIndex = rows.findIndex((row) => keyOf(row) === chosen);
  const onKeyDown = (event: KeyboardEvent, index: number) => {
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) body.current?.rows[to]?.focus();
    else if (event.key === "Enter" || event.key === " ") onChoose(rows[index] as Row);
    else return;
    event.preventDefault();
  };
  return (
    <div class="table-scroll">
      <table class="table is-choosable" aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.title} column={column} sort={properties.sort} onSort={properties.onSort} />
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row, index) => (
            <tr
              key={keyOf(row)}
              class={index === chosenIndex ? "is-chosen" : ""}
              aria-current={index === chosenIndex ? "true" : undefined}
              tabIndex={index === Math.max(0, chosenIndex) ? 0 : -1}
              onClick={() => onChoose(row)}
              onKeyDown={(event) => onKeyDown(event, index)}
            >
              {columns.map((column) => (
                <td key={column.title} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProperties<Row> {
  readonly column: Column<Row>;
  readonly sort: string;
  readonly onSort: (sort: string) => void;
}

function Head<Row>({ column, sort, onSort }: HeadProperties<Row>) {
  const name = column.sort;
  if (name === undefined) {
    return (
      <th scope="col" class={classOf(column)}>
        {column.title}
      </th>
    );
  }
  const direction = sort === name ? "ascending" : sort === `-${name}` ? "descending" : "none";
  return (
    <th scope="col" class={classOf(column)} aria-sort={direction}>
      <button
        type="button"
        class="sort"
        onClick={() => onSort(nextSort(name, direction, (column.isNumber ?? column.isRank) === true))}
      >
        {column.title}
        {direction !== "none" && <span aria-hidden="true">{direction === "ascending" ? "↑" : "↓"}</span>}
      </button>
    </th>
  );
}

/** Numbers and ranks have the largest first, names the first letter. */
function nextSort(name: string, direction: "ascending" | "descending" | "none", isLargestFirst: boolean): string {
  if (direction === "none") return isLargestFirst ? `-${name}` : name;
  return direction === "ascending" ? `-${name}` : name;
}

function classOf<Row>(column: Column<Row>): string {
  return [column.isNumber === true ? "number" : "", column.isExtra === true ? "is-extra" : ""].join(" ").trim();
}
