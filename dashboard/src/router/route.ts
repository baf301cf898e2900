/**
 * Where one is: the page and everything one has chosen on it, all in the fragment of the address.
 *
 * `#/functions?q=order&sort=-call_count`. Nothing is remembered anywhere else, so every view can be linked to.
 */

import { signal } from "@preact/signals";
import { isTokenFragment } from "../api/token";

/** Page and parameters. */
export interface Route {
  readonly page: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The current one. */
export const route = signal<Route>({ page: "", parameters: {} });

/** Follows the address from here on. */
export function startRouter(): void {
  const follow = () => {
    // The link of a server that was started again, opened in a tab of the former one.
    if (isTokenFragment(location.hash)) location.reload();
    else route.value = parseRoute(location.hash);
  };
  addEventListener("hashchange", follow);
  follow();
}

/** A fragment as a route. */
export function parseRoute(fragment: string): Route {
  const [path = "", query = ""] = fragment.replace(/^#\/?/, "").split("?", 2);
  return { page: decode(path), parameters: Object.fromEntries(new URLSearchParams(query)) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** Chosen values; those that are absent or empty stand for the default and do not show. */
export type Parameters = Readonly<Record<string, string | number | null | undefined>>;

/** A route as a fragment, for links. */
export function fragmentOf(page: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return `#/${encodeURIComponent(page)}${text === "" ? "" : `?${text}`}`;
}

/** What stays the same wherever one goes. */
const LASTING = ["session"];

/** A link to another page of the same session. */
export function linkTo(page: string, parameters: Parameters = {}): string {
  const lasting = LASTING.map((name) => [name, route.value.parameters[name]]);
  return fragmentOf(page, { ...Object.fromEntries(lasting), ...parameters });
}

/** Changes parameters of this page. `"replace"` leaves no trace in the history: for what is typed. */
export function choose(parameters: Parameters, how: "push" | "replace" = "push"): void {
  const fragment = fragmentOf(route.value.page, { ...route.value.parameters, ...parameters });
  if (fragment === location.hash) return;
  if (how === "push") history.pushState(null, "", fragment);
  else history.replaceState(null, "", fragment);
  route.value = parseRoute(fragment);
}
