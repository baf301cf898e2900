/**
 * Asks again when there is news, but not more often than people can read, and never twice at a time.
 *
 * News while an answer is awaited leads to one more question after it, so the last answer is never older than the last
 * news.
 */

/** Time between two questions. */
export const REFRESH_MS = 1000;

/** Something that is asked for again and again. */
export interface Refresher {
  /** There is news. */
  readonly changed: () => void;
  /** Never asks again. */
  readonly stop: () => void;
}

/** Asks at once, and after news. */
export function refreshing(ask: () => Promise<void>, intervalMs: number = REFRESH_MS): Refresher {
  let isAsking = false;
  let isStale = false;
  let isStopped = false;
  let askedAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const now = async () => {
    timer = undefined;
    isAsking = true;
    isStale = false;
    askedAt = performance.now();
    await ask();
    isAsking = false;
    if (isStale) later();
  };
  const later = () => {
    if (isAsking) isStale = true;
    else if (!isStopped) timer ??= setTimeout(now, Math.max(0, intervalMs - (performance.now() - askedAt)));
  };
  void now();
  return {
    changed: later,
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
