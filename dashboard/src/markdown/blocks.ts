/**
 * The little of Markdown that our own pages use, as blocks: no HTML ever comes of it.
 *
 * Headings, paragraphs, lists, tables and fenced code. Links are their text: they lead within the repository.
 */

/** A piece of a line. */
export interface Piece {
  readonly kind: "text" | "code" | "strong" | "emphasis";
  readonly text: string;
}

/** A part of a page. */
export type Block =
  | { readonly kind: "heading"; readonly level: number; readonly text: Piece[] }
  | { readonly kind: "paragraph"; readonly text: Piece[] }
  | { readonly kind: "list"; readonly items: Piece[][] }
  | { readonly kind: "table"; readonly head: Piece[][]; readonly rows: Piece[][][] }
  | { readonly kind: "code"; readonly text: string };

/** The blocks of a page, as far as it can be understood; what cannot is a paragraph. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  const lines = page.replaceAll("\r", "").split("\n");
  let at = 0;
  while (at < lines.length) {
    const from = at;
    const line = lines[at] as string;
    if (line.trim() === "") at += 1;
    else if (line.startsWith("```")) at = addCode(blocks, lines, at);
    else at = addLines(blocks, lines, at);
    if (at === from) at += 1;
  }
  return blocks;
}

function addCode(blocks: Block[], lines: readonly string[], at: number): number {
  const end = lines.findIndex((line, index) => index > at && line.startsWith("```"));
  const last = end < 0 ? lines.length : end;
  blocks.push({ kind: "code", text: lines.slice(at + 1, last).join("\n") });
  return last + 1;
}

function addLines(blocks: Block[], lines: readonly string[], at: number): number {
  const end = lines.findIndex((line, index) => index > at && (line.trim() === "" || line.startsWith("```")));
  const last = end < 0 ? lines.length : end;
  const group = lines.slice(at, last);
  blocks.push(blockOf(group));
  return last;
}

function blockOf(lines: readonly string[]): Block {
  const first = lines[0] as string;
  const heading = /^(#{1,4}) (.*)$/.exec(first);
  if (heading !== null && lines.length === 1) {
    return { kind: "heading", level: (heading[1] as string).length, text: piecesOf(heading[2] as string) };
  }
  if (first.startsWith("|")) return tableOf(lines);
  if (/^[*-] /.test(first)) return { kind: "list", items: itemsOf(lines).map(piecesOf) };
  return { kind: "paragraph", text: piecesOf(lines.join(" ")) };
}

function itemsOf(lines: readonly string[]): string[] {
  const items: string[] = [];
  for (const line of lines) {
    if (/^[*-] /.test(line)) items.push(line.slice(2));
    else items.push(`${items.pop() ?? ""} ${line.trim()}`);
  }
  return items;
}

function tableOf(lines: readonly string[]): Block {
  const rows = lines.map((line) =>
    line
      .replace(/^\||\|$/g, "")
      .split("|")
      .map((cell) => piecesOf(cell.trim())),
  );
  return { kind: "table", head: rows[0] ?? [], rows: rows.slice(2) };
}

const PIECE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|\[([^\]]+)\]\([^)]*\)/g;

/** A line in its pieces. */
export function piecesOf(line: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of line.matchAll(PIECE)) {
    if (match.index > at) pieces.push({ kind: "text", text: line.slice(at, match.index) });
    pieces.push(pieceOf(match));
    at = match.index + match[0].length;
  }
  if (at < line.length) pieces.push({ kind: "text", text: line.slice(at) });
  return pieces;
}

function pieceOf([, code, strong, emphasis, link]: RegExpMatchArray): Piece {
  if (code !== undefined) return { kind: "code", text: code };
  if (strong !== undefined) return { kind: "strong", text: strong };
  if (emphasis !== undefined) return { kind: "emphasis", text: emphasis };
  return { kind: "text", text: link ?? "" };
}
