/**
 * A probe as the server sends it.
 */

/** What was asked for, and what became of it. */
export interface Probe {
  readonly id: string;
  readonly target: string;
  readonly type: string;
  readonly event: string;
  readonly name?: string;
  readonly value?: string | null;
  readonly condition?: string | null;
  readonly expires_unix_ns?: number;
  readonly processes?: readonly ProbeProcess[];
  readonly hits?: readonly ProbeHit[];
}

/** A probe in one process. */
export interface ProbeProcess {
  readonly pid: number;
  readonly state: "pending" | "active" | "expired" | "disabled" | "error";
  readonly reason?: string | null;
  readonly hit_count: number;
  readonly dropped_count: number;
  readonly error_count: number;
  readonly error?: string | null;
  readonly numbers?: {
    readonly count: number;
    readonly total: number;
    readonly minimum: number;
    readonly maximum: number;
  } | null;
  readonly lines?: readonly { readonly line: number; readonly count: number; readonly total_ns: number }[];
}

/** Something a probe told. */
export interface ProbeHit {
  readonly time_unix_ns: number;
  readonly pid: number;
  /** Null where the probe has no value. */
  readonly value: string | null;
}
