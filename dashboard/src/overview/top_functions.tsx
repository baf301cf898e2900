/**
 * The functions that most time was spent in.
 */

import { duration, percentage, thousands } from "../design/number";
import type { FunctionRow } from "../functions/function_row";
import { useResource } from "../live/resource";
import { sessionPath } from "../live/session";
import { linkTo } from "../router/route";

/** As many as fit without scrolling. */
const LIMIT = 10;

/** The card. */
export function TopFunctions() {
  const path = sessionPath("functions", { limit: LIMIT, sort: "-self_ns" });
  const { value } = useResource<{ readonly items: readonly FunctionRow[] }>(path, "functions");
  if (value === null || value.items.length === 0) return null;
  const most = Math.max(1, ...value.items.map(({ self_ns }) => self_ns));
  return (
    <section class="card">
      <div class="card-head">
        <h2>Where time went</h2>
        <a href={linkTo("functions", { sort: "-self_ns" })}>All functions</a>
      </div>
      <table class="table is-bare" aria-label="Functions by their own time">
        <thead>
          <tr>
            <th scope="col">Function</th>
            <th scope="col" class="number">
              Calls
            </th>
            <th scope="col" class="number is-extra">
              p95
            </th>
            <th scope="col" class="number">
              Self
            </th>
            <th scope="col" class="top-bar">
              <span class="visually-hidden">Compared to the first</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {value.items.map((row) => (
            <tr key={row.function_id}>
              <td class="is-cut">
                <a class="code" href={linkTo("functions", { function: row.function_id, sort: "-self_ns" })}>
                  {row.qualname}
                </a>{" "}
                <span class="note">{row.module}</span>
              </td>
              <td class="number">{thousands(row.call_count)}</td>
              <td class="number is-extra">{row.latency_ns_p95 === null ? "–" : duration(row.latency_ns_p95)}</td>
              <td class="number">{duration(row.self_ns)}</td>
              <td class="top-bar">
                <span
                  class="top-bar-fill"
                  title={percentage(row.self_ns, most)}
                  style={{ width: `${(row.self_ns / most) * 100}%` }}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
