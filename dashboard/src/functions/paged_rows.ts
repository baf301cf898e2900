/**
 * A long list of which only the pages that are looked at are fetched, and fetched again after news.
 *
 * What order and filter mean is the server's; another list is another `path`.
 */

import { useEffect, useMemo, useState } from "preact/hooks";
import { fetchJson, type Problem } from "../api/client";
import { onChange } from "../live/changes";
import { type Refresher, refreshing } from "../live/refresher";
import { asProblem } from "../live/resource";
import { pagesOf, type RowRange } from "./row_window";

/** Rows of a page. */
export const PAGE_ROWS = 100;

/** Pages that are kept though nobody looks at them. */
const PAGES_MAX = 40;

interface Answer<Row> {
  readonly items: readonly Row[];
  readonly total_count: number;
  readonly matched_count: number;
}

/** What is known of the list. */
export interface PagedRows<Row> {
  readonly row: (index: number) => Row | undefined;
  /** Null until the first answer. */
  readonly counts: { readonly total: number; readonly matched: number } | null;
  readonly problem: Problem | null;
  readonly isLoading: boolean;
}

/** One list; lives as long as its path. */
class PageStore<Row> {
  readonly pages = new Map<number, readonly Row[]>();
  counts: PagedRows<Row>["counts"] = null;
  problem: Problem | null = null;
  isLoading = true;
  wanted: readonly number[] = [0];
  private readonly abort = new AbortController();
  private refresher: Refresher | null = null;

  constructor(
    private readonly path: string,
    private readonly onNews: () => void,
  ) {}

  start(): void {
    this.refresher = refreshing(() => this.askAll(this.wanted));
  }

  changed = (): void => this.refresher?.changed();

  stop(): void {
    this.refresher?.stop();
    this.abort.abort();
  }

  /** Makes sure of the pages on screen; those that are known are not asked for again. */
  want(pages: readonly number[]): void {
    this.wanted = pages;
    const unknown = pages.filter((page) => !this.pages.has(page));
    if (unknown.length > 0 && this.counts !== null) void this.askAll(unknown);
  }

  private async askAll(pages: readonly number[]): Promise<void> {
    try {
      const answers = await Promise.all(pages.map((page) => this.ask(page)));
      if (this.abort.signal.aborted) return;
      this.keep(pages, answers);
      this.problem = null;
    } catch (cause) {
      if (this.abort.signal.aborted) return;
      this.problem = asProblem(cause);
      if (this.problem.isUnanswered) this.changed();
    }
    this.isLoading = false;
    this.onNews();
  }

  private ask(page: number): Promise<Answer<Row>> {
    const separator = this.path.includes("?") ? "&" : "?";
    const path = `${this.path}${separator}limit=${PAGE_ROWS}&offset=${page * PAGE_ROWS}`;
    return fetchJson<Answer<Row>>(path, this.abort.signal);
  }

  private keep(pages: readonly number[], answers: readonly Answer<Row>[]): void {
    answers.forEach((answer, index) => {
      this.pages.set(pages[index] ?? 0, answer.items);
      this.counts = { total: answer.total_count, matched: answer.matched_count };
    });
    for (const page of [...this.pages.keys()]) {
      if (this.pages.size <= PAGES_MAX) break;
      if (!this.wanted.includes(page)) this.pages.delete(page);
    }
  }
}

/** The list of a path, with the rows of a range in it. */
export function usePagedRows<Row>(path: string, topic: string, range: RowRange): PagedRows<Row> {
  const [, draw] = useState(0);
  const store = useMemo(() => new PageStore<Row>(path, () => draw((drawn) => drawn + 1)), [path]);
  useEffect(() => {
    store.start();
    const forget = onChange([topic], store.changed);
    return () => {
      forget();
      store.stop();
    };
  }, [store]);
  const pages = pagesOf(range, PAGE_ROWS);
  useEffect(() => store.want(pages), [store, pages.join()]);
  const row = (index: number) => store.pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS];
  return { row, counts: store.counts, problem: store.problem, isLoading: store.isLoading };
}
