/**
 * The tool's own size, every half minute: what its database and its memory take.
 *
 * Silent on failure and absent on small screens: it must never disturb.
 */

import { useEffect, useState } from "preact/hooks";
import { fetchJson } from "../api/client";

interface Monitor {
  readonly db_size_human: string;
  readonly mem_alloc_human: string;
  readonly goroutines: number;
  readonly uptime_human: string;
}

/** Time between two looks. */
const EVERY_MS = 30_000;

/** The bar. */
export function StatusBar() {
  const [monitor, setMonitor] = useState<Monitor | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    const look = () => {
      if (document.hidden) return;
      fetchJson<Monitor>("/monitor", abort.signal).then(setMonitor, () => setMonitor(null));
    };
    look();
    const timer = setInterval(look, EVERY_MS);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, []);
  return (
    <footer class="status-bar">
      {monitor !== null && (
        <span class="status-monitor" title={tooltip(monitor)}>
          {monitor.db_size_human} / {monitor.mem_alloc_human}
        </span>
      )}
    </footer>
  );
}

function tooltip(monitor: Monitor): string {
  const parts = [
    `DB: ${monitor.db_size_human}`,
    `Mem: ${monitor.mem_alloc_human}`,
    `Goroutines: ${monitor.goroutines}`,
    `Uptime: ${monitor.uptime_human}`,
  ];
  return parts.join(" | ");
}
