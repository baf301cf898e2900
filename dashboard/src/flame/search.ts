/**
 * Which frames a search means, and how much of the whole they are.
 *
 * Plain text only: no patterns that could take long.
 */

import type { Frame } from "./frames";

/** What a search found. */
export interface Found {
  /** Indexes of the frames whose name contains the text. */
  readonly indexes: ReadonlySet<number>;
  /** What they cover of the root's width, each piece once. */
  readonly share: number;
}

/** Nothing, as for an empty search. */
export const NOTHING_FOUND: Found = { indexes: new Set(), share: 0 };

/** Finds text in names, whatever its case. */
export function find(frames: readonly Frame[], text: string): Found {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return NOTHING_FOUND;
  const indexes = new Set<number>();
  let share = 0;
  let coveredUntil = 0;
  for (const frame of frames) {
    if (!frame.node.name.toLowerCase().includes(wanted)) continue;
    indexes.add(frame.index);
    // What is below another match is part of it already.
    if (frame.index >= coveredUntil) {
      share += frame.width;
      coveredUntil = frame.end;
    }
  }
  return { indexes, share };
}

/** The next match after a frame, around the end; `step` is 1 or -1. */
export function nextMatch(found: Found, from: number, step: 1 | -1): number | undefined {
  const indexes = [...found.indexes];
  if (indexes.length === 0) return undefined;
  const after = step > 0 ? indexes.find((index) => index > from) : indexes.findLast((i) => i < from);
  return after ?? indexes.at(step > 0 ? 0 : -1);
}
