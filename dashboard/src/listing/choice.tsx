/**
 * A choice among few that narrows a list, kept in the address.
 */

import { choose, route } from "../router/route";

interface ChoiceProperties {
  readonly label: string;
  readonly parameter: string;
  /** What is written for "whichever". */
  readonly all: string;
  readonly options: readonly (string | readonly [value: string, text: string])[];
}

/** The choice. */
export function Choice({ label, parameter, all, options }: ChoiceProperties) {
  return (
    <select
      class="select"
      aria-label={label}
      value={route.value.parameters[parameter] ?? ""}
      onChange={(event) => choose({ [parameter]: event.currentTarget.value, offset: null, at: null })}
    >
      <option value="">{all}</option>
      {options.map((option) => {
        const [value, text] = typeof option === "string" ? [option, option] : option;
        return (
          <option key={value} value={value}>
            {text}
          </option>
        );
      })}
    </select>
  );
}
