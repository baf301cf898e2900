/**
 * A comparison of two sessions as the server sends it.
 */

/** A value in both sessions. */
export interface Both {
  readonly before: number;
  readonly after: number;
}

/** Calls by name. */
export interface Novelty {
  readonly new: Readonly<Record<string, number>>;
  readonly gone: Readonly<Record<string, number>>;
}

/** A function that differs. */
export interface Change {
  readonly function_id: string;
  readonly fn_key: string;
  readonly file: string;
  readonly line_before: number;
  readonly weight: number;
  readonly call_count: Both;
  readonly call_count_changed: boolean;
  readonly latency: {
    readonly direction: "faster" | "slower" | "faster_with_slow_calls" | "slower_without_slow_calls";
    readonly mean_latency_ns: Both;
    readonly p50_latency_ns: Both;
    readonly p95_latency_ns: Both;
    readonly typical_ratio: number;
    readonly effect: number | null;
    readonly p: number | null;
  } | null;
  readonly exception_rate: { readonly exception_rate: Both; readonly exception_count: Both; readonly p: number } | null;
  readonly exceptions: Novelty;
  readonly arg_signatures: Novelty;
  readonly return_types: Novelty;
  readonly callers: Novelty;
}

/** A function of one session only. */
export interface OneSided {
  /** Where it is gone: what it is called in the base. */
  readonly function_id: string;
  readonly fn_key: string;
  readonly file: string;
  readonly call_count: number;
  readonly exception_count: number;
  readonly mean_latency_ns: number | null;
}

/** One of the two sessions. */
export interface Side {
  readonly session_id: string;
  readonly script_path: string;
  readonly state: string;
  readonly call_count: number;
}

/** All of it. */
export interface Comparison {
  readonly state?: string;
  readonly before: Side;
  readonly after: Side;
  readonly traffic_ratio: number | null;
  readonly unchanged_count: number;
  readonly changed: readonly Change[];
  readonly added: readonly OneSided[];
  readonly removed: readonly OneSided[];
}
