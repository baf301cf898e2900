/**
 * A canvas as wide as its parent, as sharp as the screen, in the colours of the style sheet.
 *
 * Knows nothing of frames.
 */

import { useEffect, useState } from "preact/hooks";
import type { Surface } from "./painting";

/** The width an element has, kept up to date. */
export function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observed = element.current;
    if (observed === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(observed.clientWidth));
    observer.observe(observed);
    setWidth(observed.clientWidth);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

/** A number that changes whenever the colours do. */
export function useThemeVersion(): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const changed = () => setVersion((before) => before + 1);
    const query = matchMedia("(prefers-color-scheme: dark)");
    const observer = new MutationObserver(changed);
    observer.observe(document.documentElement, { attributes: true });
    query.addEventListener("change", changed);
    return () => {
      observer.disconnect();
      query.removeEventListener("change", changed);
    };
  }, []);
  return version;
}

/** Makes the canvas this large; null where there is nothing to draw on. */
export function surfaceOf(canvas: HTMLCanvasElement, widthPx: number, heightPx: number): Surface | null {
  const context = canvas.getContext("2d");
  if (context === null || widthPx === 0) return null;
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(widthPx * scale);
  canvas.height = Math.round(heightPx * scale);
  canvas.style.height = `${heightPx}px`;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const colour = colourReader(canvas);
  return {
    context,
    widthPx,
    fontFamily: getComputedStyle(canvas).fontFamily,
    inkColour: colour("--flame-ink"),
    focusColour: colour("--flame-focus"),
  };
}

/** Reads colours of the style sheet by name, each once. */
export function colourReader(element: Element): (name: string) => string {
  const style = getComputedStyle(element);
  const known = new Map<string, string>();
  return (name) => {
    const value = known.get(name) ?? style.getPropertyValue(name).trim();
    known.set(name, value);
    return value;
  };
}
