/**
 * The tree as a table that opens and closes: what the picture shows, for those who read it.
 */

import "../tree/tree.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { duration, percentage, thousands } from "../design/number";
import { stepOf, toggled } from "../tree/steps";
import type { Measure } from "./call_node";
import { sharesOf, type Wholes } from "./comparison";
import { changeText, frameName } from "./description";
import { type Frame, placeText } from "./frames";
import { openedAtFirst, TABLE_LINES_MAX, type TableLine, tableLinesOf } from "./table_lines";

/** What the table shows, and what it tells. */
export interface FlameTableProperties {
  readonly frames: readonly Frame[];
  readonly wholes: Wholes;
  readonly measure: Measure;
  readonly zoomed: Frame;
  readonly isCompared: boolean;
  readonly onZoom: (frame: Frame) => void;
  readonly onOpen: (frame: Frame) => void;
}

/** The table. */
export function FlameTable(properties: FlameTableProperties) {
  const { frames, zoomed, isCompared } = properties;
  const [opened, setOpened] = useState(() => openedAtFirst(frames, zoomed));
  const [current, setCurrent] = useState(placeText(zoomed));
  const body = useRef<HTMLTableSectionElement>(null);
  const lines = tableLinesOf(frames, zoomed, opened);
  const at = Math.max(
    0,
    lines.findIndex((line) => line.key === current),
  );
  const toggle = (key: string) => setOpened((before) => toggled(before, key));

  useEffect(() => setOpened((before) => new Set([...before, ...openedAtFirst(frames, zoomed)])), [zoomed.place]);

  const go = (to: number) => {
    const line = lines[to];
    if (line === undefined) return;
    setCurrent(line.key);
    (body.current?.rows[to] as HTMLTableRowElement | undefined)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const line = lines[at];
    if (line === undefined) return;
    const step = stepOf(lines, at, event.key);
    if (step?.act === "go") go(step.to);
    else if (step !== null) toggle(step.key);
    else if (event.key === "Enter") properties.onZoom(line.frame);
    else if (event.key === "o") properties.onOpen(line.frame);
    else return;
    event.preventDefault();
  };
  return (
    <div class="table-scroll">
      <table class="table" role="treegrid" aria-label="Call tree" onKeyDown={onKeyDown}>
        <thead>
          <tr>
            <th scope="col">Function</th>
            <th scope="col" class="number">
              {properties.measure === "time" ? "Of time" : "Of calls"}
            </th>
            {isCompared && <th scope="col">Change</th>}
            <th scope="col" class="number">
              Total
            </th>
            <th scope="col" class="number">
              Self
            </th>
            <th scope="col" class="number">
              Calls
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          {lines.map((line, index) => (
            <Line
              key={line.key}
              line={line}
              properties={properties}
              isCurrent={index === at}
              onToggle={() => toggle(line.key)}
              onFocus={() => setCurrent(line.key)}
            />
          ))}
        </tbody>
      </table>
      {lines.length >= TABLE_LINES_MAX && <p class="remark">Only the first {thousands(TABLE_LINES_MAX)} lines.</p>}
    </div>
  );
}

interface LineProperties {
  readonly line: TableLine;
  readonly properties: FlameTableProperties;
  readonly isCurrent: boolean;
  readonly onToggle: () => void;
  readonly onFocus: () => void;
}

function Line({ line, properties, isCurrent, onToggle, onFocus }: LineProperties) {
  const { measure, wholes, isCompared } = properties;
  const { node } = line.frame;
  return (
    <tr
      tabIndex={isCurrent ? 0 : -1}
      aria-level={line.depth + 1}
      aria-posinset={line.position}
      aria-setsize={line.siblingCount}
      aria-expanded={line.hasChildren ? line.isOpen : undefined}
      onFocus={onFocus}
      onDblClick={() => properties.onZoom(line.frame)}
    >
      <td>
        <span class={`indent indent-${Math.min(line.depth, INDENT_MAX)}`} />
        <button
          type="button"
          class={line.hasChildren ? "twist" : "twist is-empty"}
          tabIndex={-1}
          aria-hidden="true"
          onClick={onToggle}
        >
          {line.isOpen ? "▾" : "▸"}
        </button>
        <span class="code">{frameName(node, line.frame.parent < 0)}</span>
      </td>
      <td class="number">{percentage(sharesOf(node, measure, wholes).after, 1)}</td>
      {isCompared && <td>{changeText(node, measure, wholes)}</td>}
      <td class="number">{duration(node.total_ns)}</td>
      <td class="number">{duration(node.self_ns)}</td>
      <td class="number">{thousands(node.call_count)}</td>
    </tr>
  );
}

/** Deeper lines are not moved further to the right: there would be no room for names. */
const INDENT_MAX = 24;
