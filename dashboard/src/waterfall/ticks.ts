/**
 * Round moments for the ruler of a waterfall.
 */

/** Moments from 0 on, in nanoseconds: at most `countMax` steps of 1, 2 or 5 times a power of ten. */
export function ticksOf(lengthNs: number, countMax: number): number[] {
  if (!(lengthNs > 0) || countMax < 1) return [0];
  const rough = lengthNs / countMax;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * (1 - 1e-9));
  const size = step ?? 10 * power;
  return Array.from({ length: Math.floor(lengthNs / size + 1e-9) + 1 }, (_, index) => index * size);
}
