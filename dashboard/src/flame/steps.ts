/**
 * Where the keyboard goes from a frame.
 *
 * Only to frames on the screen: what is too narrow to see is reached by zooming in first. Zooming itself and
 * the focus are the page's.
 */

import type { Box } from "./boxes";
import type { Frame } from "./frames";

/** Keys that move. */
export const STEP_KEYS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"] as const;

/** One of them. */
export type StepKey = (typeof STEP_KEYS)[number];

/** Whether the key moves. */
export function isStepKey(key: string): key is StepKey {
  return (STEP_KEYS as readonly string[]).includes(key);
}

/** The frame the key leads to; the same one where there is none. */
export function step(rows: readonly Box[][], from: Frame, key: StepKey): Frame {
  return target(rows, from, key) ?? from;
}

function target(rows: readonly Box[][], from: Frame, key: StepKey): Frame | undefined {
  const row = rows[from.depth] ?? [];
  const position = row.findIndex((box) => box.frame.index === from.index);
  switch (key) {
    case "ArrowUp":
      return rows[from.depth - 1]?.find((box) => box.frame.index === from.parent)?.frame;
    case "ArrowDown":
      return rows[from.depth + 1]?.find((box) => box.frame.parent === from.index)?.frame;
    case "ArrowLeft":
      return row[position - 1]?.frame;
    case "ArrowRight":
      return row[position + 1]?.frame;
    case "Home":
      return rows[0]?.[0]?.frame;
    case "End":
      return rows.at(-1)?.[0]?.frame;
  }
}
