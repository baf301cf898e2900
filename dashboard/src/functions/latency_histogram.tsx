/**
 * How long calls took, as columns over a logarithmic axis.
 */

import { counted, duration } from "../design/number";
import type { LatencyBucket } from "./function_row";
import { columnsOf } from "./latency_columns";

/** The columns, which are spoken as a sentence. */
export function LatencyHistogram({ buckets }: { buckets: readonly LatencyBucket[] }) {
  const columns = columnsOf(buckets);
  const most = Math.max(1, ...columns.map(({ count }) => count));
  const first = columns[0];
  const last = columns[columns.length - 1];
  const peak = columns.find(({ count }) => count === most);
  if (first === undefined || last === undefined || peak === undefined) return null;
  const spoken = `From ${duration(first.lower_ns)} to ${duration(last.upper_ns)}; most calls, ${counted(
    peak.count,
    "call",
    "calls",
  )}, between ${duration(peak.lower_ns)} and ${duration(peak.upper_ns)}`;
  return (
    <figure class="histogram">
      <div class="histogram-columns" role="img" aria-label={spoken}>
        {columns.map((column) => (
          <span
            key={column.lower_ns}
            class={column.count === 0 ? "histogram-column is-none" : "histogram-column"}
            style={{ height: `${(column.count / most) * 100}%` }}
            title={`${duration(column.lower_ns)} – ${duration(column.upper_ns)}: ${counted(column.count, "call", "calls")}`}
          />
        ))}
      </div>
      <figcaption class="histogram-axis note" aria-hidden="true">
        <span>{duration(first.lower_ns)}</span>
        <span>{duration(last.upper_ns)}</span>
      </figcaption>
    </figure>
  );
}
