/**
 * All that is known of one function, beside the list.
 */

import type { ComponentChildren } from "preact";
import { Bars } from "../charts/bars";
import { Download } from "../design/download";
import { counted, duration, percentage, thousands } from "../design/number";
import { Failure, Loading } from "../design/states";
import { useResource } from "../live/resource";
import { sessionPath } from "../live/session";
import { choose, linkTo } from "../router/route";
import { calls, timeOf } from "./columns";
import type { FunctionDetail as Detail, FunctionReference, NamedCount } from "./function_row";
import { LatencyHistogram } from "./latency_histogram";

/** Entries that are shown at once; the rest comes with the download. */
const SHOWN = 12;

/** The pane. */
export function FunctionDetail({ functionId }: { functionId: string }) {
  const path = sessionPath(`functions/${encodeURIComponent(functionId)}`);
  const { value, problem, isLoading } = useResource<Detail>(path, "functions");
  return (
    <aside class="split-detail function-detail" aria-label="Function" aria-busy={isLoading}>
      <button type="button" class="close" aria-label="Close" onClick={() => choose({ function: null })}>
        ×
      </button>
      {problem !== null && <Failure problem={problem} />}
      {value === null && problem === null && <Loading />}
      {value !== null && <Known detail={value} />}
    </aside>
  );
}

function Known({ detail }: { detail: Detail }) {
  return (
    <>
      <header class="function-head">
        <h2 class="code">{detail.qualname}</h2>
        <p class="note">
          {detail.module} · {detail.file}:{detail.line} <span class="badge">{detail.kind}</span>
        </p>
        <p class="function-links">
          <a href={linkTo("flame", { q: detail.qualname })}>In the flame graph</a>
          <a href={linkTo("anomalies", { q: detail.qualname })}>Anomalies</a>
          <Download name={`function-${detail.function_id}`} value={detail} />
        </p>
      </header>
      <Numbers detail={detail} />
      <Part title="How long calls took" isShown={detail.latency_buckets.length > 0}>
        <LatencyHistogram buckets={detail.latency_buckets} />
      </Part>
      <Counts title="Argument types" counts={detail.signatures} />
      <Counts title="Returned" counts={detail.returned_types} />
      <Counts title="Yielded" counts={detail.yielded_types} />
      <Exceptions detail={detail} />
      <Counts title="Handled in it" counts={detail.handled_types} />
      <Edges title="Called by" edges={detail.callers} />
      <Edges title="Calls" edges={detail.callees} />
      {detail.source !== null && (
        <Part title="Source" isShown>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable. */}
          <pre class="code source" tabIndex={0}>
            {detail.source.lines
              .map((line, index) => `${String((detail.source?.first_line ?? 1) + index).padStart(5)}  ${line}`)
              .join("\n")}
          </pre>
        </Part>
      )}
    </>
  );
}

function Numbers({ detail }: { detail: Detail }) {
  const facts: readonly (readonly [string, string])[] = [
    ["Calls", detail.call_count_se > 0 ? `${calls(detail)} ± ${thousands(detail.call_count_se)}` : calls(detail)],
    ["Total", duration(detail.total_ns)],
    ["Self", duration(detail.self_ns)],
    ["Mean", timeOf(detail.latency_ns_mean)],
    ["p50", timeOf(detail.latency_ns_p50)],
    ["p95", timeOf(detail.latency_ns_p95)],
    ["p99", timeOf(detail.latency_ns_p99)],
    ["Max", timeOf(detail.latency_ns_max)],
  ];
  return (
    <dl class="number-grid">
      {facts.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Part({ title, isShown, children }: { title: string; isShown: boolean; children: ComponentChildren }) {
  if (!isShown) return null;
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Counts({ title, counts }: { title: string; counts: readonly NamedCount[] }) {
  return (
    <Part title={title} isShown={counts.length > 0}>
      <Bars bars={counts.slice(0, SHOWN).map(({ name, count }) => ({ label: name, count }))} whole={sumOf(counts)} />
      <More count={counts.length - SHOWN} />
    </Part>
  );
}

function sumOf(counts: readonly NamedCount[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}

function More({ count }: { count: number }) {
  return count > 0 ? <p class="note">and {counted(count, "other", "others")}, in the JSON</p> : null;
}

function Exceptions({ detail }: { detail: Detail }) {
  const { exceptions, call_count, exception_count } = detail;
  return (
    <Part title={`Exceptions, in ${percentage(exception_count, call_count)} of calls`} isShown={exceptions.length > 0}>
      <ul class="plain-list">
        {exceptions.slice(0, SHOWN).map((exception) => (
          <li key={`${exception.exception_type} ${exception.caught_by?.function_id}`}>
            <span class="code is-bad">{exception.exception_type}</span> ×{thousands(exception.count)}{" "}
            {exception.is_swallowed ? (
              <span class="badge is-warning">swallowed</span>
            ) : (
              <span class="badge">got out</span>
            )}
            {exception.caught_by !== null && (
              <>
                {" by "}
                <Reference to={exception.caught_by} />
              </>
            )}
          </li>
        ))}
      </ul>
      <More count={exceptions.length - SHOWN} />
    </Part>
  );
}

function Edges({ title, edges }: { title: string; edges: Detail["callers"] }) {
  const whole = edges.reduce((sum, edge) => sum + edge.call_count, 0);
  const bars = edges.slice(0, SHOWN).map((edge) => ({ label: <Reference to={edge} />, count: edge.call_count }));
  return (
    <Part title={title} isShown={edges.length > 0}>
      <Bars bars={bars} whole={whole} />
      <More count={edges.length - SHOWN} />
    </Part>
  );
}

function Reference({ to }: { to: FunctionReference }) {
  const name = <span title={`${to.module}:${to.line}`}>{to.qualname}</span>;
  if (to.function_id === null) return <span class="code">{name}</span>;
  return (
    <a class="code" href={linkTo("functions", { function: to.function_id })}>
      {name}
    </a>
  );
}
