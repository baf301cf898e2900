/**
 * The last requests and queries that failed.
 */

import { duration } from "../design/number";
import { clockTime } from "../design/time";
import { linkTo } from "../router/route";
import type { RecentError } from "./overview_data";

/** The card. */
export function RecentErrors({ errors }: { errors: readonly RecentError[] }) {
  return (
    <section class="card">
      <div class="card-head">
        <h2>Recent errors</h2>
        <a href={linkTo("errors")}>All errors</a>
      </div>
      {errors.length === 0 ? (
        <p class="note">No request and no query has failed.</p>
      ) : (
        <ul class="error-list">
          {errors.map((error, index) => (
            <li key={index}>
              <span class="number note">{clockTime(error.start_unix_ns)}</span>
              <span class="error-what">
                <Name error={error} /> {error.status !== null && <span class="badge is-bad">{error.status}</span>}{" "}
                {error.exception_type !== null && <span class="code is-bad">{error.exception_type}</span>}
              </span>
              <span class="number note">{duration(error.duration_ns)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Name({ error }: { error: RecentError }) {
  const name = [error.method, error.name].filter((part) => part !== null && part !== "").join(" ");
  if (error.trace_id === null) return <span class="code">{name}</span>;
  return (
    <a class="code" href={linkTo("traces", { trace: error.trace_id })}>
      {name}
    </a>
  );
}
