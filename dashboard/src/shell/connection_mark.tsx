/**
 * How news comes, as a word; spoken when it changes.
 */

import { type Connection, connection } from "../live/socket";

const WORDS: Record<Connection, readonly [string, string, string]> = {
  live: ["live", "is-good", "Changes appear as they happen"],
  asking: ["polling", "is-warning", "No live connection: the server is asked every few seconds"],
  connecting: ["…", "", "Connecting"],
};

/** The word. */
export function ConnectionMark() {
  const [word, look, title] = WORDS[connection.value];
  return (
    <span class={`badge connection ${look}`} role="status" title={title}>
      {word}
      <span class="visually-hidden">: {title}</span>
    </span>
  );
}
