/**
 * What stands where nothing can be shown: because it is not there yet, is not there, or could not be read.
 *
 * Each says what to do.
 */

import type { ComponentChildren } from "preact";
import type { Problem } from "../api/client";

/** Not there yet. */
export function Loading() {
  return (
    <p class="state" role="status">
      Reading the session…
    </p>
  );
}

/** Nothing to show, and how to get something. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="state">{children}</div>;
}

/** The server could not, in its own words. */
export function Failure({ problem }: { problem: Problem }) {
  return (
    <div class="state is-failure" role="alert">
      <p>{problem.message}</p>
      {problem.hint !== null && <p class="hint">{problem.hint}</p>}
    </div>
  );
}

/** A command to copy. */
export function Command({ children }: { children: string }) {
  return <code class="command">{children}</code>;
}
