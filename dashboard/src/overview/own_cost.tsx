/**
 * What observing costs the program, as far as the session knows.
 */

import { duration } from "../design/number";
import type { Overview } from "./overview_data";

/** A sentence. */
export function OwnCost({ cost }: { cost: Overview["own_cost"] }) {
  const parts: string[] = [];
  if (cost.observing_ns_per_call !== null) parts.push(`${cost.observing_ns_per_call.toFixed(0)} ns per call`);
  if (cost.total_ns !== null && cost.total_ns !== undefined) parts.push(`${duration(cost.total_ns)} in all`);
  if (cost.share !== null) parts.push(`${shareText(cost.share)} of the time it ran`);
  if (parts.length === 0) return null;
  return <p class="note">Observing cost the program {parts.join(", ")}.</p>;
}

function shareText(share: number): string {
  const percent = share * 100;
  return percent < 0.1 ? "<0.1%" : `${percent.toFixed(1)}%`;
}
