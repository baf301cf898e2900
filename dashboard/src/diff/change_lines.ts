/**
 * What changed in a function, in the words of `ghost diff`: a line per difference.
 */

import { duration, percentage, thousands } from "../design/number";
import type { Change, Novelty } from "./comparison";

/** A difference, and whether it is for the better. */
export interface ChangeLine {
  readonly label: string;
  readonly text: string;
  readonly verdict: "better" | "worse" | "other";
  /** How sure it is; empty where it is a fact. */
  readonly evidence: string;
}

/** All differences of a function. */
export function linesOf(change: Change): ChangeLine[] {
  return [...latency(change), ...rate(change), ...calls(change), ...novelties(change)];
}

function latency({ latency }: Change): ChangeLine[] {
  if (latency === null) return [];
  const { before, after } = latency.mean_latency_ns;
  const ratio = before > 0 ? ` (${(after / before).toFixed(2)}×)` : "";
  const text = `mean ${duration(before)} → ${duration(after)}${ratio}, ${DIRECTIONS[latency.direction]}`;
  const tested =
    latency.p === null || latency.effect === null
      ? "too few calls to test"
      : `effect ${latency.effect.toFixed(2)} · ${probability(latency.p)}`;
  const typical = `typical call ${latency.typical_ratio.toFixed(2)}×`;
  const p95 = `p95 ${duration(latency.p95_latency_ns.before)} → ${duration(latency.p95_latency_ns.after)}`;
  const verdict = latency.direction === "faster" ? "better" : "worse";
  return [{ label: "latency", text, verdict, evidence: `${typical} · ${p95} · ${tested}` }];
}

const DIRECTIONS = {
  faster: "faster",
  slower: "slower",
  faster_with_slow_calls: "slower, though a typical call is faster",
  slower_without_slow_calls: "faster, though a typical call is slower",
};

function rate({ exception_rate: rate }: Change): ChangeLine[] {
  if (rate === null) return [];
  const { before, after } = rate.exception_rate;
  const text = `${percentage(before, 1)} → ${percentage(after, 1)} of calls`;
  const counts = `${thousands(rate.exception_count.before)} → ${thousands(rate.exception_count.after)} exceptions`;
  const verdict = after < before ? "better" : "worse";
  return [{ label: "exceptions", text, verdict, evidence: `${counts} · ${probability(rate.p)}` }];
}

function calls({ call_count, call_count_changed }: Change): ChangeLine[] {
  if (!call_count_changed) return [];
  const text = `${thousands(call_count.before)} → ${thousands(call_count.after)}`;
  return [{ label: "calls", text, verdict: "other", evidence: "" }];
}

function novelties(change: Change): ChangeLine[] {
  return [
    ...novelty("exception", change.exceptions, "worse"),
    ...novelty("arguments", change.arg_signatures, "other"),
    ...novelty("returns", change.return_types, "other"),
    ...novelty("caller", change.callers, "other"),
  ];
}

function novelty(what: string, novelty: Novelty, verdict: ChangeLine["verdict"]): ChangeLine[] {
  const lines = (label: string, names: Readonly<Record<string, number>>, verdict: ChangeLine["verdict"]) =>
    Object.entries(names).map(([name, count]) => ({
      label,
      text: `${name} ×${thousands(count)}`,
      verdict,
      evidence: "",
    }));
  return [...lines(`new ${what}`, novelty.new, verdict), ...lines(`gone ${what}`, novelty.gone, "other")];
}

function probability(p: number): string {
  return p < 0.001 ? "p < 0.001" : `p = ${p.toPrecision(2)}`;
}
