/**
 * What has changed on the server, told to those who show it.
 *
 * The socket announces topics; rows that come with the news are not put together here: pages ask the server again,
 * which sorts and cuts, and answers 304 where nothing they show differs. Also knows which topics somebody watches.
 */

import { signal } from "@preact/signals";

/** What the server tells about. The last one is not a subscription: sessions are always told. */
export const SESSIONS = "sessions";

type Listener = () => void;

const listeners = new Map<string, Set<Listener>>();

/** Topics that something on screen depends on, in order. */
export const watched = signal<readonly string[]>([]);

/** Calls back after news of any of the topics, until the returned function is called. */
export function onChange(topics: readonly string[], listener: Listener): () => void {
  for (const topic of topics) {
    const known = listeners.get(topic) ?? new Set();
    listeners.set(topic, known.add(listener));
  }
  tellWatched();
  return () => {
    for (const topic of topics) {
      const known = listeners.get(topic);
      known?.delete(listener);
      if (known?.size === 0) listeners.delete(topic);
    }
    tellWatched();
  };
}

function tellWatched(): void {
  const topics = [...listeners.keys()].filter((topic) => topic !== SESSIONS).sort();
  if (topics.join() !== watched.value.join()) watched.value = topics;
}

/** Says that a topic has news. */
export function announce(topic: string): void {
  for (const listener of [...(listeners.get(topic) ?? [])]) listener();
}

/** Says that anything may be different. */
export function announceAll(): void {
  for (const topic of [...listeners.keys()]) announce(topic);
}
