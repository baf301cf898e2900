/**
 * What the application tells of itself, asked for every few seconds.
 */

import { signal } from "@preact/signals";
import { authorization } from "./token";

/** `metrics.json`: times are milliseconds. */
export interface Metrics {
  readonly rps: number;
  readonly error_pct: number;
  readonly p50: number | null;
  readonly p95: number | null;
  /** Requests in each of the last sixty seconds; empty before the first. */
  readonly spark: readonly number[];
}

/** One of `errors.json`. */
export interface RequestError {
  readonly ts_ns: number | null;
  readonly route: string | null;
  readonly method: string | null;
  readonly status: number | null;
  readonly exception_type: string | null;
}

/** What is known; null before the first answer. */
export const metrics = signal<Metrics | null>(null);

/** The latest errors, the newest first. */
export const errors = signal<readonly RequestError[]>([]);

/** Why there is nothing newer; null while all is well. */
export const problem = signal<string | null>(null);

const EVERY_MS = 4000;

/** Asks from here on. */
export function startAsking(): void {
  void ask();
}

async function ask(): Promise<void> {
  try {
    const [told, failed] = await Promise.all([get("metrics.json"), get("errors.json")]);
    metrics.value = told as Metrics;
    errors.value = [...(failed as { errors: RequestError[] }).errors].reverse();
    problem.value = null;
  } catch (error) {
    problem.value = error instanceof Refusal ? error.message : "The application does not answer.";
  } finally {
    setTimeout(ask, EVERY_MS);
  }
}

class Refusal extends Error {}

async function get(name: string): Promise<unknown> {
  const folder = location.pathname.endsWith("/") ? location.pathname : `${location.pathname}/`;
  const answer = await fetch(folder + name, { headers: authorization(), cache: "no-store" });
  if (answer.status === 401) throw new Refusal("This page needs its token: open it with #token=… at the end.");
  if (!answer.ok) throw new Refusal(`The application answered with status ${answer.status}.`);
  return answer.json();
}
