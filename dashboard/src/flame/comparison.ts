/**
 * Two call trees as one, and how much a place has changed.
 *
 * Places are the same if the names down to them are; lines may move. Sessions of different length are made
 * comparable by what each place is of its whole session. Whether a change means anything is not said here:
 * that is the Diff page, which tests it.
 */

import { type CallNode, keyOf, type Measure, type Totals } from "./call_node";

/** The tree of `after`, with what `before` had at each place, and with what only that had. */
export function joined(before: CallNode, after: CallNode): CallNode {
  return join(before, after);
}

function join(before: CallNode | undefined, after: CallNode | undefined): CallNode {
  const shown = (after ?? before) as CallNode;
  const children = pairs(before?.children ?? [], after?.children ?? []);
  return {
    ...shown,
    ...(after === undefined ? NO_TOTALS : {}),
    before: before === undefined ? null : totalsOf(before),
    is_gone: after === undefined,
    elided_count: after?.elided_count ?? 0,
    children: children.map(([old, current]) => join(old, current)),
  };
}

const NO_TOTALS: Totals = { call_count: 0, total_ns: 0, self_ns: 0 };

type Pair = [CallNode | undefined, CallNode | undefined];

function pairs(before: readonly CallNode[], after: readonly CallNode[]): Pair[] {
  const olds = new Map<string, CallNode[]>();
  for (const node of before) {
    const key = keyOf(node);
    olds.set(key, [...(olds.get(key) ?? []), node]);
  }
  // Several of one name, as lambdas are, are matched in their order.
  const matched = after.map((node): Pair => [olds.get(keyOf(node))?.shift(), node]);
  const gone = [...olds.values()].flat().map((node): Pair => [node, undefined]);
  return [...matched, ...gone];
}

function totalsOf(node: CallNode): Totals {
  return { call_count: node.call_count, total_ns: node.total_ns, self_ns: node.self_ns };
}

/** All of each session. */
export interface Wholes {
  readonly after: number;
  readonly before: number;
}

/** What there is to have a share of. */
export function wholesOf(root: CallNode, measure: Measure): Wholes {
  const after = wholeOf(root, (node) => (measure === "time" ? node.total_ns : node.call_count), measure);
  const old = (node: CallNode) => (measure === "time" ? node.before?.total_ns : node.before?.call_count) ?? 0;
  return { after, before: wholeOf(root, old, measure) };
}

function wholeOf(node: CallNode, value: (node: CallNode) => number, measure: Measure): number {
  const below = node.children.reduce((sum, child) => sum + wholeOf(child, value, measure), 0);
  return measure === "calls" ? value(node) + below : Math.max(value(node), below);
}

/** What a place is of its session, then and now. */
export interface Shares {
  readonly after: number;
  /** Null where nothing is compared. */
  readonly before: number | null;
}

/** What the node has of the measure, as shares of the whole of each session. */
export function sharesOf(node: CallNode, measure: Measure, wholes: Wholes): Shares {
  const value = (totals: Totals) => (measure === "time" ? totals.total_ns : totals.call_count);
  const share = (part: number, whole: number) => (whole > 0 ? part / whole : 0);
  const before = node.before === null ? 0 : node.before && share(value(node.before), wholes.before);
  return { after: share(value(node), wholes.after), before: before ?? null };
}

/** A change this large, as a factor, has the strongest colour. */
const FACTOR_MAX = 4;

/** What changed by less than this part of the whole session has none. */
const SHARE_MIN = 0.0005;

/** From -1 (less, or gone) over 0 (the same) to 1 (more, or new). */
export function changeOf(shares: Shares): number {
  if (shares.before === null) return 0;
  if (Math.abs(shares.after - shares.before) < SHARE_MIN) return 0;
  if (shares.before === 0) return 1;
  if (shares.after === 0) return -1;
  const factor = Math.log(shares.after / shares.before) / Math.log(FACTOR_MAX);
  return Math.max(-1, Math.min(1, factor));
}
