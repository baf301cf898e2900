/**
 * The table of functions: as long as the program has functions, with elements for those on screen only.
 *
 * The table itself has the focus and tells which row is meant, so rows may come and go under it.
 */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { choose } from "../router/route";
import { COLUMNS, type FunctionColumn } from "./columns";
import type { FunctionRow } from "./function_row";
import { type PagedRows, usePagedRows } from "./paged_rows";
import { rowAfter, scrolledTo, visibleRows } from "./row_window";

/** Height of a row; the style sheet has the same. */
const ROW_PX = 30;

/** Scrolling comes to the address when it has paused this long. */
const SETTLE_MS = 300;

interface FunctionTableProperties {
  readonly path: string;
  readonly sort: string;
  readonly chosen: string | null;
  /** Row that was at the top when the address was made. */
  readonly top: number;
  readonly onSort: (sort: string) => void;
  readonly onChoose: (row: FunctionRow) => void;
  readonly children: (rows: PagedRows<FunctionRow>) => unknown;
}

/** The table, and above it whatever is to be said of the list. */
export function FunctionTable(properties: FunctionTableProperties) {
  const { path, chosen, onChoose } = properties;
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ scrollPx: properties.top * ROW_PX, heightPx: 600 });
  const [at, setAt] = useState(properties.top);
  const [count, setCount] = useState(properties.top + 1);
  const range = visibleRows(view.scrollPx, view.heightPx, ROW_PX, count);
  const rows = usePagedRows<FunctionRow>(path, "functions", range);
  const matched = rows.counts?.matched ?? null;
  useEffect(() => {
    if (matched !== null) setCount(matched);
  }, [matched]);
  useScroll(scroller, properties.top, path, matched !== null, setView);

  const go = (to: number) => {
    setAt(to);
    const box = scroller.current;
    const head = ROW_PX;
    if (box !== null) box.scrollTop = scrolledTo(to, box.scrollTop, box.clientHeight - head, ROW_PX);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
    const row = rows.row(at);
    const to = rowAfter(event.key, at, count, Math.max(1, Math.floor(view.heightPx / ROW_PX) - 2));
    if (to !== null) go(to);
    else if ((event.key === "Enter" || event.key === " ") && row !== undefined) onChoose(row);
    else return;
    event.preventDefault();
  };
  const indexes = Array.from({ length: range.end - range.start }, (_, index) => range.start + index);
  return (
    <>
      {properties.children(rows)}
      <div class={matched === 0 || matched === null ? "function-scroll is-empty" : "function-scroll"} ref={scroller}>
        <table
          class="table is-choosable function-table"
          role="grid"
          aria-label="Functions"
          aria-rowcount={count + 1}
          aria-activedescendant={`function-${at}`}
          tabIndex={0}
          onKeyDown={onKeyDown}
        >
          <Head sort={properties.sort} onSort={properties.onSort} />
          <tbody>
            <Gap rows={range.start} />
            {indexes.map((index) => (
              <Line
                key={index}
                index={index}
                row={rows.row(index)}
                isCurrent={index === at}
                isChosen={rows.row(index)?.function_id === chosen}
                onChoose={(row) => {
                  setAt(index);
                  onChoose(row);
                }}
              />
            ))}
            <Gap rows={count - range.end} />
          </tbody>
        </table>
      </div>
    </>
  );
}

type View = { readonly scrollPx: number; readonly heightPx: number };

/** Follows the box's scrolling and size; begins where the address says, and at the top of every other list. */
function useScroll(
  scroller: { readonly current: HTMLDivElement | null },
  top: number,
  path: string,
  isReady: boolean,
  setView: (view: View) => void,
): void {
  const begun = useRef<string | null>(null);
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null || !isReady || begun.current === path) return;
    box.scrollTop = begun.current === null ? top * ROW_PX : 0;
    begun.current = path;
  }, [path, isReady]);
  useEffect(() => {
    const box = scroller.current;
    if (box === null) return undefined;
    let timer = 0;
    const follow = () => {
      setView({ scrollPx: box.scrollTop, heightPx: box.clientHeight });
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        choose({ top: Math.floor(box.scrollTop / ROW_PX) || null }, "replace");
      }, SETTLE_MS);
    };
    const observer = new ResizeObserver(() => setView({ scrollPx: box.scrollTop, heightPx: box.clientHeight }));
    observer.observe(box);
    box.addEventListener("scroll", follow, { passive: true });
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      box.removeEventListener("scroll", follow);
    };
  }, []);
}

function Gap({ rows }: { rows: number }) {
  if (rows <= 0) return null;
  return (
    <tr class="gap" style={{ height: `${rows * ROW_PX}px` }}>
      <td />
    </tr>
  );
}

function Head({ sort, onSort }: { sort: string; onSort: (sort: string) => void }) {
  return (
    <thead>
      <tr>
        {COLUMNS.map((column) => {
          const isDescending = sort === `-${column.sort}`;
          const isSorted = isDescending || sort === column.sort;
          const first = column.width === "name" ? column.sort : `-${column.sort}`;
          const other = isDescending ? column.sort : `-${column.sort}`;
          return (
            <th
              key={column.sort}
              scope="col"
              class={classOf(column)}
              aria-sort={isSorted ? (isDescending ? "descending" : "ascending") : undefined}
            >
              <button type="button" class="sort" onClick={() => onSort(isSorted ? other : first)}>
                {column.title}
                <span aria-hidden="true">{isSorted ? (isDescending ? " ↓" : " ↑") : ""}</span>
              </button>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

interface LineProperties {
  readonly index: number;
  readonly row: FunctionRow | undefined;
  readonly isCurrent: boolean;
  readonly isChosen: boolean;
  readonly onChoose: (row: FunctionRow) => void;
}

function Line({ index, row, isCurrent, isChosen, onChoose }: LineProperties) {
  return (
    <tr
      id={`function-${index}`}
      class={isCurrent ? "is-current" : ""}
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      onClick={() => row !== undefined && onChoose(row)}
    >
      {COLUMNS.map((column) => (
        <td key={column.sort} class={classOf(column)} title={row === undefined ? undefined : titleOf(column, row)}>
          {row === undefined ? <span class="placeholder" /> : column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

function titleOf(column: FunctionColumn, row: FunctionRow): string | undefined {
  if (column.width === "name") return `${row.module}:${row.qualname}\n${row.file}:${row.line}`;
  return column.width === "signature" ? (row.top_signature ?? undefined) : undefined;
}

function classOf(column: FunctionColumn): string {
  const isNumber = column.width === "count" || column.width === "time";
  return `is-${column.width}${isNumber ? " number" : ""}${column.rank ? ` rank-${column.rank}` : ""}`;
}
