/**
 * The token of this server: taken from the link, kept for this tab, gone from the address.
 *
 * It is in the fragment, which a browser never sends, and only ever leaves in a header.
 */

const KEY = "ghost.token";
const FRAGMENT = /^#token=([0-9a-f]{64})$/;

/** Whether a fragment is a link's token and no place of the dashboard. */
export function isTokenFragment(fragment: string): boolean {
  return FRAGMENT.test(fragment);
}

/** Takes the token out of the address. Called before anything is shown. */
export function takeToken(): void {
  const match = FRAGMENT.exec(location.hash);
  if (match?.[1] === undefined) return;
  sessionStorage.setItem(KEY, match[1]);
  history.replaceState(null, "", `${location.pathname}#/`);
}

/** The token, if the page was opened by its link. */
export function token(): string | null {
  return sessionStorage.getItem(KEY);
}
