/**
 * The columns of the table of functions.
 */

import type { ComponentChildren } from "preact";
import { duration, thousands } from "../design/number";
import type { FunctionRow } from "./function_row";

/** A column. */
export interface FunctionColumn {
  readonly title: string;
  /** What the server sorts by. */
  readonly sort: string;
  /** Its width, as a class. */
  readonly width: "name" | "count" | "time" | "signature";
  /** When the table gets narrow, 1 goes first. */
  readonly rank?: 1 | 2 | 3;
  readonly cell: (row: FunctionRow) => ComponentChildren;
}

/** A duration, if one is known. */
export function timeOf(ns: number | null): string {
  return ns === null ? "–" : duration(ns);
}

/** All of them. */
export const COLUMNS: readonly FunctionColumn[] = [
  {
    title: "Function",
    sort: "qualname",
    width: "name",
    cell: (row) => (
      <>
        <span class="code function-name">{row.qualname}</span> <span class="note function-module">{row.module}</span>
      </>
    ),
  },
  { title: "Calls", sort: "call_count", width: "count", cell: (row) => calls(row) },
  {
    title: "Exceptions",
    sort: "exception_count",
    width: "count",
    rank: 3,
    cell: (row) =>
      row.exception_count === 0 ? (
        <span class="note">0</span>
      ) : (
        <span class="is-bad">{thousands(row.exception_count)}</span>
      ),
  },
  { title: "Total", sort: "total_ns", width: "time", cell: (row) => duration(row.total_ns) },
  { title: "Self", sort: "self_ns", width: "time", cell: (row) => duration(row.self_ns) },
  { title: "p50", sort: "latency_ns_p50", width: "time", rank: 2, cell: (row) => timeOf(row.latency_ns_p50) },
  { title: "p95", sort: "latency_ns_p95", width: "time", rank: 3, cell: (row) => timeOf(row.latency_ns_p95) },
  { title: "p99", sort: "latency_ns_p99", width: "time", rank: 2, cell: (row) => timeOf(row.latency_ns_p99) },
  {
    title: "Types",
    sort: "signature_count",
    width: "signature",
    rank: 1,
    cell: (row) => (
      <>
        <span class="code">{row.top_signature ?? ""}</span>
        {row.signature_count > 1 && <span class="note"> +{thousands(row.signature_count - 1)}</span>}
      </>
    ),
  },
];

/** Calls, with a sign where they are extrapolated. */
export function calls(row: FunctionRow): string {
  return `${row.is_estimate ? "≈" : ""}${thousands(row.call_count)}`;
}
