/**
 * A trace as lines with bars: what happened when, what the end waited for, and where nothing was recorded.
 *
 * Draws what it is given; fetching is the page's.
 */

import "../tree/tree.css";
import "./waterfall.css";
import { useRef, useState } from "preact/hooks";
import { counted, duration } from "../design/number";
import { stepOf, toggled } from "../tree/steps";
import { type Extent, type Row, rowsOf, type Span, spanOf } from "./rows";
import { ticksOf } from "./ticks";
import { nodeName, type Trace, type TraceNode } from "./trace_node";

/** Room for about this many moments above the bars. */
const TICK_COUNT_MAX = 5;

/** What is later has no room for its text. */
const TICK_SHARE_MAX = 0.85;

const NONE: ReadonlySet<string> = new Set();

/** The lines of one trace. */
export function Waterfall({ trace }: { trace: Trace }) {
  const [closed, setClosed] = useState(NONE);
  const [unfolded, setUnfolded] = useState(NONE);
  const [current, setCurrent] = useState<string | null>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const { rows, cutCount } = rowsOf(trace, { closed, unfolded });
  const span = spanOf(trace);
  const at = Math.max(
    0,
    rows.findIndex((row) => row.key === current),
  );
  const unfold = (key: string) => setUnfolded((before) => toggled(before, key));

  const onKeyDown = (event: KeyboardEvent) => {
    const step = stepOf(rows, at, event.key);
    if (step === null) return;
    event.preventDefault();
    if (step.act === "unfold") unfold(step.key);
    else if (step.act !== "go") setClosed((before) => toggled(before, step.key));
    else (body.current?.rows[step.to] as HTMLTableRowElement | undefined)?.focus();
  };
  return (
    <div class="waterfall table-scroll">
      <table class="table waterfall-table" role="treegrid" aria-label={`Trace ${trace.name}`} onKeyDown={onKeyDown}>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col" class="number">
              Time
            </th>
            <th scope="col" class="number">
              Self
            </th>
            <th scope="col" class="waterfall-when">
              <Ruler span={span} />
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row, index) => (
            <Line
              key={row.key}
              row={row}
              isCurrent={index === at}
              onFocus={() => setCurrent(row.key)}
              onToggle={() => setClosed((before) => toggled(before, row.key))}
              onUnfold={() => unfold(row.key)}
            />
          ))}
        </tbody>
      </table>
      {cutCount > 0 && <p class="remark">{counted(cutCount, "more line", "more lines")}; close some to see them.</p>}
    </div>
  );
}

function Ruler({ span }: { span: Span }) {
  const ticks = ticksOf(span.length, TICK_COUNT_MAX).filter((tick) => tick <= span.length * TICK_SHARE_MAX);
  return (
    <div class="ruler">
      <span class="visually-hidden">When</span>
      {ticks.map((tick) => (
        <span class="ruler-tick" aria-hidden="true" key={tick} style={{ left: percent(tick / span.length) }}>
          {duration(tick)}
        </span>
      ))}
    </div>
  );
}

interface LineProperties {
  readonly row: Row;
  readonly isCurrent: boolean;
  readonly onFocus: () => void;
  readonly onToggle: () => void;
  readonly onUnfold: () => void;
}

function Line({ row, isCurrent, onFocus, onToggle, onUnfold }: LineProperties) {
  const { entry, gap } = row;
  const isSelfKnown = entry !== null && row.hasChildren;
  return (
    <tr
      class={entry === null ? "is-gap" : entry.first.is_error === true ? "is-error" : ""}
      tabIndex={isCurrent ? 0 : -1}
      aria-level={row.depth + 1}
      aria-expanded={row.hasChildren ? row.isOpen : undefined}
      onFocus={onFocus}
    >
      <td>
        <div class="waterfall-what">
          <span class={`indent indent-${Math.min(row.depth, INDENT_MAX)}`} />
          <button
            type="button"
            class={row.hasChildren ? "twist" : "twist is-empty"}
            tabIndex={-1}
            aria-hidden="true"
            onClick={onToggle}
          >
            {row.isOpen ? "▾" : "▸"}
          </button>
          {entry === null ? <span>(nothing recorded)</span> : <Name row={row} onUnfold={onUnfold} />}
        </div>
      </td>
      <td class="number">{duration(entry?.durationNs ?? gap?.duration_ns ?? 0)}</td>
      <td class="number">{isSelfKnown ? duration(entry.selfNs) : ""}</td>
      <td class="waterfall-when">
        <div class="bar-track">
          {row.pieces.map((piece) => (
            <span key={piece.start} class={`bar ${barClass(row)}`} style={extentStyle(piece)} />
          ))}
        </div>
      </td>
    </tr>
  );
}

function Name({ row, onUnfold }: { row: Row; onUnfold: () => void }) {
  const { entry } = row;
  if (entry === null) return null;
  const { first, nodes } = entry;
  const name = nodeName(first);
  return (
    <>
      <span class={`kind kind-${first.kind}`}>{KIND_NAMES[first.kind]}</span>
      <span class="code waterfall-name" title={name}>
        {name}
      </span>
      {first.status !== undefined && <span class="note"> → {first.status}</span>}
      {first.is_error === true && <span class="note is-bad"> ✗ {failureOf(first)}</span>}
      {nodes.length > 1 && (
        <button type="button" class="fold" tabIndex={-1} aria-pressed={row.isUnfolded} onClick={onUnfold}>
          ×{nodes.length}
          <span class="visually-hidden">{row.isUnfolded ? ", shown one by one" : ", shown as one"}</span>
        </button>
      )}
      {entry.rowCount !== null && <span class="note"> {counted(entry.rowCount, "row", "rows")}</span>}
      {entry.isCritical && <span class="visually-hidden">, on the critical path</span>}
    </>
  );
}

function failureOf(node: TraceNode): string {
  return node.exception_type ?? (node.is_sampled_call === true ? "raised" : "failed");
}

const KIND_NAMES: Record<TraceNode["kind"], string> = {
  request: "request",
  client: "sent",
  query: "query",
  function: "function",
  event: "event",
};

function barClass(row: Row): string {
  if (row.entry === null) return "is-gap";
  const { first, isCritical } = row.entry;
  return [`bar-${first.kind}`, isCritical ? "is-critical" : "", first.is_error === true ? "is-error" : ""].join(" ");
}

/** Set through the object model, which the content security policy allows; attributes it does not. */
function extentStyle(extent: Extent): { left: string; width: string } {
  return { left: percent(extent.start), width: percent(extent.width) };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)}%`;
}

/** Deeper lines are not moved further to the right: there would be no room for names. */
const INDENT_MAX = 24;
