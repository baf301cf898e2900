/**
 * A frame in words: for the line below the picture, for the table and for screen readers.
 */

import { counted, duration, percentage, thousands } from "../design/number";
import type { CallNode, Measure, Totals } from "./call_node";
import { changeOf, sharesOf, type Wholes } from "./comparison";
import type { Frame } from "./frames";

/** What stands beside a name, each part as label and text. */
export interface Detail {
  readonly label: string;
  readonly text: string;
}

/** What a frame is called; the root stands for the whole program. */
export function frameName(node: CallNode, isRoot: boolean): string {
  if (node.name === "" || (isRoot && node.function_id === null)) return "whole program";
  return node.module == null || node.module === "" ? node.name : `${node.module}:${node.name}`;
}

/** Everything that is known of a frame. */
export function detailsOf(frame: Frame, measure: Measure, wholes: Wholes): Detail[] {
  const { node } = frame;
  const isCompared = node.before !== undefined;
  const details = [
    { label: measure === "time" ? "of the time" : "of the calls", text: shareText(node, measure, wholes) },
    { label: "total", text: both(node, (totals) => duration(totals.total_ns)) },
    { label: "self", text: both(node, (totals) => duration(totals.self_ns)) },
    { label: "calls", text: both(node, (totals) => thousands(totals.call_count)) },
    { label: "per call", text: both(node, perCall) },
  ];
  if (isCompared) details.unshift({ label: "change", text: changeText(node, measure, wholes) });
  if (node.elided_count > 0) {
    details.push({ label: "not shown", text: counted(node.elided_count, "smaller callee", "smaller callees") });
  }
  return details;
}

function both(node: CallNode, text: (totals: Totals) => string): string {
  if (node.before === undefined) return text(node);
  const before = node.before === null ? "–" : text(node.before);
  const after = node.is_gone === true ? "–" : text(node);
  return before === after ? after : `${before} → ${after}`;
}

function perCall(totals: Totals): string {
  return totals.call_count === 0 ? "–" : duration(Math.round(totals.total_ns / totals.call_count));
}

function shareText(node: CallNode, measure: Measure, wholes: Wholes): string {
  const { before, after } = sharesOf(node, measure, wholes);
  const current = percentage(after, 1);
  return before === null ? current : `${percentage(before, 1)} → ${current}`;
}

/** Whether a place is new, gone, more, less or the same. */
export function changeText(node: CallNode, measure: Measure, wholes: Wholes): string {
  if (node.before === null) return "new";
  if (node.is_gone === true) return "gone";
  const change = changeOf(sharesOf(node, measure, wholes));
  return change === 0 ? "same share" : change > 0 ? "larger share" : "smaller share";
}

/** One sentence for a screen reader. */
export function spoken(frame: Frame, measure: Measure, wholes: Wholes): string {
  const details = detailsOf(frame, measure, wholes).map(({ label, text }) => `${label} ${text}`);
  const level = `level ${frame.depth + 1}`;
  return [frameName(frame.node, frame.parent < 0), level, ...details].join(", ");
}
