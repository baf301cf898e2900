/** The flame graph without a screen: layout, zoom, hits, search, keys, texts and comparison. */

import { describe, expect, it } from "vitest";
import { boxAt, boxesOf } from "./boxes";
import type { CallNode } from "./call_node";
import { changeOf, joined, sharesOf, wholesOf } from "./comparison";
import { childrenOf, type Frame, frameAt, framesOf, lineOf, placeText } from "./frames";
import { changeColour, moduleColour } from "./palette";
import { find, nextMatch } from "./search";
import { step } from "./steps";
import { openedAtFirst, TABLE_LINES_MAX, tableLinesOf } from "./table_lines";
import { fittingText } from "./text_fit";

function node(name: string, total: number, calls = 1, children: CallNode[] = []): CallNode {
  const self = Math.max(0, total - children.reduce((sum, child) => sum + child.total_ns, 0));
  return {
    node_id: name,
    function_id: "00",
    name,
    call_count: calls,
    total_ns: total,
    self_ns: self,
    children,
    elided_count: 0,
  };
}

const tree = node("", 100, 0, [
  node("shop:main:1", 100, 1, [
    node("shop:small:9", 10, 50, [node("db:query:3", 8, 50)]),
    node("shop:big:5", 60, 2, [node("db:query:3", 20, 4)]),
  ]),
]);

function named(frames: readonly Frame[], name: string): Frame {
  const frame = frames.find((one) => one.node.name.includes(name));
  if (frame === undefined) throw new Error(name);
  return frame;
}

describe("frames", () => {
  it("lie within those above, the heaviest first", () => {
    const frames = framesOf(tree, "time");
    expect(frames.map((frame) => frame.node.name)).toEqual([
      "",
      "shop:main:1",
      "shop:big:5",
      "db:query:3",
      "shop:small:9",
      "db:query:3",
    ]);
    for (const frame of frames.slice(1)) {
      const above = frames[frame.parent] as Frame;
      expect(frame.start).toBeGreaterThanOrEqual(above.start - 1e-12);
      expect(frame.start + frame.width).toBeLessThanOrEqual(above.start + above.width + 1e-12);
    }
    expect(named(frames, "big").width).toBeCloseTo(0.6);
  });

  it("can be as wide as their calls", () => {
    const frames = framesOf(tree, "calls");
    const all = 1 + 50 + 50 + 2 + 4;
    expect(named(frames, "small").width).toBeCloseTo(100 / all);
    expect(childrenOf(frames, named(frames, "main")).map((f) => f.node.name)).toEqual(["shop:small:9", "shop:big:5"]);
  });

  it("never leave the frame above, even where threads took longer together", () => {
    const threads = node("", 10, 1, [node("a", 10), node("b", 10), node("c", 10)]);
    const frames = framesOf(threads, "time");
    expect(frames.slice(1).map((frame) => frame.width)).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });

  it("of nothing are nothing", () => {
    expect(framesOf(node("", 0, 0, [node("a", 0, 0)]), "time").map((frame) => frame.width)).toEqual([1, 0]);
  });

  it("have a place that stays when lines move, and differs by what is above", () => {
    const moved = node("", 1, 1, [node("shop:main:7", 1, 1, [node("db:query:9", 1)])]);
    const place = framesOf(tree, "time").map((frame) => frame.place);
    expect(place).toContain((framesOf(moved, "time")[1] as Frame).place);
    expect(new Set(place).size).toBe(place.length);
    const frames = framesOf(tree, "time");
    expect(frameAt(frames, "zz")).toBeUndefined();
    expect(frameAt(frames, placeText(frames[3] as Frame))).toBe(frames[3]);
    expect(lineOf(frames, frames[3] as Frame).map((frame) => frame.index)).toEqual([0, 1, 2, 3]);
  });
});

describe("boxes", () => {
  it("show what is above a zoom as whole rows and what is below in its width", () => {
    const frames = framesOf(tree, "time");
    const rows = boxesOf(frames, named(frames, "big"), 600);
    expect(rows.map((row) => row.map((box) => [box.frame.node.name, Math.round(box.width)]))).toEqual([
      [["", 600]],
      [["shop:main:1", 600]],
      [["shop:big:5", 600]],
      [["db:query:3", 200]],
    ]);
  });

  it("are found by a point, and nothing is beside them", () => {
    const frames = framesOf(tree, "time");
    const rows = boxesOf(frames, frames[0] as Frame, 1000);
    expect(boxAt(rows, 599, 2)?.frame.node.name).toBe("shop:big:5");
    expect(boxAt(rows, 601, 2)?.frame.node.name).toBe("shop:small:9");
    expect(boxAt(rows, 701, 2)).toBeUndefined();
    expect(boxAt(rows, 1, 9)).toBeUndefined();
  });

  it("leave out what nobody can see, and all below it", () => {
    const many = node("", 1e6, 1, [node("wide", 999_990, 1), node("thin", 10, 1, [node("below", 10)])]);
    const frames = framesOf(many, "time");
    expect(boxesOf(frames, frames[0] as Frame, 500).flat()).toHaveLength(2);
  });

  it("of a hundred thousand frames are no more than a screen can show", () => {
    const leaves = Array.from({ length: 100 }, (_, i) => node(`leaf${i}`, 1));
    const middle = Array.from({ length: 1000 }, (_, i) => node(`middle${i}`, 100, 1, leaves));
    const frames = framesOf(node("", 100_000, 1, middle), "time");
    expect(frames).toHaveLength(101_001);
    expect(boxesOf(frames, frames[0] as Frame, 1000).flat().length).toBeLessThan(2000);
  });
});

