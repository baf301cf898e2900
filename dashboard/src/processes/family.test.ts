/** Every process is listed once, below its parent. */

import { describe, expect, it } from "vitest";
import { inFamilyOrder, type ProcessRow } from "./family";

const process = (pid: number, parent_pid: number, start_unix_ns = pid): ProcessRow => ({
  pid,
  parent_pid,
  start_unix_ns,
  python_version: "3.13.0",
  state: "finished",
});
const shown = (rows: readonly ProcessRow[]) => inFamilyOrder(rows).map(({ row, depth }) => [row.pid, depth]);

describe("a family", () => {
  it("has children below their parents", () => {
    const rows = [process(4, 2), process(3, 1), process(1, 0), process(2, 1)];
    expect(shown(rows)).toEqual([
      [1, 0],
      [2, 1],
      [4, 2],
      [3, 1],
    ]);
  });

  it("may have several images of one process", () => {
    const rows = [process(1, 0, 1), process(1, 0, 5), process(2, 1, 7)];
    expect(shown(rows)).toEqual([
      [1, 0],
      [1, 0],
      [2, 1],
    ]);
  });

  it("lists each once, whatever the numbers claim", () => {
    const rows = [process(1, 2), process(2, 1), process(3, 3)];
    expect(
      shown(rows)
        .map(([pid]) => pid)
        .sort(),
    ).toEqual([1, 2, 3]);
  });
});
