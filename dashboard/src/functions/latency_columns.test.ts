/** No call is lost between buckets and columns. */

import { describe, expect, it } from "vitest";
import type { LatencyBucket } from "./function_row";
import { COLUMNS_MAX, columnsOf } from "./latency_columns";

const bucket = (index: number, count: number): LatencyBucket => ({
  lower_ns: 2 ** (index / 8),
  upper_ns: 2 ** ((index + 1) / 8),
  count,
});
const sum = (buckets: readonly LatencyBucket[]) => buckets.reduce((total, { count }) => total + count, 0);

describe("columns", () => {
  it("hold every call", () => {
    const cases = [
      [bucket(80, 5)],
      [bucket(0, 1), bucket(200, 2)],
      Array.from({ length: 250 }, (_, index) => bucket(index, index)),
      [{ lower_ns: 0, upper_ns: 1, count: 3 }, bucket(90, 4)],
    ];
    for (const buckets of cases) {
      const columns = columnsOf(buckets);
      expect(sum(columns)).toBe(sum(buckets));
      expect(columns.length).toBeLessThanOrEqual(COLUMNS_MAX);
    }
  });

  it("follow each other", () => {
    const columns = columnsOf([bucket(40, 1), bucket(70, 1)]);
    for (const [index, column] of columns.entries()) {
      if (index > 0) expect(column.lower_ns).toBeCloseTo(columns[index - 1]?.upper_ns ?? 0);
    }
    expect(columns).toHaveLength(31);
  });

  it("are none without calls", () => {
    expect(columnsOf([])).toEqual([]);
    expect(columnsOf([bucket(3, 0)])).toEqual([]);
  });
});
