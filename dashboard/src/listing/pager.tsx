/**
 * Which part of a list is shown, and the way to the rest.
 */

import { thousands } from "../design/number";
import { choose } from "../router/route";

interface PagerProperties {
  readonly offset: number;
  readonly limit: number;
  readonly count: number;
}

/** Nothing where everything is shown. */
export function Pager({ offset, limit, count }: PagerProperties) {
  if (count <= limit && offset === 0) return null;
  const last = Math.min(offset + limit, count);
  const go = (to: number) => choose({ offset: to <= 0 ? null : to });
  return (
    <nav class="pager" aria-label="Pages">
      <button type="button" class="button" disabled={offset === 0} onClick={() => go(offset - limit)}>
        Previous
      </button>
      <span>
        {thousands(offset + 1)}–{thousands(last)} of {thousands(count)}
      </span>
      <button type="button" class="button" disabled={last >= count} onClick={() => go(offset + limit)}>
        Next
      </button>
    </nav>
  );
}
