/**
 * A session as the server lists it, and what it is called.
 */

/** One of the list. */
export interface SessionRow {
  readonly session_id: string;
  readonly name?: string | null;
  readonly program?: string | null;
  readonly started_unix_ns?: number | null;
  readonly is_live?: boolean;
}

/** The list. */
export interface SessionList {
  readonly items: readonly SessionRow[];
  readonly total_count: number;
  readonly matched_count: number;
}

/** What people call it. */
export function sessionTitle(session: SessionRow): string {
  return session.name ?? session.program ?? session.session_id;
}
