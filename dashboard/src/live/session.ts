/**
 * Which session is looked at, and addresses of what belongs to it.
 */

import { type Parameters, route } from "../router/route";

/** What the address says; `current` is what the server was started for. */
export function sessionName(): string {
  return route.value.parameters["session"] ?? "current";
}

/** The address of something of this session. */
export function sessionPath(resource: string, parameters: Parameters = {}): string {
  return pathOf(sessionName(), resource, parameters);
}

/** The address of something of any session. */
export function pathOf(session: string, resource: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return `/sessions/${encodeURIComponent(session)}/${resource}${text === "" ? "" : `?${text}`}`;
}
