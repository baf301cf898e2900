/**
 * Blocks of a page as elements.
 */

import type { Block, Piece } from "./blocks";

/** The page; its headings begin at the third level, below those of where it stands. */
export function MarkdownPage({ blocks }: { blocks: readonly Block[] }) {
  return (
    <div class="prose">
      {blocks.map((block, index) => (
        <BlockView key={index} block={block} />
      ))}
    </div>
  );
}

function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case "heading":
      return block.level === 1 ? (
        <h3>
          <Pieces text={block.text} />
        </h3>
      ) : (
        <h4>
          <Pieces text={block.text} />
        </h4>
      );
    case "paragraph":
      return (
        <p>
          <Pieces text={block.text} />
        </p>
      );
    case "code":
      return <pre class="code source">{block.text}</pre>;
    case "list":
      return (
        <ul>
          {block.items.map((item, index) => (
            <li key={index}>
              <Pieces text={item} />
            </li>
          ))}
        </ul>
      );
    case "table":
      return <TableView head={block.head} rows={block.rows} />;
  }
}

function TableView({ head, rows }: { head: readonly Piece[][]; rows: readonly Piece[][][] }) {
  return (
    <div class="table-scroll">
      <table class="table is-prose">
        <thead>
          <tr>
            {head.map((cell, index) => (
              <th scope="col" key={index}>
                <Pieces text={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column}>
                  <Pieces text={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Pieces({ text }: { text: readonly Piece[] }) {
  return (
    <>
      {text.map((piece, index) => {
        switch (piece.kind) {
          case "code":
            return <code key={index}>{piece.text}</code>;
          case "strong":
            return <strong key={index}>{piece.text}</strong>;
          case "emphasis":
            return <em key={index}>{piece.text}</em>;
          default:
            return piece.text;
        }
      })}
    </>
  );
}
