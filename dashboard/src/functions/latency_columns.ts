/**
 * Buckets of a histogram as columns of equal width on a logarithmic axis, without holes. Pure.
 */

import type { LatencyBucket } from "./function_row";

/** As many columns as fit beside the list. */
export const COLUMNS_MAX = 48;

/** Below this everything is one column: a logarithm has no zero. */
const SHORTEST_NS = 1;

/** The columns, shortest first. Every call is in one of them. */
export function columnsOf(buckets: readonly LatencyBucket[]): LatencyBucket[] {
  const seen = buckets.filter(({ count }) => count > 0);
  if (seen.length === 0) return [];
  const lower = Math.max(SHORTEST_NS, Math.min(...seen.map(({ lower_ns }) => lower_ns)));
  const upper = Math.max(lower * 1.1, ...seen.map(({ upper_ns }) => upper_ns));
  // Not narrower than the narrowest bucket: there would be holes between columns that mean nothing.
  const narrowest = Math.min(
    ...seen.map((bucket) => Math.log(bucket.upper_ns / Math.max(SHORTEST_NS, bucket.lower_ns))),
  );
  const span = Math.log(upper / lower);
  const count = Math.max(1, Math.min(COLUMNS_MAX, Math.round(span / Math.max(narrowest, 0.01))));
  const edge = (index: number) => lower * Math.exp((span * index) / count);
  const columns = Array.from({ length: count }, (_, index) => ({
    lower_ns: edge(index),
    upper_ns: edge(index + 1),
    count: 0,
  }));
  for (const bucket of seen) {
    const middle = Math.sqrt(Math.max(SHORTEST_NS, bucket.lower_ns) * Math.max(SHORTEST_NS, bucket.upper_ns));
    const index = Math.floor((Math.log(middle / lower) / span) * count);
    const column = columns[Math.max(0, Math.min(count - 1, index))];
    if (column !== undefined) column.count += bucket.count;
  }
  return columns;
}
