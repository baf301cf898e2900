/**
 * Lines over time, drawn by uPlot in the colours of the style sheet.
 *
 * Whoever cannot see it is told the sentence it is given.
 */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clockTime } from "../design/time";
import { shownTheme } from "../shell/theme";
import "./time_chart.css";

/** One line. */
export interface Line {
  readonly label: string;
  /** A colour of the style sheet. */
  readonly colour: "--series-1" | "--series-2" | "--series-3" | "--series-4";
  /** Null where nothing is known. */
  readonly values: readonly (number | null)[];
  readonly isFilled?: boolean;
}

interface TimeChartProperties {
  /** What the lines say, in words. */
  readonly spoken: string;
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly heightPx: number;
  readonly format: (value: number) => string;
  /** Without axes: a line in a tile. */
  readonly isSparkline?: boolean;
}

/** The chart, as wide as there is room. */
export function TimeChart(properties: TimeChartProperties) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const theme = shownTheme.value;
  const { times, lines, heightPx } = properties;
  useEffect(() => {
    const element = holder.current;
    if (element === null) return undefined;
    const made = new uPlot(options(properties, element), dataOf(properties), element);
    plot.current = made;
    const fit = () => made.setSize({ width: Math.max(40, element.clientWidth), height: heightPx });
    const observer = new ResizeObserver(fit);
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [theme, heightPx, lines.map(({ label }) => label).join()]);
  useEffect(() => plot.current?.setData(dataOf(properties)), [times, lines]);
  return <div class="time-chart" ref={holder} role="img" aria-label={properties.spoken} />;
}

function dataOf({ times, lines }: TimeChartProperties): uPlot.AlignedData {
  return [times as number[], ...lines.map(({ values }) => values as (number | null)[])];
}

/** Hours and minutes; seconds too where minutes would be equal. */
function times(_: uPlot, splits: number[], __: number, ___: number, stepS: number): string[] {
  return splits.map((second) => clockTime(second * 1e9).slice(0, stepS < 60 ? 8 : 5));
}

function options(properties: TimeChartProperties, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const font = `11px ${style.fontFamily}`;
  const grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: colour("--ink-muted"), font, grid, ticks: { show: false } };
  const isSparkline = properties.isSparkline === true;
  return {
    width: Math.max(40, element.clientWidth),
    height: properties.heightPx,
    padding: isSparkline ? [2, 0, 2, 0] : [8, 24, 0, 0],
    legend: { show: !isSparkline, live: true },
    cursor: isSparkline ? { show: false } : { drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
    axes: isSparkline
      ? [{ show: false }, { show: false }]
      : [
          { ...axis, values: times, space: 70, size: 26 },
          { ...axis, size: 58, values: (_, values) => values.map(properties.format) },
        ],
    series: [
      { label: "Time", value: "{HH}:{mm}:{ss}" },
      ...properties.lines.map((line) => ({
        label: line.label,
        stroke: colour(line.colour),
        ...(line.isFilled === true ? { fill: `color-mix(in srgb, ${colour(line.colour)} 16%, transparent)` } : {}),
        width: 1.5,
        spanGaps: false,
        points: { show: false },
        value: (_: uPlot, value: number | null) => (value === null ? "–" : properties.format(value)),
      })),
    ],
  };
}
