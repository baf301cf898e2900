/**
 * The stream of news: connected as long as the page is looked at, again and again, with asking in between.
 *
 * Knows no page. News goes to `changes`; what somebody watches comes from there.
 */

import { effect, signal } from "@preact/signals";
import { token } from "../api/token";
import { announce, announceAll, SESSIONS, watched } from "./changes";
import { sessionName } from "./session";

/** How news comes: by the stream, by asking every few seconds, or not at all because nobody answers. */
export type Connection = "connecting" | "live" | "asking";

/** How it comes at the moment. */
export const connection = signal<Connection>("connecting");

/** First pause before another attempt; it doubles. */
const PAUSE_MS = 500;
const PAUSE_MS_MAX = 15_000;

/** Time between questions while there is no stream. */
const ASKING_MS = 3000;

let socket: WebSocket | null = null;
let pauseMs = PAUSE_MS;
let isGreeted = false;

/** Connects, and stays connected. */
export function connect(): void {
  if (token() === null) return;
  open();
  setInterval(() => {
    if (!isGreeted && !document.hidden) announceAll();
  }, ASKING_MS);
  // A page in the background costs the server nothing.
  document.addEventListener("visibilitychange", () => {
    subscribe();
    if (!document.hidden) announceAll();
  });
  effect(() => {
    // Whatever it reads makes it run again: the session, and what is watched of it.
    void [watched.value, sessionName()];
    subscribe();
  });
}

function open(): void {
  const address = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/api/v1/events`;
  socket = new WebSocket(address, ["ghostglass.v1", `ghostglass.token.${token() ?? ""}`]);
  socket.onmessage = (event) => hear(event.data);
  socket.onclose = () => {
    isGreeted = false;
    connection.value = "asking";
    setTimeout(open, pauseMs * (0.75 + Math.random() / 2));
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
  };
}

function subscribe(): void {
  if (!isGreeted) return;
  const topics = document.hidden ? [] : watched.value;
  socket?.send(JSON.stringify({ type: "subscribe", session: sessionName(), topics }));
}

interface Told {
  readonly type?: unknown;
  readonly topic?: unknown;
}

function hear(data: unknown): void {
  const told = parsed(data);
  switch (told.type) {
    case "hello":
      isGreeted = true;
      pauseMs = PAUSE_MS;
      connection.value = "live";
      subscribe();
      announceAll();
      break;
    case "delta":
      announce(String(told.topic));
      break;
    case "session_started":
    case "session_ended":
      announce(SESSIONS);
      announceAll();
      break;
    default:
      // `subscribed` needs no answer; after `lag` the server closes, and the next connection asks for everything.
      break;
  }
}

function parsed(data: unknown): Told {
  try {
    const value: unknown = JSON.parse(String(data));
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
