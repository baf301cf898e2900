/**
 * Findings as the server sends them, and the pages that say what their detectors do.
 */

import bimodalLatency from "../../../docs/detectors/bimodal_latency.md";
import highExcRate from "../../../docs/detectors/high_exc_rate.md";
import latencyOutlier from "../../../docs/detectors/latency_outlier.md";
import nPlusOne from "../../../docs/detectors/n_plus_one.md";
import neverCalled from "../../../docs/detectors/never_called.md";
import noneReturn from "../../../docs/detectors/none_return.md";
import silentException from "../../../docs/detectors/silent_exception.md";
import typeMismatch from "../../../docs/detectors/type_mismatch.md";
import { type Block, blocksOf } from "../markdown/blocks";

/** How bad it is. */
export type Severity = "low" | "medium" | "high";

/** Where something is. */
export interface Place {
  readonly function_id?: string | null;
  readonly fn_key: string;
  readonly module: string;
  readonly qualname: string;
  readonly file: string;
  readonly line: number;
}

/** One finding. */
export interface Finding extends Place {
  readonly detector: string;
  readonly severity: Severity;
  readonly subject: string;
  readonly messages: readonly string[];
  readonly facts: Readonly<Record<string, unknown>>;
  readonly related: readonly (Place & { readonly note: string })[];
  readonly fingerprint: string;
}

/** From the worst. */
export const SEVERITIES: readonly Severity[] = ["high", "medium", "low"];

const PAGES: Readonly<Record<string, string>> = {
  bimodal_latency: bimodalLatency,
  high_exc_rate: highExcRate,
  latency_outlier: latencyOutlier,
  n_plus_one: nPlusOne,
  never_called: neverCalled,
  none_return: noneReturn,
  silent_exception: silentException,
  type_mismatch: typeMismatch,
};

/** Detectors there are. */
export const DETECTORS = Object.keys(PAGES).sort();

/** What the detector finds and by which numbers it decides, without its cases. */
export function pageOf(detector: string): Block[] {
  const page = PAGES[detector];
  return page === undefined ? [] : blocksOf(page).filter((block) => block.kind !== "heading" || block.level > 1);
}
