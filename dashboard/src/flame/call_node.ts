/**
 * A node of the call tree, as the server sends it, and what a picture of one needs beside it.
 *
 * Only shapes and what follows from one node alone. No layout, no drawing.
 */

/** One function below one caller, with everything that was called from there. */
export interface CallNode {
  readonly node_id: string | number;
  readonly function_id: string | null;
  readonly name: string;
  /** Where the function is from; absent for what is none. */
  readonly module?: string | null;
  readonly call_count: number;
  readonly total_ns: number;
  readonly self_ns: number;
  readonly children: readonly CallNode[];
  /** How many children the server left out as too small. */
  readonly elided_count: number;
  /** The same place in the session it is compared with; absent where nothing is compared. */
  readonly before?: Totals | null;
  /** Whether the place is in the base session only. */
  readonly is_gone?: boolean;
}

/** What is known of one place. */
export interface Totals {
  readonly call_count: number;
  readonly total_ns: number;
  readonly self_ns: number;
}

/** What the width of a frame stands for. */
export type Measure = "time" | "calls";

/** What tells a node from those beside it, in any session. */
export function keyOf(node: CallNode): string {
  return `${node.module ?? ""}:${nameWithoutLine(node.name)}`;
}

/** The name without its line, which moves from one version of a file to the next. */
export function nameWithoutLine(name: string): string {
  return name.replace(/:\d+$/, "");
}
