/**
 * The picture: a canvas with a row per level, which mouse and keyboard zoom, and a line that tells what is under them.
 *
 * Draws what it is given. Fetching, comparing and the address are the page's.
 */

import "./flame.css";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Box, boxAt, boxesOf } from "./boxes";
import type { Measure } from "./call_node";
import { colourReader, surfaceOf, useThemeVersion, useWidth } from "./canvas_surface";
import { changeOf, sharesOf, type Wholes } from "./comparison";
import { detailsOf, frameName, spoken } from "./description";
import type { Frame } from "./frames";
import { type BoxLook, paint, ROW_PX } from "./painting";
import { changeColour, moduleColour } from "./palette";
import { type Found, nextMatch } from "./search";
import { isStepKey, step } from "./steps";

/** What the picture shows, and what it tells. */
export interface FlameChartProperties {
  readonly frames: readonly Frame[];
  readonly wholes: Wholes;
  readonly measure: Measure;
  readonly zoomed: Frame;
  readonly found: Found;
  readonly isSearching: boolean;
  readonly isCompared: boolean;
  readonly onZoom: (frame: Frame) => void;
  readonly onOpen: (frame: Frame) => void;
}

const KEYS = "Arrow keys move, Enter zooms in, Escape zooms out, o opens the function.";

/** The picture and the line below it. */
export function FlameChart(properties: FlameChartProperties) {
  const { frames, zoomed, measure, wholes } = properties;
  const holder = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(holder);
  const theme = useThemeVersion();
  const [focusPlace, setFocusPlace] = useState<number | null>(null);
  const [hovered, setHovered] = useState<Frame | null>(null);
  const rows = useMemo(() => boxesOf(frames, zoomed, width), [frames, zoomed, width]);
  const focused = frames.find((frame) => frame.place === focusPlace) ?? zoomed;

  useEffect(() => {
    const surface = canvas.current && surfaceOf(canvas.current, width, rows.length * ROW_PX);
    if (surface === null || canvas.current === null) return;
    const look = looks(properties, colourReader(canvas.current));
    paint(surface, rows, look, focusPlace === null ? null : focused.index);
  }, [rows, width, theme, focusPlace, properties.found, properties.isSearching, properties.isCompared]);

  const hit = (event: MouseEvent) => boxAt(rows, event.offsetX, Math.floor(event.offsetY / ROW_PX))?.frame ?? null;
  const onKeyDown = (event: KeyboardEvent) => {
    const to = keyTarget(properties, rows, focused, event);
    if (to === null) return;
    event.preventDefault();
    setFocusPlace(to.place);
    setHovered(null);
  };
  const told = hovered ?? focused;
  return (
    <div class="flame" ref={holder}>
      <div
        class={hovered === null ? "flame-picture" : "flame-picture is-over"}
        // Arrow keys belong to the picture while it has the focus.
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes the keyboard.
        tabIndex={0}
        aria-roledescription="flame graph"
        aria-label={`Flame graph, ${frames.length} places. ${KEYS}`}
        onMouseMove={(event) => setHovered(hit(event))}
        onMouseLeave={() => setHovered(null)}
        onClick={(event) => {
          const frame = hit(event);
          if (frame === null) return;
          setFocusPlace(frame.place);
          properties.onZoom(frame);
        }}
        onFocus={() => setFocusPlace((place) => place ?? zoomed.place)}
        onKeyDown={onKeyDown}
      >
        <canvas ref={canvas} />
      </div>
      <FrameLine frame={told} measure={measure} wholes={wholes} />
      <p class="visually-hidden" aria-live="polite">
        {focusPlace === null ? "" : spoken(focused, measure, wholes)}
      </p>
    </div>
  );
}

function looks(properties: FlameChartProperties, colour: (name: string) => string): (box: Box) => BoxLook {
  const { found, isSearching, isCompared, measure, wholes } = properties;
  return ({ frame }) => {
    const name = isCompared ? changeColour(changeOf(sharesOf(frame.node, measure, wholes))) : moduleColour(frame.node);
    const full = frameName(frame.node, frame.parent < 0);
    return {
      colour: colour(isSearching && found.indexes.has(frame.index) ? "--flame-found" : name),
      names: [full, frame.node.name, shortNameOf(full)],
      isFaint: isSearching && !found.indexes.has(frame.index),
      isHatched: frame.node.is_gone === true,
    };
  };
}

function shortNameOf(name: string): string {
  return name.replace(/:\d+$/, "").replace(/^.*:/, "");
}

/** Where the key leads the focus; null if it means nothing here. */
function keyTarget(
  { found, frames, zoomed, onZoom, onOpen }: FlameChartProperties,
  rows: readonly Box[][],
  focused: Frame,
  event: KeyboardEvent,
): Frame | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (isStepKey(event.key)) return step(rows, focused, event.key);
  switch (event.key) {
    case "Enter":
    case " ":
      onZoom(focused);
      return focused;
    case "Escape":
    case "Backspace": {
      const above = frames[zoomed.parent];
      if (above !== undefined) onZoom(above);
      return above === undefined ? null : zoomed;
    }
    case "o":
      onOpen(focused);
      return focused;
    case "n":
    case "N": {
      const index = nextMatch(found, focused.index, event.key === "n" ? 1 : -1);
      return index === undefined ? null : (frames[index] ?? null);
    }
    default:
      return null;
  }
}

function FrameLine({ frame, measure, wholes }: { frame: Frame; measure: Measure; wholes: Wholes }) {
  return (
    <div class="flame-line">
      <span class="flame-line-name">{frameName(frame.node, frame.parent < 0)}</span>
      {detailsOf(frame, measure, wholes).map(({ label, text }) => (
        <span class="flame-line-detail" key={label}>
          <span class="flame-line-label">{label}</span> {text}
        </span>
      ))}
    </div>
  );
}
