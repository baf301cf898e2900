/**
 * Colours of frames: by the module they are from, or by how much they changed.
 *
 * The colours themselves are in the style sheet, light and dark; here is only which one a frame has.
 */

import type { CallNode } from "./call_node";

/** Hues the style sheet has: `--flame-1` and on. Neighbours can be told apart, also without seeing red. */
export const HUE_COUNT = 8;

/** Steps on each side of "the same": `--less-1` to `--less-4`, `--more-1` to `--more-4`. */
export const CHANGE_STEPS = 4;

/** Name of the style sheet's colour for a function of this session. */
export function moduleColour(node: CallNode): string {
  if (node.function_id === null) return "--flame-none";
  return `--flame-${(hashOf(node.module ?? moduleOf(node.name)) % HUE_COUNT) + 1}`;
}

/** Name of the style sheet's colour for a change from -1 to 1. */
export function changeColour(change: number): string {
  const steps = Math.ceil(Math.abs(change) * CHANGE_STEPS - 1e-9);
  if (steps === 0) return "--flame-same";
  return `${change > 0 ? "--more" : "--less"}-${Math.min(steps, CHANGE_STEPS)}`;
}

/** `shop.orders` of `shop.orders:Order.place:12`; of a name without a module, its class or itself. */
function moduleOf(name: string): string {
  return name.split(/[:.]/, 1)[0] === "" ? name : (name.split(":", 1)[0] as string);
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 4;
}
