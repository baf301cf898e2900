/**
 * Something the server knows, for as long as a page shows it, fetched again when it may have changed.
 */

import { useEffect, useState } from "preact/hooks";
import { fetchJson, Problem } from "../api/client";
import { onChange } from "./changes";
import { refreshing } from "./refresher";

/** What is known of it. What was there stays while it is asked for again, or when that fails. */
export interface Resource<T> {
  readonly value: T | null;
  readonly problem: Problem | null;
  readonly isLoading: boolean;
}

const LOADING = { value: null, problem: null, isLoading: true };

/** Fetches an address, and again whenever one of the topics has news. Null asks for nothing. */
export function useResource<T>(path: string | null, ...topics: string[]): Resource<T> {
  const [known, setKnown] = useState<Resource<T>>(LOADING);
  useEffect(() => {
    if (path === null) return undefined;
    const abort = new AbortController();
    setKnown((before) => ({ ...before, isLoading: true }));
    const refresher = refreshing(async () => {
      try {
        const value = await fetchJson<T>(path, abort.signal);
        if (!abort.signal.aborted) setKnown((before) => settled(before, value));
        if (isComputing(value)) refresher.changed();
      } catch (cause) {
        if (abort.signal.aborted) return;
        const problem = asProblem(cause);
        setKnown((before) => ({ ...before, problem, isLoading: false }));
        if (problem.isUnanswered) refresher.changed();
      }
    });
    const forget = onChange(topics, refresher.changed);
    return () => {
      forget();
      refresher.stop();
      abort.abort();
    };
  }, [path, topics.join()]);
  return path === null ? { ...LOADING, isLoading: false } : known;
}

/** Whether the server is still at it, and wants to be asked again a little later. */
export function isComputing(value: unknown): boolean {
  return typeof value === "object" && value !== null && "state" in value && value.state === "computing";
}

/** The same object where nothing is different: then nothing is drawn again. */
function settled<T>(before: Resource<T>, value: T): Resource<T> {
  const isSame = before.value === value && before.problem === null && !before.isLoading;
  return isSame ? before : { value, problem: null, isLoading: false };
}

/** Whatever was thrown, as something to show. */
export function asProblem(cause: unknown): Problem {
  return cause instanceof Problem ? cause : new Problem(String(cause), 0, null);
}
