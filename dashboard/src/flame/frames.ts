/**
 * The call tree as a flat list of frames, each with its place as a share of the whole width.
 *
 * Knows no pixels and no zoom (`boxes.ts`), and never changes the tree. d3-hierarchy would do the
 * same in three kilobytes; this needs weights of its own anyway.
 */

import { type CallNode, keyOf, type Measure } from "./call_node";
import { sharesOf, type Wholes, wholesOf } from "./comparison";

/** One frame of the picture. */
export interface Frame {
  readonly index: number;
  /** Index of the frame above, -1 for the root. */
  readonly parent: number;
  readonly depth: number;
  /** Left edge and width as shares of the root's width. */
  readonly start: number;
  readonly width: number;
  readonly node: CallNode;
  /** Which place this is, in any session: made from the names down to here, 53 bits. */
  readonly place: number;
  /** The first frame after this one that is not below it. */
  readonly end: number;
}

interface Measured {
  readonly node: CallNode;
  readonly weight: number;
  readonly children: readonly Measured[];
}

/**
 * All frames, each before those below it, the heaviest first among siblings. Of two sessions, each counts
 * as much as the other, however long it was.
 */
export function framesOf(root: CallNode, measure: Measure): Frame[] {
  const frames: Frame[] = [];
  const measured = measuredOf(root, measure, wholesOf(root, measure));
  add(frames, measured, { parent: -1, depth: 0, start: 0, width: 1, place: 0 });
  return frames;
}

type Spot = Pick<Frame, "parent" | "depth" | "start" | "width" | "place">;

function add(frames: Frame[], measured: Measured, spot: Spot): void {
  const { node, weight, children } = measured;
  const { parent, depth, start, width } = spot;
  const index = frames.length;
  const place = placeBelow(spot.place, keyOf(node));
  const frame = { index, parent, depth, start, width, node, place, end: index + 1 };
  frames.push(frame);
  let at = start;
  for (const child of children) {
    const part = weight > 0 ? (child.weight / weight) * width : 0;
    add(frames, child, { parent: index, depth: depth + 1, start: at, width: part, place });
    at += part;
  }
  frame.end = frames.length;
}

function measuredOf(node: CallNode, measure: Measure, wholes: Wholes): Measured {
  const children = node.children.map((child) => measuredOf(child, measure, wholes));
  children.sort((a, b) => b.weight - a.weight || compareText(a.node.name, b.node.name));
  const below = children.reduce((sum, child) => sum + child.weight, 0);
  return { node, weight: weightOf(node, measure, wholes, below), children };
}

function weightOf(node: CallNode, measure: Measure, wholes: Wholes, below: number): number {
  const shares = sharesOf(node, measure, wholes);
  const own = Math.max(shares.after, shares.before ?? 0);
  // Threads and tasks run at once: together they can take longer than what they were begun in.
  return measure === "calls" ? own + below : Math.max(own, below);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** FNV-1a twice, as much of it as a number holds: short enough for an address. */
function placeBelow(above: number, name: string): number {
  let low = 0x811c9dc5 ^ (above >>> 0);
  let high = 0x050c5d1f ^ Math.floor(above / TWO_TO_32);
  for (let at = 0; at < name.length; at += 1) {
    low = Math.imul(low ^ name.charCodeAt(at), 0x01000193);
    high = Math.imul(high ^ name.charCodeAt(at), 0x01000197);
  }
  return (high >>> 11) * TWO_TO_32 + (low >>> 0);
}

const TWO_TO_32 = 0x1_0000_0000;

/** A place as it stands in an address. */
export function placeText(frame: Frame): string {
  return frame.place.toString(36);
}

/** The frame of a place in an address, if it is there. */
export function frameAt(frames: readonly Frame[], text: string): Frame | undefined {
  const place = Number.parseInt(text, 36);
  return frames.find((frame) => frame.place === place);
}

/** The frames from the root down to this one. */
export function lineOf(frames: readonly Frame[], frame: Frame): Frame[] {
  const above = frames[frame.parent];
  return above === undefined ? [frame] : [...lineOf(frames, above), frame];
}

/** The frames directly below. */
export function childrenOf(frames: readonly Frame[], frame: Frame): Frame[] {
  const children: Frame[] = [];
  let index = frame.index + 1;
  for (let child = frames[index]; child !== undefined && index < frame.end; child = frames[index]) {
    children.push(child);
    index = child.end;
  }
  return children;
}
