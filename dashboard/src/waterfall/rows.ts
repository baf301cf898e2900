/**
 * The lines of a waterfall, from a trace and from what is closed and unfolded in it.
 *
 * Places are shares of the whole time; pixels are the page's.
 */

import type { TreeLine } from "../tree/steps";
import { type Entry, folded, unfolded } from "./folding";
import { endOf, type Gap, type Trace, type TraceNode } from "./trace_node";

/** What was opened and closed by whoever looks. */
export interface Opened {
  /** Keys of entries whose children are hidden. */
  readonly closed: ReadonlySet<string>;
  /** Keys of entries whose members are lines of their own. */
  readonly unfolded: ReadonlySet<string>;
}

/** Where something is, as shares of the whole time. */
export interface Extent {
  readonly start: number;
  readonly width: number;
}

/** One line. */
export interface Row extends TreeLine {
  /** Null in a line for a gap. */
  readonly entry: Entry | null;
  readonly gap: Gap | null;
  /** One piece per member; pieces that touch are one. */
  readonly pieces: readonly Extent[];
  readonly isFoldable: boolean;
  readonly isUnfolded: boolean;
}

/** First and last moment of a trace. */
export interface Span {
  readonly start: number;
  readonly length: number;
}

/** More lines than this are not made: nobody reads them, and the page would become slow. */
export const ROWS_MAX = 3000;

/** From the first begin to the last end. What began in it may end after it. */
export function spanOf(trace: Trace): Span {
  const start = trace.spans.reduce((least, node) => Math.min(least, node.start_unix_ns), Infinity);
  const end = trace.spans.reduce((most, node) => Math.max(most, endOf(node)), -Infinity);
  if (!Number.isFinite(start)) return { start: trace.start_unix_ns, length: Math.max(trace.duration_ns, 1) };
  return { start, length: Math.max(end - start, 1) };
}

/** The lines to be shown, and how many there are no more. */
export function rowsOf(trace: Trace, opened: Opened): { rows: Row[]; cutCount: number } {
  const rows: Row[] = [];
  const span = spanOf(trace);
  for (const entry of folded(trace.spans, "")) addEntry(rows, entry, 0, opened, span);
  return { rows: rows.slice(0, ROWS_MAX), cutCount: Math.max(0, rows.length - ROWS_MAX) };
}

function addEntry(rows: Row[], entry: Entry, depth: number, opened: Opened, span: Span): void {
  const isUnfolded = entry.nodes.length > 1 && opened.unfolded.has(entry.key);
  const children = entry.nodes.flatMap((node) => node.children);
  const row = rowOf(entry, depth, span, children.length > 0 || isUnfolded);
  const isOpen = row.hasChildren && !opened.closed.has(entry.key);
  rows.push({ ...row, isOpen, isUnfolded });
  if (!isOpen) return;
  const below = isUnfolded ? unfolded(entry) : folded(children, entry.key);
  const parts: Part[] = below.map((child) => ({ start: child.start, child }));
  if (!isUnfolded) parts.push(...gapsOf(entry).map((gap) => ({ start: gap.start_unix_ns, gap })));
  parts.sort((a, b) => a.start - b.start);
  parts.forEach((part, position) => {
    if (part.child) addEntry(rows, part.child, depth + 1, opened, span);
    else if (part.gap) rows.push(gapRow(part.gap, `${entry.key}~${position}`, depth + 1, span));
  });
}

function rowOf(entry: Entry, depth: number, span: Span, hasEntries: boolean): Row {
  return {
    key: entry.key,
    depth,
    entry,
    gap: null,
    pieces: piecesOf(entry.nodes, span),
    hasChildren: hasEntries || gapsOf(entry).length > 0,
    isOpen: false,
    isFoldable: entry.nodes.length > 1,
    isUnfolded: false,
  };
}

interface Part {
  readonly start: number;
  readonly child?: Entry;
  readonly gap?: Gap;
}

/** Of several that are folded, gaps would be a mixture. */
function gapsOf(entry: Entry): readonly Gap[] {
  return entry.nodes.length === 1 ? (entry.first.gaps ?? []) : [];
}

function gapRow(gap: Gap, key: string, depth: number, span: Span): Row {
  const pieces = [extentOf(gap.start_unix_ns, gap.duration_ns, span)];
  const closed = { hasChildren: false, isOpen: false, isFoldable: false, isUnfolded: false };
  return { key, depth, entry: null, gap, pieces, ...closed };
}

/** Pieces closer than this share of the whole cannot be told apart. */
const NEAR = 0.001;

function piecesOf(nodes: readonly TraceNode[], span: Span): Extent[] {
  const extents = nodes.map((node) => extentOf(node.start_unix_ns, node.duration_ns, span));
  extents.sort((a, b) => a.start - b.start);
  const pieces: Extent[] = [];
  for (const extent of extents) {
    const last = pieces.at(-1);
    if (last === undefined || extent.start > last.start + last.width + NEAR) pieces.push(extent);
    else pieces[pieces.length - 1] = around(last, extent);
  }
  return pieces;
}

function around(a: Extent, b: Extent): Extent {
  return { start: a.start, width: Math.max(a.start + a.width, b.start + b.width) - a.start };
}

function extentOf(start: number, duration: number, span: Span): Extent {
  const from = Math.max(0, Math.min(1, (start - span.start) / span.length));
  return { start: from, width: Math.min(1 - from, Math.max(0, duration / span.length)) };
}
