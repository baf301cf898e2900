/** Differences in words. */

import { expect, it } from "vitest";
import { linesOf } from "./change_lines";
import type { Change } from "./comparison";

const nothing = { new: {}, gone: {} };
const change: Change = {
  function_id: "0000000000000001",
  fn_key: "shop:process:42",
  file: "shop.py",
  line_before: 40,
  weight: 0.25,
  call_count: { before: 1000, after: 2500 },
  call_count_changed: true,
  latency: {
    direction: "faster_with_slow_calls",
    mean_latency_ns: { before: 4_000_000, after: 6_000_000 },
    p50_latency_ns: { before: 4_000_000, after: 6_000_000 },
    p95_latency_ns: { before: 8_000_000, after: 12_000_000 },
    typical_ratio: 0.35,
    effect: -0.98,
    p: 1e-12,
  },
  exception_rate: { exception_rate: { before: 0, after: 0.5 }, exception_count: { before: 0, after: 3 }, p: 0.004 },
  exceptions: { new: { KeyError: 3 }, gone: {} },
  arg_signatures: nothing,
  return_types: { new: {}, gone: { int: 7 } },
  callers: nothing,
};

it("has a line for each difference, with how sure it is", () => {
  const lines = linesOf(change).map(({ label, text, verdict }) => [label, text, verdict]);
  expect(lines).toEqual([
    ["latency", "mean 4.00ms → 6.00ms (1.50×), slower, though a typical call is faster", "worse"],
    ["exceptions", "0% → 50.0% of calls", "worse"],
    ["calls", "1,000 → 2,500", "other"],
    ["new exception", "KeyError ×3", "worse"],
    ["gone returns", "int ×7", "other"],
  ]);
  expect(linesOf(change)[0]?.evidence).toBe("typical call 0.35× · p95 8.00ms → 12.0ms · effect -0.98 · p < 0.001");
  expect(linesOf(change)[1]?.evidence).toBe("0 → 3 exceptions · p = 0.0040");
});

it("has none where only the weight is known", () => {
  const same = { ...change, call_count_changed: false, latency: null, exception_rate: null };
  expect(linesOf({ ...same, exceptions: nothing, return_types: nothing })).toEqual([]);
});
