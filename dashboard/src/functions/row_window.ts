/**
 * Which rows of a long list are on screen, and which pages of it have to be there. Pure.
 */

/** Rows on screen, and a few above and below, from `start` up to and without `end`. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** Rows above and below the screen that are drawn too, so that slow scrolling shows no gaps. */
const MARGIN = 12;

/** The rows that a scrolled box shows. */
export function visibleRows(scrollPx: number, heightPx: number, rowPx: number, count: number): RowRange {
  const first = Math.floor(Math.max(0, scrollPx) / rowPx);
  const last = Math.ceil((Math.max(0, scrollPx) + heightPx) / rowPx);
  const start = Math.max(0, Math.min(first - MARGIN, count));
  return { start, end: Math.max(start, Math.min(count, last + MARGIN)) };
}

/** The numbers of the pages that rows are on. */
export function pagesOf({ start, end }: RowRange, pageRows: number): number[] {
  const first = Math.floor(start / pageRows);
  const last = Math.floor(Math.max(start, end - 1) / pageRows);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Where the keyboard leads from a row; null if the key means nothing here. */
export function rowAfter(key: string, row: number, count: number, screenRows: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: row + 1,
    ArrowUp: row - 1,
    PageDown: row + screenRows,
    PageUp: row - screenRows,
    Home: 0,
    End: count - 1,
  };
  const to = steps[key];
  return to === undefined || count === 0 ? null : Math.max(0, Math.min(count - 1, to));
}

/** The scroll position that has a row fully on screen, moving as little as possible. */
export function scrolledTo(row: number, scrollPx: number, heightPx: number, rowPx: number): number {
  const top = row * rowPx;
  if (top < scrollPx) return top;
  return top + rowPx > scrollPx + heightPx ? top + rowPx - heightPx : scrollPx;
}
