//! The one row of `sessions`, both ways.

use ghost_model::{Session, SessionId, SessionKind, SessionState};
use rusqlite::{Connection, params};

use crate::schema::{KIND_SINCE, SCHEMA_VERSION};
use crate::unsigned::Unsigned;
use crate::upgrade;

const NANOSECONDS: f64 = 1e9;

/// The schema version in which sessions got a name and a note.
const NAMES_SINCE: i64 = 2;

/// Replaces the row.
pub(crate) fn write(conn: &Connection, session: &Session) -> rusqlite::Result<()> {
    let seconds = |ns: u64| ns as f64 / NANOSECONDS;
    conn.execute("DELETE FROM sessions", [])?;
    conn.execute(
        "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            session.id.as_str(),
            session.script,
            session.pid,
            seconds(session.start_unix_ns),
            session.end_unix_ns.map(seconds),
            Unsigned(session.call_count),
            session.exit_code,
            session.state.as_str(),
            Unsigned(session.start_unix_ns),
            session.end_unix_ns.map(Unsigned),
            SCHEMA_VERSION,
            env!("CARGO_PKG_VERSION"),
            session.name,
            session.note,
            session.kind.as_str(),
        ],
    )?;
    Ok(())
}

/// Reads the row of the session whose file is named `id`.
pub(crate) fn read(conn: &Connection, id: &SessionId) -> rusqlite::Result<Session> {
    let version = upgrade::version(conn)?;
    let named = if version < NAMES_SINCE { "NULL, NULL" } else { "name, note" };
    let kind = if version < KIND_SINCE { "NULL" } else { "kind" };
    let sql = format!(
        "SELECT script_path, pid, start_unix_ns, end_unix_ns, exit_code, state, total_events,
                (SELECT count(*) FROM processes), {named}, {kind} FROM sessions"
    );
    conn.query_row(&sql, [], |row| {
        let Unsigned(start_unix_ns) = row.get(2)?;
        let Unsigned(call_count) = row.get(6)?;
        let Unsigned(process_count) = row.get(7)?;
        Ok(Session {
            id: id.clone(),
            script: row.get(0)?,
            name: row.get(8)?,
            note: row.get(9)?,
            kind: kind_of(row.get::<_, Option<String>>(10)?.as_deref()),
            pid: row.get(1)?,
            start_unix_ns,
            end_unix_ns: row.get::<_, Option<Unsigned>>(3)?.map(|Unsigned(end)| end),
            exit_code: row.get(4)?,
            state: state_of(&row.get::<_, String>(5)?),
            process_count,
            call_count,
        })
    })
}

fn kind_of(word: Option<&str>) -> SessionKind {
    let is_attached = word == Some(SessionKind::Attached.as_str());
    if is_attached { SessionKind::Attached } else { SessionKind::Started }
}

fn state_of(word: &str) -> SessionState {
    [SessionState::Running, SessionState::Finished]
        .into_iter()
        .find(|state| state.as_str() == word)
        .unwrap_or(SessionState::Killed)
}
