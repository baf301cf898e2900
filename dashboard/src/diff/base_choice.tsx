/**
 * The choice of the session to compare with.
 */

import { moment } from "../design/time";
import { Choice } from "../listing/choice";
import { useResource } from "../live/resource";

interface SessionRow {
  readonly session_id: string;
  readonly script_path?: string | null;
  readonly name?: string | null;
  readonly start_unix_ns?: number | null;
}

/** As many as anybody looks through. */
const SESSION_COUNT = 100;

/** The choice; the address keeps it as `base`. */
export function BaseChoice({ all }: { all: string }) {
  const { value } = useResource<{ items: readonly SessionRow[] }>(`/sessions?limit=${SESSION_COUNT}`, "sessions");
  const options = (value?.items ?? []).map((row): [string, string] => [row.session_id, textOf(row)]);
  return <Choice label="Compare with" parameter="base" all={all} options={options} />;
}

function textOf(row: SessionRow): string {
  const began = row.start_unix_ns == null ? row.session_id : moment(row.start_unix_ns).slice(0, 19);
  return [row.name, row.script_path, began].filter((part) => part != null && part !== "").join(" · ");
}
