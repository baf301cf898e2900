/**
 * What stands there for somebody who came without the link, or with that of a former server.
 */

import { isRefused } from "../api/client";
import { Command } from "../design/states";

/** The page. */
export function NoToken() {
  return (
    <main class="page no-token">
      <h1>Ghostglass</h1>
      <div class="state">
        <p>
          {isRefused.value
            ? "This link belongs to a server that has ended."
            : "This page needs the link that the server printed, with its token."}
        </p>
        <p>
          Open the link that <Command>ghost serve</Command> prints, or have it opened:{" "}
          <Command>ghost serve --open</Command>
        </p>
      </div>
    </main>
  );
}
