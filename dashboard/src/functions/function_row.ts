/**
 * Functions as the server lists and details them.
 */

/** One of the list. */
export interface FunctionRow {
  /** Sixteen hexadecimal digits, the same in every session. */
  readonly function_id: string;
  readonly qualname: string;
  readonly module: string;
  readonly file: string;
  readonly line: number;
  readonly kind: string;
  readonly is_external: boolean;
  readonly call_count: number;
  readonly exception_count: number;
  readonly total_ns: number;
  readonly self_ns: number;
  readonly latency_ns_mean: number | null;
  readonly latency_ns_p50: number | null;
  readonly latency_ns_p95: number | null;
  readonly latency_ns_p99: number | null;
  readonly latency_ns_max: number | null;
  readonly signature_count: number;
  readonly top_signature: string | null;
  readonly is_estimate: boolean;
}

/** How often something was seen. */
export interface NamedCount {
  readonly name: string;
  readonly count: number;
}

/** Another function. */
export interface FunctionReference {
  /** Null for what is no function: the start of the program, code outside. */
  readonly function_id: string | null;
  readonly qualname: string;
  readonly module: string;
  readonly line: number;
  readonly is_external: boolean;
}

/** How long calls took: how many of them between two durations. */
export interface LatencyBucket {
  readonly lower_ns: number;
  readonly upper_ns: number;
  readonly count: number;
}

/** All that is known of one. */
export interface FunctionDetail extends FunctionRow {
  readonly parameters: string;
  readonly call_count_se: number;
  readonly running_ns: number;
  readonly signatures: readonly NamedCount[];
  readonly returned_types: readonly NamedCount[];
  readonly yielded_types: readonly NamedCount[];
  readonly handled_types: readonly NamedCount[];
  readonly exceptions: readonly {
    readonly exception_type: string;
    readonly count: number;
    readonly is_swallowed: boolean;
    readonly caught_by: FunctionReference | null;
  }[];
  readonly latency_buckets: readonly LatencyBucket[];
  readonly callers: readonly (FunctionReference & { readonly call_count: number })[];
  readonly callees: readonly (FunctionReference & { readonly call_count: number })[];
  readonly elided_count: number;
  readonly source: { readonly first_line: number; readonly lines: readonly string[] } | null;
}
