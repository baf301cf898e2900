/**
 * Draws boxes on a canvas.
 *
 * Decides nothing: which boxes, which colours and which frame has the focus come from outside. A canvas,
 * because ten thousand elements would take longer than a frame of the screen; what is on it is also there as a table.
 */

import type { Box } from "./boxes";
import { fittingText } from "./text_fit";

/** Height of a row, with the line between two. */
export const ROW_PX = 22;

const GAP_PX = 1;
const TEXT_INSET_PX = 5;
const FONT_PX = 12;

/** What names are made of: their average width is that of most names. */
const LETTERS = "abcdefghijklmnopqrstuvwxyz_.:";

/** How one box looks. */
export interface BoxLook {
  readonly colour: string;
  readonly names: readonly string[];
  /** Not part of what is searched for. */
  readonly isFaint: boolean;
  /** Only the other session has it. */
  readonly isHatched: boolean;
}

/** What is the same for all boxes. */
export interface Surface {
  readonly context: CanvasRenderingContext2D;
  readonly widthPx: number;
  readonly fontFamily: string;
  readonly inkColour: string;
  readonly focusColour: string;
}

/** Draws everything anew. */
export function paint(
  surface: Surface,
  rows: readonly Box[][],
  look: (box: Box) => BoxLook,
  focus: number | null,
): void {
  const { context } = surface;
  context.clearRect(0, 0, surface.widthPx, rows.length * ROW_PX);
  context.font = `${FONT_PX}px ${surface.fontFamily}`;
  context.textBaseline = "middle";
  const characterPx = context.measureText(LETTERS).width / LETTERS.length;
  for (const box of rows.flat()) paintBox(surface, box, look(box), characterPx);
  const focused = rows.flat().find((box) => box.frame.index === focus);
  if (focused !== undefined) paintFocus(surface, focused);
}

function paintBox(surface: Surface, box: Box, look: BoxLook, characterPx: number): void {
  const { context } = surface;
  const width = Math.max(box.width - GAP_PX, WIDTH_DRAWN_MIN);
  const [top, height] = [box.row * ROW_PX, ROW_PX - GAP_PX];
  context.globalAlpha = look.isFaint ? FAINT : 1;
  context.fillStyle = look.colour;
  context.fillRect(box.x, top, width, height);
  if (look.isHatched) hatch(surface, box.x, top, width, height);
  context.globalAlpha = look.isFaint ? FAINT_TEXT : 1;
  const text = fittingText(look.names, width - 2 * TEXT_INSET_PX, characterPx);
  context.fillStyle = surface.inkColour;
  const roomPx = width - 2 * TEXT_INSET_PX;
  if (text !== "") context.fillText(text, box.x + TEXT_INSET_PX, top + height / 2 + 1, roomPx);
  context.globalAlpha = 1;
}

/** Narrower than half a pixel would look like nothing. */
const WIDTH_DRAWN_MIN = 0.5;
const FAINT = 0.25;
const FAINT_TEXT = 0.6;
const HATCH_PX = 6;

function hatch(surface: Surface, x: number, y: number, width: number, height: number): void {
  const { context } = surface;
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = surface.inkColour;
  context.globalAlpha = 0.25;
  context.beginPath();
  for (let at = x - height; at < x + width; at += HATCH_PX) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
}

function paintFocus(surface: Surface, box: Box): void {
  const { context } = surface;
  context.strokeStyle = surface.focusColour;
  context.lineWidth = 2;
  context.strokeRect(box.x + 1, box.row * ROW_PX + 1, Math.max(box.width - 3, 1), ROW_PX - 3);
}
