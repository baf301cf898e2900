/**
 * Two or three ways to look at something, kept in the address.
 */

import { choose, route } from "../router/route";

interface SwitchProperties {
  readonly label: string;
  readonly parameter: string;
  /** What is in the address, and what is written; the first is the default. */
  readonly options: readonly (readonly [value: string, text: string])[];
}

/** The switch. */
export function Switch({ label, parameter, options }: SwitchProperties) {
  const current = route.value.parameters[parameter] ?? "";
  return (
    <fieldset class="segments" aria-label={label}>
      {options.map(([value, text]) => (
        <button
          type="button"
          key={text}
          class="button"
          aria-pressed={current === value}
          onClick={() => choose({ [parameter]: value })}
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
}
