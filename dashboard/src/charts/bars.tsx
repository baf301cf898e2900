/**
 * Shares of a whole, as bars with their label and count.
 */

import type { ComponentChildren } from "preact";
import { percentage, thousands } from "../design/number";
import "./bars.css";

/** One of them. */
export interface Bar {
  readonly label: ComponentChildren;
  readonly count: number;
}

/** The bars, in the order given. */
export function Bars({ bars, whole }: { bars: readonly Bar[]; whole: number }) {
  return (
    <ul class="bars">
      {bars.map(({ label, count }, index) => (
        // Labels may be links, and may be equal: the place is what tells bars apart.
        <li key={index}>
          <span class="bars-fill" style={{ width: `${whole === 0 ? 0 : (count / whole) * 100}%` }} aria-hidden="true" />
          <span class="bars-label code">{label}</span>
          <span class="number">{thousands(count)}</span>
          <span class="number note bars-share">{percentage(count, whole)}</span>
        </li>
      ))}
    </ul>
  );
}
