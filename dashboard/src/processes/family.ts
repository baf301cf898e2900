/**
 * Processes in the order of a family tree: children below their parents, the oldest first. Pure.
 */

/** A process as the server lists it. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent_pid: number;
  readonly start_unix_ns: number;
  readonly end_unix_ns?: number | null;
  readonly python_version: string;
  readonly state: string;
  readonly call_cost_ps?: number;
  readonly own_cost_ns?: number;
  readonly counters?: Readonly<Record<string, number>>;
}

/** A process and how many of its ancestors are listed above it. */
export interface Member {
  readonly row: ProcessRow;
  readonly depth: number;
}

/** All rows, each once. A process image that replaced another (`exec`) has the same number and stands beside it. */
export function inFamilyOrder(rows: readonly ProcessRow[]): Member[] {
  const sorted = [...rows].sort((a, b) => a.start_unix_ns - b.start_unix_ns || a.pid - b.pid);
  const pids = new Set(sorted.map(({ pid }) => pid));
  const isRoot = (row: ProcessRow) => !pids.has(row.parent_pid) || row.parent_pid === row.pid;
  const members: Member[] = [];
  const listed = new Set<ProcessRow>();
  const list = (row: ProcessRow, depth: number) => {
    if (listed.has(row)) return;
    listed.add(row);
    members.push({ row, depth });
    const isLastImage = !sorted.some((other) => other.pid === row.pid && !listed.has(other));
    if (isLastImage) for (const child of sorted) if (child.parent_pid === row.pid) list(child, depth + 1);
  };
  for (const row of sorted) if (isRoot(row)) list(row, 0);
  // Numbers are used again, so parents may seem to be their own descendants.
  for (const row of sorted) list(row, 0);
  return members;
}
