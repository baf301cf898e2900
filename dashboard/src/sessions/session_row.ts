/**
 * Sessions as the server lists them, and what they are called.
 */

/** One of the list. A file that cannot be read has an id and a state only. */
export interface SessionRow {
  readonly session_id: string;
  /** `running`, `finished`, `killed`; or `damaged`, `newer version`, `unreadable`. */
  readonly state: string;
  readonly script_path?: string;
  readonly name?: string | null;
  readonly note?: string | null;
  readonly pid?: number;
  readonly process_count?: number;
  readonly call_count?: number;
  readonly start_unix_ns?: number;
  readonly end_unix_ns?: number | null;
  readonly exit_code?: number | null;
}

/** The list. */
export interface SessionList {
  readonly items: readonly SessionRow[];
  readonly total_count: number;
  readonly matched_count: number;
}

/** What people call it. */
export function sessionTitle(session: SessionRow): string {
  const script = session.script_path?.split("/").pop() ?? "";
  return session.name ?? (script === "" ? session.session_id : script);
}
