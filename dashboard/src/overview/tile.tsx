/**
 * One number that matters, with its course where there is one.
 */

import type { ComponentChildren } from "preact";
import { type Line, TimeChart } from "../charts/time_chart";

interface TileProperties {
  readonly title: string;
  readonly value: string;
  readonly note?: ComponentChildren;
  readonly isBad?: boolean;
  /** How far the course goes back. */
  readonly span?: string;
  readonly course?: { readonly times: readonly number[]; readonly line: Line };
}

/** The tile. */
export function Tile({ title, value, note, isBad, span, course }: TileProperties) {
  return (
    <section class="card tile">
      <h2>{title}</h2>
      <p class={isBad === true ? "tile-value is-bad" : "tile-value"}>{value}</p>
      {note !== undefined && <p class="note">{note}</p>}
      {course !== undefined && (
        <TimeChart
          spoken={`${title} over ${span ?? "the last 15 minutes"}, ${value} at present`}
          times={course.times}
          lines={[course.line]}
          heightPx={36}
          format={String}
          isSparkline
        />
      )}
    </section>
  );
}
