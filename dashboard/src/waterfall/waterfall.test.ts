/** The waterfall without a screen: folding, lines, keys and the ruler. */

import { describe, expect, it } from "vitest";
import { stepOf, toggled } from "../tree/steps";
import { folded, unfolded } from "./folding";
import { type Opened, ROWS_MAX, type Row, rowsOf, spanOf } from "./rows";
import { ticksOf } from "./ticks";
import { nodeName, type Trace, type TraceNode } from "./trace_node";

function node(kind: TraceNode["kind"], name: string, start: number, length: number, more: Partial<TraceNode> = {}) {
  return {
    kind,
    name,
    count: 1,
    start_unix_ns: 1000 + start,
    duration_ns: length,
    self_ns: length,
    children: [],
    ...more,
  } satisfies TraceNode;
}

const queries = [10, 20, 60].map((start) => node("query", "SELECT ?", start, 5, { rows: 1 }));
const view = node("function", "books:23", 5, 80, {
  children: [...queries, node("function", "price:19", 70, 10, { is_critical: true })],
});
const request = node("request", "/books", 0, 100, {
  method: "GET",
  children: [view],
  gaps: [{ start_unix_ns: 1085, duration_ns: 15 }],
});
const trace: Trace = {
  trace_id: "ab",
  name: "GET /books",
  start_unix_ns: 1000,
  duration_ns: 100,
  span_count: 5,
  spans: [request],
};

function rows(opened: Partial<Opened> = {}): Row[] {
  return rowsOf(trace, { closed: new Set(), unfolded: new Set(), ...opened }).rows;
}

function label(row: Row): string {
  const count = row.entry?.nodes.length ?? 0;
  return `${row.depth} ${row.entry ? nodeName(row.entry.first) : "gap"}${count > 1 ? ` ×${count}` : ""}`;
}

describe("folding", () => {
  it("makes one entry of what is alike and loses nothing", () => {
    const entries = folded(view.children, "");
    expect(entries.map((entry) => [nodeName(entry.first), entry.nodes.length, entry.durationNs])).toEqual([
      ["SELECT ?", 3, 15],
      ["price:19", 1, 10],
    ]);
    expect(entries[0]?.rowCount).toBe(3);
    expect(unfolded(entries[0] as never)).toHaveLength(3);
  });

  it("keeps requests and failures apart", () => {
    const requests = [node("request", "/a", 0, 1), node("request", "/a", 1, 1)];
    expect(folded(requests, "")).toHaveLength(2);
    expect(folded([queries[0] as TraceNode, { ...queries[1], is_error: true } as TraceNode], "")).toHaveLength(2);
  });
});

describe("lines", () => {
  it("are the tree with its gaps, in the order of time", () => {
    expect(rows().map(label)).toEqual(["0 GET /books", "1 books:23", "2 SELECT ? ×3", "2 price:19", "1 gap"]);
  });

  it("have a piece for each member", () => {
    const pieces = rows()[2]?.pieces.map((piece) => [piece.start, piece.width]);
    expect(pieces).toEqual([
      [0.1, 0.05],
      [0.2, 0.05],
      [0.6, 0.05],
    ]);
  });

  it("are hidden below what is closed, and single where unfolded", () => {
    const closed = rows()[1]?.key as string;
    expect(rows({ closed: new Set([closed]) }).map(label)).toEqual(["0 GET /books", "1 books:23", "1 gap"]);
    const key = rows()[2]?.key as string;
    const single = rows({ unfolded: new Set([key]) });
    expect(single.map(label).slice(2, 6)).toEqual(["2 SELECT ? ×3", "3 SELECT ?", "3 SELECT ?", "3 SELECT ?"]);
    expect(new Set(single.map((row) => row.key)).size).toBe(single.length);
  });

  it("are bounded, and the rest is counted", () => {
    const many = Array.from({ length: ROWS_MAX + 5 }, (_, at) => node("function", `f${at}`, at, 1));
    const cut = rowsOf({ ...trace, spans: many }, { closed: new Set(), unfolded: new Set() });
    expect([cut.rows.length, cut.cutCount]).toEqual([ROWS_MAX, 5]);
  });

  it("of an empty trace are none", () => {
    const empty = { ...trace, spans: [] };
    expect(rowsOf(empty, { closed: new Set(), unfolded: new Set() }).rows).toEqual([]);
    expect(spanOf(empty)).toEqual({ start: 1000, length: 100 });
  });
});

describe("keys", () => {
  it("open, go in, close and go out", () => {
    const lines = rows();
    expect(stepOf(lines, 0, "ArrowRight")).toEqual({ act: "go", to: 1 });
    expect(stepOf(lines, 0, "ArrowLeft")).toEqual({ act: "close", key: lines[0]?.key });
    expect(stepOf(lines, 3, "ArrowLeft")).toEqual({ act: "go", to: 1 });
    expect(stepOf(lines, 2, "*")).toEqual({ act: "unfold", key: lines[2]?.key });
    expect(stepOf(lines, 3, "*")).toBeNull();
    expect(stepOf(lines, 4, "ArrowDown")).toBeNull();
    const closed = rows({ closed: new Set([lines[0]?.key as string]) });
    expect(stepOf(closed, 0, "ArrowRight")).toEqual({ act: "open", key: lines[0]?.key });
  });
});

describe("opening", () => {
  it("is undone by doing it again", () => {
    const once = toggled(new Set(["a"]), "b");
    expect([...once]).toEqual(["a", "b"]);
    expect([...toggled(once, "b")]).toEqual(["a"]);
  });
});

describe("the ruler", () => {
  it("has round steps", () => {
    expect(ticksOf(15_600_000, 5)).toEqual([0, 5e6, 10e6, 15e6]);
    expect(ticksOf(100, 10)).toHaveLength(11);
    expect(ticksOf(0, 5)).toEqual([0]);
  });
});

describe("names", () => {
  it("are those of `ghost trace`", () => {
    expect(nodeName(node("client", "example.org", 0, 1, { method: "GET" }))).toBe("→ GET example.org");
    expect(nodeName(node("query", "SELECT\n  1", 0, 1))).toBe("SELECT 1");
    expect(nodeName(node("query", "", 0, 1, { system: "redis", method: "GET" }))).toBe("redis GET");
  });
});
