/** Our own pages as blocks. */

import { describe, expect, it } from "vitest";
import { blocksOf, piecesOf } from "./blocks";

describe("a page", () => {
  it("has blocks of each kind", () => {
    const page =
      "# name\n\nOne\nsentence.\n\n| a | b |\n|---|---|\n| 1 | `x` |\n\n- first\n  goes on\n- second\n\n```text\nraw *text*\n```\n";
    const blocks = blocksOf(page);
    expect(blocks.map((block) => block.kind)).toEqual(["heading", "paragraph", "table", "list", "code"]);
    expect(blocks[1]).toEqual({ kind: "paragraph", text: [{ kind: "text", text: "One sentence." }] });
    expect(blocks[2]).toMatchObject({ rows: [[[{ text: "1" }], [{ kind: "code", text: "x" }]]] });
    expect(blocks[3]).toMatchObject({ items: [[{ text: "first goes on" }], [{ text: "second" }]] });
    expect(blocks[4]).toEqual({ kind: "code", text: "raw *text*" });
  });

  it("ends, whatever is in it", () => {
    for (const page of ["```", "|", "# ", "-", "- ", "**", "\n\n", "a\n```\n"]) {
      expect(blocksOf(page).length).toBeLessThan(3);
    }
  });
});

describe("a line", () => {
  it("has pieces, and links are their text", () => {
    expect(piecesOf("a `b` **c** *d* [e](f.md).")).toEqual([
      { kind: "text", text: "a " },
      { kind: "code", text: "b" },
      { kind: "text", text: " " },
      { kind: "strong", text: "c" },
      { kind: "text", text: " " },
      { kind: "emphasis", text: "d" },
      { kind: "text", text: " " },
      { kind: "text", text: "e" },
      { kind: "text", text: "." },
    ]);
  });

  it("keeps tags as text", () => {
    expect(piecesOf("<img onerror=x>")).toEqual([{ kind: "text", text: "<img onerror=x>" }]);
  });
});
