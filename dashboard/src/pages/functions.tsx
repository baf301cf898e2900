/**
 * Functions: every one that was called, how often and how long; and all that is known of the chosen one.
 */

import { Download } from "../design/download";
import { counted } from "../design/number";
import { Command, Empty, Failure, Loading } from "../design/states";
import { FunctionDetail } from "../functions/function_detail";
import type { FunctionRow } from "../functions/function_row";
import { FunctionTable } from "../functions/function_table";
import "../functions/functions.css";
import type { PagedRows } from "../functions/paged_rows";
import { FilterBox } from "../listing/filter_box";
import { sessionPath } from "../live/session";
import { choose, route } from "../router/route";

const SORT = "-call_count";

/** The page. */
export function FunctionsPage() {
  const { parameters } = route.value;
  const sort = parameters["sort"] ?? SORT;
  const chosen = parameters["function"] ?? null;
  const bodies = parameters["bodies"] === "true" ? "true" : null;
  const path = sessionPath("functions", { sort, q: parameters["q"], bodies });
  const top = Math.max(0, Number.parseInt(parameters["top"] ?? "0", 10) || 0);
  return (
    <section class="page functions-page">
      <div class={chosen === null ? "split" : "split has-detail"}>
        <div class="split-list">
          <FunctionTable
            path={path}
            sort={sort}
            chosen={chosen}
            top={top}
            onSort={(to) => choose({ sort: to === SORT ? null : to, top: null })}
            onChoose={(row) => choose({ function: row.function_id === chosen ? null : row.function_id })}
          >
            {(rows) => <Above rows={rows} hasBodies={bodies !== null} />}
          </FunctionTable>
        </div>
        {chosen !== null && <FunctionDetail key={chosen} functionId={chosen} />}
      </div>
    </section>
  );
}

function Above({ rows, hasBodies }: { rows: PagedRows<FunctionRow>; hasBodies: boolean }) {
  const { counts, problem, isLoading } = rows;
  const isNarrowed = route.value.parameters["q"] !== undefined;
  return (
    <>
      <header class="page-head" aria-busy={isLoading}>
        <h1>Functions</h1>
        {counts !== null && (
          <p class="page-count" aria-live="polite">
            {countText(counts.matched, isNarrowed)}
          </p>
        )}
        <div class="page-tools">
          <button
            type="button"
            class="button"
            aria-pressed={hasBodies}
            title="Bodies of modules and classes, which run once"
            onClick={() => choose({ bodies: hasBodies ? null : "true", top: null })}
          >
            Bodies
          </button>
          <FilterBox label="Filter functions" />
          <Download name="functions" value={counts === null ? null : known(rows)} />
        </div>
      </header>
      {problem !== null && <Failure problem={problem} />}
      {counts === null && problem === null && <Loading />}
      {counts?.matched === 0 && <Nothing isNarrowed={isNarrowed} />}
    </>
  );
}

/** Without the bodies that are not asked for, which the server counts among all. */
function countText(matched: number, isNarrowed: boolean): string {
  if (!isNarrowed) return counted(matched, "function", "functions");
  return counted(matched, "function matches", "functions match");
}

/** The rows that have been looked at. */
function known({ counts, row }: PagedRows<FunctionRow>): unknown {
  const items = Array.from({ length: counts?.matched ?? 0 }, (_, index) => row(index)).filter(
    (row) => row !== undefined,
  );
  return { total_count: counts?.total, matched_count: counts?.matched, items };
}

function Nothing({ isNarrowed }: { isNarrowed: boolean }) {
  if (isNarrowed) {
    return (
      <Empty>
        <p>No functions match.</p>
        <button type="button" class="button" onClick={() => choose({ q: null, top: null })}>
          Show all
        </button>
      </Empty>
    );
  }
  return (
    <Empty>
      <p>No function was called in this session yet.</p>
      <p>
        Functions appear while the program runs: <Command>ghost run --serve app.py</Command>
      </p>
    </Empty>
  );
}
