/**
 * Which frames are to be seen at a zoom and a width, and where: boxes in pixels, and what is under a point.
 *
 * Neither draws nor remembers anything.
 */

import { type Frame, lineOf } from "./frames";

/** A frame on the screen. */
export interface Box {
  readonly frame: Frame;
  /** Left edge and width in pixels; the row is counted from the top. */
  readonly x: number;
  readonly width: number;
  readonly row: number;
}

/** Narrower boxes cannot be seen, nor hit. */
export const WIDTH_PX_MIN = 0.6;

/**
 * What is shown when `zoomed` takes the whole width: what it is below of as whole rows, then itself and what
 * is below it. Boxes are in rows from the top, and from the left within each.
 */
export function boxesOf(frames: readonly Frame[], zoomed: Frame, widthPx: number): Box[][] {
  const rows: Box[][] = [];
  for (const frame of lineOf(frames, zoomed)) {
    rows.push([{ frame, x: 0, width: widthPx, row: frame.depth }]);
  }
  const scale = zoomed.width > 0 ? widthPx / zoomed.width : 0;
  let index = zoomed.index + 1;
  for (let frame = frames[index]; frame !== undefined && index < zoomed.end; frame = frames[index]) {
    const width = frame.width * scale;
    // Whatever is below something too narrow is too narrow as well.
    index = width < WIDTH_PX_MIN ? frame.end : index + 1;
    if (width < WIDTH_PX_MIN) continue;
    const box = { frame, x: (frame.start - zoomed.start) * scale, width, row: frame.depth };
    (rows[frame.depth] ??= []).push(box);
  }
  return rows;
}

/** The box at a place in pixels from the left and in rows from the top. */
export function boxAt(rows: readonly Box[][], x: number, row: number): Box | undefined {
  const boxes = rows[row] ?? [];
  let [low, high] = [0, boxes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((boxes[middle] as Box).x <= x) low = middle + 1;
    else high = middle;
  }
  const box = boxes[low - 1];
  return box !== undefined && x < box.x + Math.max(box.width, 1) ? box : undefined;
}
