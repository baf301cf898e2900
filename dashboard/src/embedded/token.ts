/**
 * The token of an application's page: any text, from the fragment of the address, kept for this tab.
 */

const KEY = "ghost.page.token";

/** Takes the token out of the address. Called before anything is asked. */
export function takeToken(): void {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given === null) return;
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", location.pathname);
}

/** What requests for data carry. */
export function authorization(): Record<string, string> {
  const token = sessionStorage.getItem(KEY);
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}
