/** Which rows are on screen, and where keys lead. */

import { describe, expect, it } from "vitest";
import { pagesOf, rowAfter, scrolledTo, visibleRows } from "./row_window";

describe("visible rows", () => {
  it("never leave the list", () => {
    for (const count of [0, 1, 5, 100_000]) {
      for (const scroll of [-50, 0, 17, 29_999, 3_000_000]) {
        const { start, end } = visibleRows(scroll, 600, 30, count);
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThanOrEqual(start);
        expect(end).toBeLessThanOrEqual(count);
        expect(end - start).toBeLessThanOrEqual(20 + 1 + 2 * 12);
      }
    }
  });

  it("are those under the window", () => {
    expect(visibleRows(30_000, 600, 30, 100_000)).toEqual({ start: 988, end: 1032 });
  });
});

describe("pages", () => {
  it("cover the rows", () => {
    expect(pagesOf({ start: 0, end: 0 }, 100)).toEqual([0]);
    expect(pagesOf({ start: 99, end: 100 }, 100)).toEqual([0]);
    expect(pagesOf({ start: 99, end: 101 }, 100)).toEqual([0, 1]);
    expect(pagesOf({ start: 250, end: 420 }, 100)).toEqual([2, 3, 4]);
  });
});

describe("keys", () => {
  it("stay in the list", () => {
    expect(rowAfter("ArrowUp", 0, 10, 5)).toBe(0);
    expect(rowAfter("PageDown", 7, 10, 5)).toBe(9);
    expect(rowAfter("End", 0, 100_000, 20)).toBe(99_999);
    expect(rowAfter("Home", 5, 10, 5)).toBe(0);
  });

  it("mean nothing without rows, and not every key does", () => {
    expect(rowAfter("ArrowDown", 0, 0, 5)).toBeNull();
    expect(rowAfter("x", 0, 10, 5)).toBeNull();
  });

  it("scroll as little as possible", () => {
    expect(scrolledTo(5, 0, 300, 30)).toBe(0);
    expect(scrolledTo(10, 0, 300, 30)).toBe(30);
    expect(scrolledTo(2, 90, 300, 30)).toBe(60);
  });
});
