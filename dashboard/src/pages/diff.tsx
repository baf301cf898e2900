/**
 * Diff: what is new, gone and changed since another session, with how sure it is.
 */

import { Download } from "../design/download";
import { counted, duration, percentage, thousands } from "../design/number";
import { Command, Empty, Failure, Loading } from "../design/states";
import { BaseChoice } from "../diff/base_choice";
import { type ChangeLine, linesOf } from "../diff/change_lines";
import type { Change, Comparison, OneSided, Side } from "../diff/comparison";
import { FilterBox } from "../listing/filter_box";
import { isComputing, useResource } from "../live/resource";
import { sessionPath } from "../live/session";
import { linkTo, route } from "../router/route";

/** The page. */
export function DiffPage() {
  const { base, q = "" } = route.value.parameters;
  const path = base === undefined ? null : sessionPath("diff", { base, limit: LIMIT });
  const { value, problem, isLoading } = useResource<Comparison>(path, "functions");
  const isThere = value !== null && !isComputing(value);
  return (
    <section class="page" aria-busy={isLoading}>
      <header class="page-head">
        <h1>Diff</h1>
        <div class="page-tools">
          <BaseChoice all="compare with…" />
          <FilterBox label="Filter functions" />
          <Download name="diff" value={value} />
        </div>
      </header>
      {problem !== null && <Failure problem={problem} />}
      {base === undefined && <ChooseBase />}
      {path !== null && problem === null && !isThere && <Loading />}
      {isThere && <Sections comparison={value} wanted={q.trim().toLowerCase()} />}
    </section>
  );
}

function ChooseBase() {
  return (
    <Empty>
      <p>Choose the session to compare this one with.</p>
      <p>
        There is none yet? Record the program once more, with a name to find it by:{" "}
        <Command>ghost run --name before-refactor app.py</Command>
      </p>
    </Empty>
  );
}

/** Functions of a section that are asked for, and the filter looks through. */
const LIMIT = 1000;

/** Functions of a section that are shown; the rest is in the download. */
const SHOWN_MAX = 200;

function Sections({ comparison, wanted }: { comparison: Comparison; wanted: string }) {
  const { before, after, traffic_ratio: traffic } = comparison;
  const only = <T extends { readonly fn_key: string }>(list: readonly T[]) =>
    list.filter((one) => one.fn_key.toLowerCase().includes(wanted));
  const [changed, added, removed] = [only(comparison.changed), only(comparison.added), only(comparison.removed)];
  return (
    <>
      <p class="sides">
        <SideName side={before} /> → <SideName side={after} />
        {" · "}
        <a href={linkTo("flame", { base: before.session_id })}>as a flame graph</a>
      </p>
      {traffic !== null && (
        <p class="remark">
          Most functions were called {traffic.toFixed(2)}× as often; only what differs from that is listed by its calls.
        </p>
      )}
      <Changed changes={changed} />
      <OnlyIn title="New" functions={added} />
      <OnlyIn title="Gone" functions={removed} session={before.session_id} />
      <p class="remark">
        {counted(comparison.unchanged_count, "function", "functions")} without a difference that could not be chance.
      </p>
    </>
  );
}

function SideName({ side }: { side: Side }) {
  return (
    <span>
      <a class="code" href={linkTo("overview", { session: side.session_id })}>
        {side.session_id}
      </a>{" "}
      <span class="note">
        {side.script_path}, {counted(side.call_count, "call", "calls")}
      </span>
    </span>
  );
}

function Changed({ changes }: { changes: readonly Change[] }) {
  if (changes.length === 0) return null;
  return (
    <>
      <h2>Changed ({thousands(changes.length)})</h2>
      <div class="table-scroll">
        <table class="table is-top">
          <thead>
            <tr>
              <th scope="col">Function</th>
              <th scope="col">What</th>
              <th scope="col" class="number is-extra">
                Weight
              </th>
            </tr>
          </thead>
          <tbody>
            {changes.slice(0, SHOWN_MAX).map((change) => (
              <ChangedRow key={change.fn_key} change={change} />
            ))}
          </tbody>
        </table>
      </div>
      <Cut count={changes.length} />
    </>
  );
}

function ChangedRow({ change }: { change: Change }) {
  return (
    <tr>
      <td>
        <FunctionLink name={change.fn_key} id={change.function_id} />
      </td>
      <td>
        {linesOf(change).map((line, index) => (
          <Line key={index} line={line} />
        ))}
      </td>
      <td class="number is-extra">{percentage(change.weight, 1)}</td>
    </tr>
  );
}

function Line({ line }: { line: ChangeLine }) {
  return (
    <div class={`change is-${line.verdict}`}>
      <span class="change-label">{line.label}</span>
      <span>
        {line.text}
        {line.evidence !== "" && <div class="note">{line.evidence}</div>}
      </span>
    </div>
  );
}

interface OnlyInProperties {
  readonly title: string;
  readonly functions: readonly OneSided[];
  /** Where they are, if not in the session that is looked at. */
  readonly session?: string;
}

function OnlyIn({ title, functions, session }: OnlyInProperties) {
  if (functions.length === 0) return null;
  return (
    <>
      <h2>
        {title} ({thousands(functions.length)})
      </h2>
      <div class="table-scroll">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Function</th>
              <th scope="col" class="number">
                Calls
              </th>
              <th scope="col" class="number">
                Exceptions
              </th>
              <th scope="col" class="number">
                Mean
              </th>
            </tr>
          </thead>
          <tbody>
            {functions.slice(0, SHOWN_MAX).map((one) => (
              <tr key={one.fn_key}>
                <td>
                  <FunctionLink
                    name={one.fn_key}
                    id={one.function_id}
                    {...(session === undefined ? {} : { session })}
                  />
                </td>
                <td class="number">{thousands(one.call_count)}</td>
                <td class="number">{thousands(one.exception_count)}</td>
                <td class="number">{one.mean_latency_ns === null ? "–" : duration(one.mean_latency_ns)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Cut count={functions.length} />
    </>
  );
}

function Cut({ count }: { count: number }) {
  if (count <= SHOWN_MAX) return null;
  return <p class="remark">{thousands(count - SHOWN_MAX)} more; narrow the list, or take the JSON.</p>;
}

/** To the function in the session that has it. */
function FunctionLink({ name, id, session }: { name: string; id: string; session?: string }) {
  return (
    <a class="code" href={linkTo("functions", { function: id, ...(session === undefined ? {} : { session }) })}>
      {name}
    </a>
  );
}
