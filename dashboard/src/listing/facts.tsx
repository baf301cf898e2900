/**
 * Names and values beside each other.
 */

import type { ComponentChildren } from "preact";

interface FactsProperties {
  readonly facts: readonly (readonly [string, ComponentChildren])[];
  /** Beside each other instead of below. */
  readonly isInline?: boolean;
}

/** A list of them. */
export function Facts({ facts, isInline = false }: FactsProperties) {
  return (
    <dl class={isInline ? "facts is-inline" : "facts"}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