describe("search", () => {
  it("covers each piece once, whatever the case", () => {
    const frames = framesOf(tree, "time");
    const found = find(frames, " QUERY ");
    expect(found.indexes.size).toBe(2);
    expect(found.share).toBeCloseTo(0.28);
    expect(find(frames, "shop").share).toBeCloseTo(1);
    expect(find(frames, "  ").indexes.size).toBe(0);
  });

  it("goes around", () => {
    const found = find(framesOf(tree, "time"), "query");
    expect([nextMatch(found, 0, 1), nextMatch(found, 3, 1), nextMatch(found, 5, 1)]).toEqual([3, 5, 3]);
    expect(nextMatch(found, 3, -1)).toBe(5);
    expect(nextMatch(find([], "x"), 0, 1)).toBeUndefined();
  });
});

describe("keys", () => {
  it("go to neighbours, down to the heaviest and up again", () => {
    const frames = framesOf(tree, "time");
    const rows = boxesOf(frames, frames[0] as Frame, 1000);
    const main = named(frames, "main");
    const big = step(rows, main, "ArrowDown");
    expect(big.node.name).toBe("shop:big:5");
    expect(step(rows, big, "ArrowRight").node.name).toBe("shop:small:9");
    expect(step(rows, big, "ArrowLeft")).toBe(big);
    expect(step(rows, big, "ArrowUp")).toBe(main);
    expect(step(rows, big, "Home").index).toBe(0);
    expect(step(rows, frames[0] as Frame, "ArrowUp").index).toBe(0);
    expect(step(rows, frames[0] as Frame, "End").depth).toBe(3);
  });
});

describe("texts", () => {
  it("are the longest name that fits, else cut, else nothing", () => {
    const names = ["shop.orders:Order.place:12", "Order.place"];
    expect(fittingText(names, 300, 8)).toBe("shop.orders:Order.place:12");
    expect(fittingText(names, 100, 8)).toBe("Order.place");
    expect(fittingText(names, 50, 8)).toBe("Order…");
    expect(fittingText(names, 20, 8)).toBe("");
    expect(fittingText([], 100, 8)).toBe("…");
  });
});

describe("comparison", () => {
  const before = node("", 200, 0, [node("m:a:1", 100, 10), node("m:gone:2", 100, 1)]);
  const after = node("", 100, 0, [node("m:a:5", 50, 10), node("m:new:9", 50, 1)]);
  const both = joined(before, after);

  it("has every place of both sessions", () => {
    expect(both.children.map((child) => [child.name, child.is_gone, child.before?.total_ns])).toEqual([
      ["m:a:5", false, 100],
      ["m:new:9", false, undefined],
      ["m:gone:2", true, 100],
    ]);
    expect(both.children[2]?.total_ns).toBe(0);
  });

  it("compares shares, not lengths of sessions", () => {
    const wholes = wholesOf(both, "time");
    const changes = both.children.map((child) => changeOf(sharesOf(child, "time", wholes)));
    expect(wholes).toEqual({ after: 100, before: 200 });
    expect(changes).toEqual([0, 1, -1]);
    expect(framesOf(both, "time").map((frame) => frame.width)).toEqual([1, 1 / 3, 1 / 3, 1 / 3]);
  });

  it("grows with the factor and ignores what is too small to see", () => {
    expect(changeOf({ before: 0.1, after: 0.2 })).toBeCloseTo(0.5);
    expect(changeOf({ before: 0.2, after: 0.1 })).toBeCloseTo(-0.5);
    expect(changeOf({ before: 0.01, after: 0.9 })).toBe(1);
    expect(changeOf({ before: 0.0001, after: 0.0004 })).toBe(0);
    expect(changeOf({ before: null, after: 0.4 })).toBe(0);
  });
});

describe("colours", () => {
  it("are one per module and step of change", () => {
    const [a, b] = [node("m.x:a:1", 1), node("m.x:b:2", 1)];
    expect(moduleColour(a)).toBe(moduleColour(b));
    expect(moduleColour({ ...a, function_id: null })).toBe("--flame-none");
    expect([-1, -0.3, 0, 0.01, 0.5, 1].map(changeColour)).toEqual([
      "--less-4",
      "--less-2",
      "--flame-same",
      "--more-1",
      "--more-2",
      "--more-4",
    ]);
  });
});

describe("the table", () => {
  it("opens along the heaviest way and has the rest closed", () => {
    const frames = framesOf(tree, "time");
    const root = frames[0] as Frame;
    const lines = tableLinesOf(frames, root, openedAtFirst(frames, root));
    expect(lines.map((line) => [line.depth, line.frame.node.name, line.isOpen])).toEqual([
      [0, "", true],
      [1, "shop:main:1", true],
      [2, "shop:big:5", true],
      [3, "db:query:3", false],
      [2, "shop:small:9", false],
    ]);
    expect(lines.map((line) => [line.position, line.siblingCount])).toContainEqual([2, 2]);
  });

  it("is bounded", () => {
    const wide = node(
      "",
      5000,
      1,
      Array.from({ length: 5000 }, (_, i) => node(`f${i}`, 1)),
    );
    const frames = framesOf(wide, "time");
    const root = frames[0] as Frame;
    expect(tableLinesOf(frames, root, openedAtFirst(frames, root))).toHaveLength(TABLE_LINES_MAX);
  });
});
