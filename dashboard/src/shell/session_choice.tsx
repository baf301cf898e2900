/**
 * Which session every page shows.
 */

import { SESSIONS } from "../live/changes";
import { useResource } from "../live/resource";
import { sessionName } from "../live/session";
import { fragmentOf, route } from "../router/route";
import { type SessionList, sessionTitle } from "../sessions/session_row";

/** Those offered here; the page of sessions has all. */
const LIMIT = 50;

/** The choice. What was chosen on a page belongs to the session it was chosen in, so only the page itself stays. */
export function SessionChoice() {
  const { value } = useResource<SessionList>(`/sessions?limit=${LIMIT}`, SESSIONS);
  const chosen = sessionName();
  const items = value?.items ?? [];
  const isListed = chosen === "current" || items.some((session) => session.session_id === chosen);
  const go = (session: string) => {
    location.hash = fragmentOf(route.value.page, { session: session === "current" ? null : session });
  };
  return (
    <label class="session-choice">
      <span class="visually-hidden">Session</span>
      <select class="select" value={chosen} onChange={(event) => go(event.currentTarget.value)}>
        <option value="current">Current session</option>
        {!isListed && <option value={chosen}>{chosen}</option>}
        {items.map((session) => (
          <option key={session.session_id} value={session.session_id}>
            {sessionTitle(session)}
          </option>
        ))}
      </select>
    </label>
  );
}
