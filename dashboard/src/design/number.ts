/**
 * Numbers as people read them, written as the command line writes them (`ghost-model`, `number.rs`).
 */

/** `1234567` as `1,234,567`. */
export function thousands(number: number): string {
  return Math.round(number)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 call`, `1,234 calls`. */
export function counted(number: number, singular: string, plural: string): string {
  return `${thousands(number)} ${number === 1 ? singular : plural}`;
}

/** A duration: in three digits below a minute, then in minutes. */
export function duration(ns: number): string {
  if (ns >= 59_950_000_000) return longDuration(Math.floor((ns + 500_000_000) / 1_000_000_000));
  if (ns < 1000) return ns === 0 ? "0" : "<1µs";
  const units: [number, string][] = [
    [1e3, "µs"],
    [1e6, "ms"],
    [1e9, "s"],
  ];
  const [size, unit] = units.find(([size, unit]) => ns / size < 999.5 || unit === "s") ?? [1e9, "s"];
  const amount = ns / size;
  return `${amount.toFixed(amount < 9.995 ? 2 : amount < 99.95 ? 1 : 0)}${unit}`;
}

function longDuration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const two = (number: number) => number.toString().padStart(2, "0");
  if (minutes < 60) return `${minutes}m${two(seconds % 60)}s`;
  return `${thousands(Math.floor(minutes / 60))}h${two(minutes % 60)}m`;
}

/** A share as a percentage that says `0%` and `100%` only where it is exact. */
export function percentage(part: number, whole: number): string {
  if (part === 0 || whole === 0) return "0%";
  if (part >= whole) return "100%";
  const percent = (part / whole) * 100;
  return percent < 0.1 ? "<0.1%" : percent > 99.9 ? ">99.9%" : `${percent.toFixed(1)}%`;
}

const SIZE_UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** A number of bytes: `512 B`, `1.5 KiB`, `12 MiB`. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let amount = bytes / 1024;
  let unit = 0;
  // What would be written as 1024 belongs to the next unit.
  while (amount >= 1023.5 && unit + 1 < SIZE_UNITS.length) {
    amount /= 1024;
    unit += 1;
  }
  return `${amount.toFixed(amount < 9.95 ? 1 : 0)} ${SIZE_UNITS[unit]}`;
}
