/**
 * Tells the server that the dashboard was opened, and that it is being closed.
 *
 * Whether anything leaves the machine is the server's decision; by default nothing does. Failures are silent.
 */

import { authorized } from "../api/client";

const MS_PER_MINUTE = 60_000;

/** Reports both events. */
export function reportUse(): void {
  const openedAt = performance.now();
  report({ event: "session_start" });
  addEventListener("beforeunload", () => {
    const minutes = Math.round((performance.now() - openedAt) / MS_PER_MINUTE);
    report({ event: "session_end", session_duration_min: minutes });
  });
}

function report(event: { event: string; session_duration_min?: number }): void {
  const headers = authorized();
  headers.set("Content-Type", "application/json");
  // The page may be gone before the answer is here.
  const options = { method: "POST", headers, body: JSON.stringify(event), keepalive: true };
  fetch("/api/v1/telemetry", options).catch(() => undefined);
}
