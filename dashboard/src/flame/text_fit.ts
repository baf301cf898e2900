/**
 * As much of a name as fits into a box.
 *
 * Knows widths only through the function it is given, so it is the same for a canvas and for a test.
 */

/** Boxes narrower than this stay empty: two letters and dots help nobody. */
const CHARACTERS_MIN = 3;

/** The longest of the names that fits, else as much of the last as does, else nothing. */
export function fittingText(names: readonly string[], widthPx: number, characterPx: number): string {
  const room = Math.floor(widthPx / characterPx);
  if (room < CHARACTERS_MIN) return "";
  const whole = names.find((name) => lengthOf(name) <= room);
  return whole ?? `${[...(names.at(-1) ?? "")].slice(0, room - 1).join("")}…`;
}

function lengthOf(text: string): number {
  return [...text].length;
}
