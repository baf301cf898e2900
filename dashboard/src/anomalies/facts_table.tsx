/**
 * The numbers behind a finding, by name: whatever a detector has, written by what the name says it is.
 */

import { duration, percentage, thousands } from "../design/number";

/** The numbers. */
export function FactsTable({ facts }: { facts: Readonly<Record<string, unknown>> }) {
  const entries = Object.entries(facts);
  if (entries.length === 0) return null;
  return (
    <dl class="facts">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{words(name)}</dt>
          <dd>
            <Fact name={name} value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function words(name: string): string {
  return name.replace(/_ns\b/, "").replaceAll("_", " ");
}

function Fact({ name, value }: { name: string; value: unknown }) {
  if (!Array.isArray(value) && (typeof value !== "object" || value === null)) return <>{factText(name, value)}</>;
  const parts = Array.isArray(value) ? value.map((part): [string, unknown] => ["", part]) : Object.entries(value);
  return (
    <ul class="plain">
      {parts.slice(0, PARTS_MAX).map(([part, inner], index) => (
        <li key={index}>
          {part !== "" && <span class="code">{part}</span>} {partText(name, part, inner)}
        </li>
      ))}
      {parts.length > PARTS_MAX && <li class="note">and {parts.length - PARTS_MAX} more</li>}
    </ul>
  );
}

/** What would not be read anyway is in the download. */
const PARTS_MAX = 12;

function partText(name: string, part: string, value: unknown): string {
  if (typeof value !== "object" || value === null) return factText(part || name, value);
  const parts = Object.entries(value).map(([inner, text]) => `${words(inner)} ${partText(name, inner, text)}`);
  return parts.join(", ");
}

/** A value as its name says: durations end in `_ns`, shares and rates are said to be such. */
export function factText(name: string, value: unknown): string {
  if (typeof value !== "number") return String(value);
  if (/_ns(_|$)/.test(name)) return duration(Math.round(value));
  if (/(^|_)(share|rate|threshold)(_|$)/.test(name) && value >= 0 && value <= 1) return percentage(value, 1);
  return Number.isInteger(value) ? thousands(value) : String(Number(value.toPrecision(3)));
}
