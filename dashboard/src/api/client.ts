/**
 * Asks the server: the token on every request, its problems as messages, and what has not changed not twice.
 *
 * Knows no resource by name and keeps nothing but the last answer of each address.
 */

import { signal } from "@preact/signals";
import { token } from "./token";

/** Whether the server refuses our token: it is of another start, or was never there. */
export const isRefused = signal(false);

/** Why the server did not answer as hoped, in its own words. */
export class Problem extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly hint: string | null,
  ) {
    super(message);
  }

  /** Whether nobody answered: that may be different in a moment. */
  get isUnanswered(): boolean {
    return this.status === 0;
  }
}

interface Remembered {
  readonly etag: string;
  readonly body: unknown;
}

const remembered = new Map<string, Remembered>();

/** Addresses whose last answer is kept. */
const REMEMBERED_MAX = 50;

/** The JSON of an address below `/api/v1`; the same object as before where nothing has changed. */
export async function fetchJson<T>(path: string, abort?: AbortSignal): Promise<T> {
  const before = remembered.get(path);
  const headers = authorized();
  if (before !== undefined) headers.set("If-None-Match", before.etag);
  const answer = await ask(path, { headers, signal: abort ?? null, cache: "no-store" });
  if (answer.status === 304 && before !== undefined) return before.body as T;
  if (!answer.ok) throw await problemOf(answer);
  const body: unknown = await answer.json();
  remember(path, answer.headers.get("ETag"), body);
  return body as T;
}

/** Sends JSON to an address below `/api/v1`, and returns the JSON that is answered, if any. */
export async function sendJson<T>(
  method: "PATCH" | "POST" | "DELETE",
  path: string,
  value: unknown,
): Promise<T | null> {
  const headers = authorized();
  headers.set("Content-Type", "application/json");
  const answer = await ask(path, { method, headers, body: JSON.stringify(value) });
  if (!answer.ok) throw await problemOf(answer);
  return answer.status === 204 ? null : ((await answer.json()) as T);
}

/** Headers with our token. */
export function authorized(): Headers {
  return new Headers({ Authorization: `Bearer ${token() ?? ""}` });
}

async function ask(path: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(`/api/v1${path}`, options);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new Problem("the server does not answer", 0, "start it again with `ghost serve` and open its link");
  }
}

function remember(path: string, etag: string | null, body: unknown): void {
  remembered.delete(path);
  if (etag === null) return;
  remembered.set(path, { etag, body });
  const [oldest] = remembered.keys();
  if (remembered.size > REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
}

async function problemOf(answer: Response): Promise<Problem> {
  isRefused.value = answer.status === 401;
  const text = await answer.text();
  const said = parsed(text);
  const message = said["detail"] ?? said["title"] ?? `the server answered ${answer.status}`;
  const hint = said["hint"] ?? (answer.status === 401 ? "open the link that `ghost serve` printed" : null);
  return new Problem(String(message), answer.status, hint === null ? null : String(hint));
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
