/**
 * Four numbers, the last minute, and the latest errors.
 */

import { duration } from "../design/number";
import { clockTime } from "../design/time";
import { Tile } from "../overview/tile";
import "../overview/overview.css";
import "./statistics_page.css";
import { errors, type Metrics, metrics, problem, type RequestError } from "./statistics";

const NS_PER_MS = 1_000_000;

/** The page. */
export function StatisticsPage() {
  return (
    <main class="page statistics">
      <header class="page-head">
        <h1>Ghostglass</h1>
        <p class={problem.value === null ? "note" : "is-bad"} role="status">
          {problem.value ?? (metrics.value === null ? "Reading…" : "live")}
        </p>
      </header>
      {metrics.value !== null && <Numbers of={metrics.value} />}
      <Errors of={errors.value} />
      <p class="note">Requests of the last fifteen minutes, of all workers. Names and numbers only, never values.</p>
    </main>
  );
}

function Numbers({ of: { rps, error_pct, p50, p95, spark } }: { of: Metrics }) {
  const now = Math.floor(Date.now() / 1000);
  const times = spark.map((_, index) => now - spark.length + 1 + index);
  const course = { times, line: { label: "Requests", colour: "--series-1", values: spark, isFilled: true } } as const;
  const latency = (ms: number | null) => (ms === null ? "–" : duration(ms * NS_PER_MS));
  return (
    <div class="tiles">
      <Tile
        title="Requests per second"
        value={rps >= 99.95 ? rps.toFixed(0) : rps.toFixed(2)}
        span="the last minute"
        {...(spark.length > 0 ? { course } : {})}
      />
      <Tile
        title="Errors"
        value={`${error_pct.toFixed(error_pct > 0 && error_pct < 10 ? 2 : 0)}%`}
        isBad={error_pct > 0}
      />
      <Tile title="Median (p50)" value={latency(p50)} />
      <Tile title="p95" value={latency(p95)} />
    </div>
  );
}

function Errors({ of: failed }: { of: readonly RequestError[] }) {
  return (
    <section class="card">
      <h2>Latest errors</h2>
      {failed.length === 0 ? (
        <p class="note">No request has failed.</p>
      ) : (
        <ul class="error-list">
          {failed.map((error, index) => (
            <li key={index}>
              <span class="number note">{error.ts_ns === null ? "" : clockTime(error.ts_ns)}</span>
              <span class="error-what">
                <span class="code">{[error.method, error.route].filter((part) => part !== null).join(" ")}</span>{" "}
                {error.status !== null && <span class="badge is-bad">{error.status}</span>}{" "}
                {error.exception_type !== null && <span class="code is-bad">{error.exception_type}</span>}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
