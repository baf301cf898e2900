/**
 * Sessions: choose which one every page shows, or two to compare.
 */

import { Download } from "../design/download";
import { counted, duration, thousands } from "../design/number";
import { Command, Empty, Failure, Loading } from "../design/states";
import { moment } from "../design/time";
import { FilterBox } from "../listing/filter_box";
import { SESSIONS } from "../live/changes";
import { useResource } from "../live/resource";
import { choose, fragmentOf, route } from "../router/route";
import { type SessionList, type SessionRow, sessionTitle } from "../sessions/session_row";
import "../sessions/sessions.css";

/** Sessions of a page. */
const LIMIT = 100;

/** The page. */
export function SessionsPage() {
  const { parameters } = route.value;
  const offset = Math.max(0, Number.parseInt(parameters["offset"] ?? "0", 10) || 0);
  const query = new URLSearchParams({ limit: String(LIMIT), offset: String(offset), q: parameters["q"] ?? "" });
  const { value, problem, isLoading } = useResource<SessionList>(`/sessions?${query}`, SESSIONS);
  const picked = (parameters["picked"] ?? "").split(",").filter((id) => id !== "");
  return (
    <section class="page" aria-busy={isLoading}>
      <header class="page-head">
        <h1>Sessions</h1>
        {value !== null && <p class="page-count">{counted(value.matched_count, "session", "sessions")}</p>}
        <div class="page-tools">
          <Compare picked={picked} items={value?.items ?? []} />
          <FilterBox label="Filter sessions" />
          <Download name="sessions" value={value} />
        </div>
      </header>
      {problem !== null && <Failure problem={problem} />}
      {value === null && problem === null && <Loading />}
      {value !== null && value.items.length === 0 && <Nothing isNarrowed={parameters["q"] !== undefined} />}
      {value !== null && value.items.length > 0 && (
        <>
          <Rows items={value.items} picked={picked} />
          <Steps offset={offset} count={value.matched_count} />
        </>
      )}
    </section>
  );
}

/** Leads to the comparison of the two that are picked: the older one is what the other is compared with. */
function Compare({ picked, items }: { picked: readonly string[]; items: readonly SessionRow[] }) {
  const startOf = (id: string) => items.find((item) => item.session_id === id)?.start_unix_ns ?? 0;
  const [base, session] = [...picked].sort((a, b) => startOf(a) - startOf(b));
  if (picked.length !== 2 || base === undefined || session === undefined) {
    return <span class="note">Pick two to compare</span>;
  }
  return (
    <a class="button" href={fragmentOf("diff", { session, base })}>
      Compare the two
    </a>
  );
}

function Rows({ items, picked }: { items: readonly SessionRow[]; picked: readonly string[] }) {
  const pick = (id: string) => {
    const kept = picked.includes(id) ? picked.filter((other) => other !== id) : [...picked, id].slice(-2);
    choose({ picked: kept.join(",") || null });
  };
  return (
    <div class="table-scroll">
      <table class="table" aria-label="Sessions, the latest first">
        <thead>
          <tr>
            <th scope="col">
              <span class="visually-hidden">Compare</span>
            </th>
            <th scope="col">Session</th>
            <th scope="col">State</th>
            <th scope="col">Started</th>
            <th scope="col" class="number">
              Ran
            </th>
            <th scope="col" class="number">
              Calls
            </th>
            <th scope="col" class="number is-extra">
              Processes
            </th>
            <th scope="col" class="is-extra">
              Note
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <Line key={item.session_id} item={item} isPicked={picked.includes(item.session_id)} onPick={pick} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface LineProperties {
  readonly item: SessionRow;
  readonly isPicked: boolean;
  readonly onPick: (id: string) => void;
}

function Line({ item, isPicked, onPick }: LineProperties) {
  const { session_id, start_unix_ns, end_unix_ns } = item;
  const isReadable = start_unix_ns !== undefined;
  const title = sessionTitle(item);
  const isShown = route.value.parameters["session"] === session_id;
  return (
    <tr class={isPicked || isShown ? "is-chosen" : ""}>
      <td class="pick">
        <input
          type="checkbox"
          checked={isPicked}
          disabled={!isReadable}
          aria-label={`Compare ${title}, ${session_id}`}
          onChange={() => onPick(session_id)}
        />
      </td>
      <td class="session-name">
        {isReadable ? <a href={fragmentOf("overview", { session: session_id })}>{title}</a> : title}{" "}
        <span class="note code">{session_id}</span>
      </td>
      <td>
        <State item={item} />
      </td>
      <td class="when">{isReadable ? moment(start_unix_ns) : "–"}</td>
      <td class="number">
        {isReadable && end_unix_ns !== null && end_unix_ns !== undefined
          ? duration(Math.max(0, end_unix_ns - start_unix_ns))
          : "…"}
      </td>
      <td class="number">{item.call_count === undefined ? "–" : thousands(item.call_count)}</td>
      <td class="number is-extra">{item.process_count === undefined ? "–" : thousands(item.process_count)}</td>
      <td class="is-extra note">{item.note ?? ""}</td>
    </tr>
  );
}

function State({ item }: { item: SessionRow }) {
  const failed = item.exit_code !== null && item.exit_code !== undefined && item.exit_code !== 0;
  const look = item.state === "running" ? "is-good" : item.state !== "finished" ? "is-bad" : failed ? "is-warning" : "";
  return (
    <span class={`badge ${look}`}>
      {item.state}
      {failed && `, exit code ${item.exit_code}`}
    </span>
  );
}

function Steps({ offset, count }: { offset: number; count: number }) {
  if (count <= LIMIT) return null;
  const go = (to: number) => choose({ offset: to || null });
  return (
    <div class="pager">
      <button type="button" class="button" disabled={offset === 0} onClick={() => go(Math.max(0, offset - LIMIT))}>
        Newer
      </button>
      {thousands(offset + 1)}–{thousands(Math.min(count, offset + LIMIT))} of {thousands(count)}
      <button type="button" class="button" disabled={offset + LIMIT >= count} onClick={() => go(offset + LIMIT)}>
        Older
      </button>
    </div>
  );
}

function Nothing({ isNarrowed }: { isNarrowed: boolean }) {
  return (
    <Empty>
      <p>{isNarrowed ? "No sessions match." : "There are no sessions yet."}</p>
      <p>
        Record one: <Command>ghost run app.py</Command>
      </p>
    </Empty>
  );
}
