/**
 * The same tree as lines of a table, for those who read it rather than look at it.
 */

import type { TreeLine } from "../tree/steps";
import { childrenOf, type Frame, placeText } from "./frames";

/** One line. */
export interface TableLine extends TreeLine {
  readonly frame: Frame;
  /** Which of its siblings, counted from one, and how many there are. */
  readonly position: number;
  readonly siblingCount: number;
}

/** More are not made; closing something shows others. */
export const TABLE_LINES_MAX = 1000;

/** The lines below and with `top`, as far as places are open. */
export function tableLinesOf(frames: readonly Frame[], top: Frame, opened: ReadonlySet<string>): TableLine[] {
  const lines: TableLine[] = [];
  add(lines, frames, [top], top.depth, opened);
  return lines;
}

function add(
  lines: TableLine[],
  frames: readonly Frame[],
  siblings: readonly Frame[],
  above: number,
  opened: ReadonlySet<string>,
): void {
  siblings.forEach((frame, index) => {
    if (lines.length >= TABLE_LINES_MAX) return;
    const key = placeText(frame);
    const hasChildren = frame.end > frame.index + 1;
    const isOpen = hasChildren && opened.has(key);
    const spot = { position: index + 1, siblingCount: siblings.length };
    lines.push({ key, frame, depth: frame.depth - above, hasChildren, isOpen, ...spot });
    if (isOpen) add(lines, frames, childrenOf(frames, frame), above, opened);
  });
}

/** The places to open at first: the heaviest way down. */
export function openedAtFirst(frames: readonly Frame[], top: Frame): Set<string> {
  const opened = new Set<string>();
  for (let frame: Frame | undefined = top; frame !== undefined; frame = childrenOf(frames, frame)[0]) {
    if (frame.width < top.width * SHARE_OPENED_MIN) break;
    opened.add(placeText(frame));
  }
  return opened;
}

/** What is less of the whole is not opened by itself. */
const SHARE_OPENED_MIN = 0.2;
