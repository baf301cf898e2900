/**
 * A page that is a list: heading, filter, table, pages, and what is known of the chosen row.
 *
 * Which list, and what its rows mean, is told by the page that uses it.
 */

import "./listing.css";
import type { ComponentChildren } from "preact";
import { Download } from "../design/download";
import { counted } from "../design/number";
import { Empty, Failure, Loading } from "../design/states";
import { isComputing, useResource } from "../live/resource";
import { sessionPath } from "../live/session";
import { choose, route } from "../router/route";
import { FilterBox } from "./filter_box";
import { type Column, ListTable } from "./list_table";
import { Pager } from "./pager";

/** A list as the server sends it. */
export interface ListAnswer<Row> {
  readonly items: readonly Row[];
  readonly total_count: number;
  readonly matched_count: number;
  readonly version: string;
  /** What could not be looked at, one line each. */
  readonly remarks?: readonly string[];
}

/** What makes a list this list. */
export interface ListPageProperties<Row> {
  readonly title: string;
  /** One row and several, for counts. */
  readonly words: readonly [string, string];
  readonly resource: string;
  readonly topic: string;
  readonly sort: string;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** What to do where there is nothing. */
  readonly empty: ComponentChildren;
  /** Parameters of the address that the server filters by, and their controls. */
  readonly filters?: readonly string[];
  readonly controls?: ComponentChildren;
  readonly detail?: (row: Row) => ComponentChildren;
  /** Where a row leads, if it is not shown beside the list. */
  readonly linkOf?: (row: Row) => string;
}

/** Rows of a page. */
const LIMIT = 100;

/** The page. */
export function ListPage<Row>(properties: ListPageProperties<Row>) {
  const { title, words, keyOf, columns } = properties;
  const { parameters } = route.value;
  const sort = parameters["sort"] ?? properties.sort;
  const offset = Math.max(0, Number.parseInt(parameters["offset"] ?? "0", 10) || 0);
  const path = sessionPath(properties.resource, asked(properties, sort, offset));
  const { value, problem, isLoading } = useResource<ListAnswer<Row>>(path, properties.topic);
  const chosen = value?.items.find((row) => keyOf(row) === parameters["at"]);
  const isNarrowed = ["q", ...(properties.filters ?? [])].some((name) => parameters[name] !== undefined);
  return (
    <section class="page" aria-busy={isLoading}>
      <header class="page-head">
        <h1>{title}</h1>
        {value !== null && <p class="page-count">{countText(value, words)}</p>}
        <div class="page-tools">
          {properties.controls}
          <FilterBox label={`Filter ${words[1]}`} />
          <Download name={properties.resource} value={value} />
        </div>
      </header>
      {problem !== null && <Failure problem={problem} />}
      {problem === null && (value === null || isComputing(value)) && <Loading />}
      {value?.remarks?.map((remark) => (
        <p class="remark" key={remark}>
          {remark}
        </p>
      ))}
      {value !== null && !isComputing(value) && value.items.length === 0 && (
        <Empty>{isNarrowed ? <Narrowed words={words} filters={properties.filters ?? []} /> : properties.empty}</Empty>
      )}
      {value !== null && value.items.length > 0 && (
        <div class={chosen === undefined ? "split" : "split has-detail"}>
          <div class="split-list">
            <ListTable
              label={title}
              columns={columns}
              rows={value.items}
              keyOf={keyOf}
              chosen={parameters["at"] ?? null}
              sort={sort}
              onSort={(to) => choose({ sort: to === properties.sort ? null : to, offset: null })}
              onChoose={(row) => open(properties, row)}
            />
            <Pager offset={offset} limit={LIMIT} count={value.matched_count} />
          </div>
          {chosen !== undefined && properties.detail !== undefined && (
            <aside class="split-detail" aria-label="Details">
              <button type="button" class="close" aria-label="Close details" onClick={() => choose({ at: null })}>
                ×
              </button>
              {properties.detail(chosen)}
            </aside>
          )}
        </div>
      )}
    </section>
  );
}

function open<Row>({ linkOf, keyOf }: ListPageProperties<Row>, row: Row): void {
  if (linkOf !== undefined) location.hash = linkOf(row);
  else choose({ at: keyOf(row) === route.value.parameters["at"] ? null : keyOf(row) });
}

function asked<Row>(properties: ListPageProperties<Row>, sort: string, offset: number) {
  const { parameters } = route.value;
  const filters = (properties.filters ?? []).map((name) => [name, parameters[name]]);
  return { limit: LIMIT, offset: offset || null, sort, q: parameters["q"], ...Object.fromEntries(filters) };
}

function countText<Row>(answer: ListAnswer<Row>, [one, many]: readonly [string, string]): string {
  const all = counted(answer.total_count, one, many);
  return answer.matched_count === answer.total_count ? all : `${answer.matched_count} of ${all}`;
}

function Narrowed({ words, filters }: { words: readonly [string, string]; filters: readonly string[] }) {
  const cleared = Object.fromEntries(["q", "offset", ...filters].map((name) => [name, null]));
  return (
    <>
      <p>No {words[1]} match.</p>
      <button type="button" class="button" onClick={() => choose(cleared)}>
        Show all
      </button>
    </>
  );
}
