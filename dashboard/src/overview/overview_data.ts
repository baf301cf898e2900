/**
 * What the server tells of the last quarter of an hour, and what the charts make of it. Pure.
 */

import { thousands } from "../design/number";

/** The answer. */
export interface Overview {
  readonly window_s: number;
  readonly step_s: number;
  readonly series: readonly OverviewStep[];
  readonly request_count: number;
  readonly error_count: number;
  readonly requests_per_s: number;
  readonly error_share: number | null;
  readonly duration_ns_p50: number | null;
  readonly duration_ns_p95: number | null;
  readonly session_request_count?: number;
  readonly recent_errors: readonly RecentError[];
  readonly call_count: number;
  readonly function_count: number;
  readonly exception_count: number;
  readonly process_count?: number;
  readonly own_cost: {
    readonly observing_ns_per_call: number | null;
    readonly total_ns?: number | null;
    readonly share: number | null;
  };
  readonly is_live?: boolean;
}

/** Some seconds of it. */
export interface OverviewStep {
  readonly start_unix_ns: number;
  readonly request_count: number;
  readonly error_count: number;
  readonly duration_ns_p50: number | null;
  readonly duration_ns_p95: number | null;
}

/** A request or query that failed. */
export interface RecentError {
  readonly start_unix_ns: number;
  readonly duration_ns: number;
  readonly kind: string;
  readonly name: string;
  readonly method: string | null;
  readonly status: number | null;
  readonly exception_type: string | null;
  readonly trace_id: string | null;
}

/** The series as columns of numbers. */
export interface Columns {
  readonly times: readonly number[];
  readonly requestsPerS: readonly number[];
  readonly errorsPerS: readonly number[];
  readonly errorShares: readonly (number | null)[];
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
}

/** Rates per second, whatever the step. */
export function columnsOf({ series, step_s }: Overview): Columns {
  const step = Math.max(1, step_s);
  return {
    times: series.map((at) => at.start_unix_ns / 1e9),
    requestsPerS: series.map((at) => at.request_count / step),
    errorsPerS: series.map((at) => at.error_count / step),
    errorShares: series.map((at) => (at.request_count === 0 ? null : at.error_count / at.request_count)),
    p50: series.map((at) => at.duration_ns_p50),
    p95: series.map((at) => at.duration_ns_p95),
  };
}

/** Whether there is anything of the web in it. */
export function hasRequests(overview: Overview): boolean {
  return (overview.session_request_count ?? overview.request_count) > 0;
}

/** A rate in three digits: `0.25`, `12.4`, `1,204`. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return "0";
  if (perSecond < 0.01) return "<0.01";
  const digits = perSecond < 9.995 ? 2 : perSecond < 99.95 ? 1 : 0;
  return digits > 0 ? perSecond.toFixed(digits) : thousands(perSecond);
}
