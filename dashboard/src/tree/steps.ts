/**
 * What a key does in a tree of lines: goes to another line, opens, closes or unfolds one.
 *
 * As in every tree (the pattern of ARIA): right opens, then goes in; left closes, then goes out. Shared by all
 * trees of the dashboard; knows nothing of what the lines show.
 */

/** What a line has to say for this. */
export interface TreeLine {
  readonly key: string;
  readonly depth: number;
  readonly hasChildren: boolean;
  readonly isOpen: boolean;
  /** Whether it stands for several that can be shown one by one. */
  readonly isFoldable?: boolean;
}

/** What to do. */
export type Step =
  | { readonly act: "go"; readonly to: number }
  | { readonly act: "open" | "close" | "unfold"; readonly key: string };

/** What the key means on line `at`; null if nothing. */
export function stepOf(lines: readonly TreeLine[], at: number, key: string): Step | null {
  const line = lines[at];
  if (line === undefined) return null;
  switch (key) {
    case "ArrowDown":
      return go(lines, at + 1);
    case "ArrowUp":
      return go(lines, at - 1);
    case "Home":
      return go(lines, 0);
    case "End":
      return go(lines, lines.length - 1);
    case "ArrowRight":
      return right(lines, line, at);
    case "ArrowLeft":
      return line.isOpen ? { act: "close", key: line.key } : go(lines, parentOf(lines, at));
    case "*":
      return line.isFoldable === true ? { act: "unfold", key: line.key } : null;
    default:
      return null;
  }
}

function right(lines: readonly TreeLine[], line: TreeLine, at: number): Step | null {
  if (!line.hasChildren) return null;
  return line.isOpen ? go(lines, at + 1) : { act: "open", key: line.key };
}

function go(lines: readonly TreeLine[], to: number): Step | null {
  return lines[to] === undefined ? null : { act: "go", to };
}

function parentOf(lines: readonly TreeLine[], at: number): number {
  const depth = lines[at]?.depth ?? 0;
  return lines.findLastIndex((line, index) => index < at && line.depth < depth);
}

/** The set with the member if it had none, else without. */
export function toggled<T>(set: ReadonlySet<T>, member: T): Set<T> {
  const other = new Set(set);
  if (!other.delete(member)) other.add(member);
  return other;
}
