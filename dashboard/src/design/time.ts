/**
 * Moments, in the time of whoever looks.
 */

const NS_PER_MS = 1_000_000;

/** `2026-11-20 18:46:22.393`. */
export function moment(unixNs: number): string {
  const at = new Date(unixNs / NS_PER_MS);
  if (Number.isNaN(at.getTime())) return "–";
  const two = (number: number) => number.toString().padStart(2, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
  return `${day} ${time}.${at.getMilliseconds().toString().padStart(3, "0")}`;
}

/** `18:46:22`, the time of day alone. */
export function clockTime(unixNs: number): string {
  return moment(unixNs).slice(11, 19);
}
