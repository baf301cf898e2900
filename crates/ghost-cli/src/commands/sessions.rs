//! `ghost sessions`: what was recorded, newest first. A file that cannot be read is listed too.

mod filter;

use std::io::Write;

use anstyle::Style;
use ghost_model::{Session, SessionId, SessionKind, SessionState};
use ghost_store::{SessionIndex, StoreError};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use super::session_choice;
use crate::args::{ColourChoice, SessionsArguments, SessionsFormat};
use crate::exit::{CommandError, NO_DATA, SUCCESS};
use crate::output::colour::{EMPHASIS, WARNING, standard_output};
use crate::output::number::{counted, duration, thousands};
use crate::output::table::{Cell, Column, Table};
use crate::output::{talk, terminal};

/// Version of the JSON below.
const SCHEMA_VERSION: u32 = 1;

/// One line of the list: a session, or a file that is none.
type Entry = (SessionId, Result<Session, StoreError>);

/// Runs the command.
pub(crate) fn execute(
    arguments: &SessionsArguments,
    colour: ColourChoice,
) -> Result<u8, CommandError> {
    let data_dir = session_choice::data_dir()?;
    let index = SessionIndex::read(&data_dir)?;
    let found: Vec<Entry> = index.entries().collect();
    let total = found.len() as u64;
    say_unreadable(&found);
    let mut entries: Vec<Entry> =
        found.into_iter().filter(|entry| is_wanted(arguments, entry)).collect();
    let matching = entries.len() as u64;
    entries.truncate(arguments.limit.unwrap_or(usize::MAX));
    let mut output = standard_output(colour);
    match arguments.format {
        SessionsFormat::Table if entries.is_empty() => {}
        SessionsFormat::Table => table(&index, &entries).write(&mut output, terminal::width())?,
        SessionsFormat::Json => {
            serde_json::to_writer_pretty(&mut output, &document(&entries))
                .map_err(std::io::Error::from)?;
            writeln!(output)?;
        }
    }
    output.flush()?;
    if total == 0 {
        let nothing = format_args!("no session in `{}`", data_dir.root().display());
        talk::say_with_hint(nothing, "`ghost run app.py` records one");
    } else if matching == 0 {
        let all = counted(total, "session", "sessions");
        talk::say_with_hint("no session matches", format_args!("`ghost sessions` lists {all}"));
    } else if matching > entries.len() as u64 {
        let more = counted(matching - entries.len() as u64, "more session", "more sessions");
        talk::say(format_args!("{more} (`--limit {matching}` shows all)"));
    }
    Ok(if matching == 0 { NO_DATA } else { SUCCESS })
}

/// A file that cannot be read is listed unless something is asked of the sessions.
fn is_wanted(arguments: &SessionsArguments, (_, session): &Entry) -> bool {
    match session {
        Ok(session) => filter::matches(arguments, session),
        Err(_) => !filter::is_asked(arguments),
    }
}

fn say_unreadable(entries: &[Entry]) {
    for (_, session) in entries {
        if let Err(error) = session {
            talk::say(error);
        }
    }
}

fn table(index: &SessionIndex, entries: &[Entry]) -> Table {
    let mut columns = vec![
        Column::text("SESSION"),
        Column::name("SCRIPT"),
        Column::number("PROCESSES"),
        Column::number("CALLS"),
        Column::number("DURATION"),
        Column::text("START"),
        Column::text("STATE"),
    ];
    // Names and notes take room only where somebody gave one.
    let labels: Vec<Label> = LABELS.into_iter().filter(|label| label.is_used(entries)).collect();
    columns.extend(labels.iter().map(|label| Column::name(label.heading)));
    let mut table = Table::new(columns);
    for (id, session) in entries {
        let id = Cell::styled_start(id.as_str(), EMPHASIS, index.unique_prefix(id).len());
        let mut row = match session {
            Ok(session) => session_row(id, session),
            Err(error) => broken_row(id, error),
        };
        row.extend(labels.iter().map(|label| Cell::plain(label.of(session).unwrap_or(""))));
        table.push(row);
    }
    table
}

/// A column for what users said of their sessions.
struct Label {
    heading: &'static str,
    get: fn(&Session) -> Option<&str>,
}

const LABELS: [Label; 3] = [
    Label { heading: "KIND", get: |session| attached(session) },
    Label { heading: "NAME", get: |session| session.name.as_deref() },
    Label { heading: "NOTE", get: |session| session.note.as_deref() },
];

/// Says that a session began in the middle of its program.
fn attached(session: &Session) -> Option<&str> {
    (session.kind == SessionKind::Attached).then(|| session.kind.as_str())
}

impl Label {
    fn of<'a>(&self, session: &'a Result<Session, StoreError>) -> Option<&'a str> {
        session.as_ref().ok().and_then(self.get)
    }

    fn is_used(&self, entries: &[Entry]) -> bool {
        entries.iter().any(|(_, session)| self.of(session).is_some())
    }
}

fn session_row(id: Cell, session: &Session) -> Vec<Cell> {
    let took = session_choice::duration_ns(session);
    let state = match session.state {
        SessionState::Killed => WARNING,
        SessionState::Running => EMPHASIS,
        SessionState::Finished => Style::new(),
    };
    vec![
        id,
        Cell::plain(&session.script),
        Cell::plain(thousands(session.process_count)),
        Cell::plain(thousands(session.call_count)),
        Cell::plain(took.map_or_else(|| "-".into(), duration)),
        Cell::plain(local_time(session.start_unix_ns)),
        Cell::styled(session.state.as_str(), state),
    ]
}

fn broken_row(id: Cell, error: &StoreError) -> Vec<Cell> {
    let mut row = vec![id];
    row.extend((0..5).map(|_| Cell::plain("-")));
    row.push(Cell::styled(error.state_word(), WARNING));
    row
}

/// Local time to the second; empty for a time no calendar has.
pub(super) fn local_time(unix_ns: u64) -> String {
    let timestamp = Timestamp::from_nanosecond(i128::from(unix_ns)).ok();
    let local = timestamp.map(|timestamp| timestamp.to_zoned(TimeZone::system()));
    local.map(|time| time.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    schema_version: u32,
    sessions: Vec<SessionObject<'a>>,
}

#[derive(Debug, Serialize)]
struct SessionObject<'a> {
    session_id: &'a str,
    /// `running`, `finished`, `killed`, or why the file cannot be read.
    state: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    known: Option<Known<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What only a readable session has. The names are those of an export.
#[derive(Debug, Serialize)]
struct Known<'a> {
    script_path: &'a str,
    name: Option<&'a str>,
    note: Option<&'a str>,
    kind: &'static str,
    pid: u32,
    process_count: u64,
    call_count: u64,
    start_unix_ns: u64,
    end_unix_ns: Option<u64>,
    exit_code: Option<i32>,
}

fn document(entries: &[Entry]) -> Document<'_> {
    let sessions = entries.iter().map(|(id, session)| session_object(id, session));
    Document { schema_version: SCHEMA_VERSION, sessions: sessions.collect() }
}

fn session_object<'a>(
    id: &'a SessionId,
    session: &'a Result<Session, StoreError>,
) -> SessionObject<'a> {
    let session_id = id.as_str();
    match session {
        Ok(session) => SessionObject {
            session_id,
            state: session.state.as_str(),
            known: Some(known(session)),
            error: None,
        },
        Err(error) => SessionObject {
            session_id,
            state: error.state_word(),
            known: None,
            error: Some(error.to_string()),
        },
    }
}

fn known(session: &Session) -> Known<'_> {
    Known {
        script_path: &session.script,
        name: session.name.as_deref(),
        note: session.note.as_deref(),
        kind: session.kind.as_str(),
        pid: session.pid,
        process_count: session.process_count,
        call_count: session.call_count,
        start_unix_ns: session.start_unix_ns,
        end_unix_ns: session.end_unix_ns,
        exit_code: session.exit_code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn session() -> Session {
        Session {
            id: SessionId::new(1_763_630_000_000_000_000, 7),
            script: "app.py".into(),
            name: None,
            note: None,
            kind: ghost_model::SessionKind::Started,
            pid: 42,
            start_unix_ns: 1_763_630_000_500_000_000,
            end_unix_ns: None,
            exit_code: None,
            state: SessionState::Running,
            process_count: 2,
            call_count: 635_621,
        }
    }

    #[test]
    fn a_readable_session_and_a_broken_file_are_both_listed() {
        let id = SessionId::new(1_763_630_001_000_000_000, 8);
        let damaged = StoreError::Damaged { path: "x.db".into(), detail: "page 3".into() };
        let entries = [(session().id, Ok(session())), (id, Err(damaged))];
        let json = serde_json::to_string_pretty(&document(&entries)).unwrap();
        insta::assert_snapshot!("sessions_json", json);
    }

    #[test]
    fn impossible_times_are_left_out() {
        assert_eq!(local_time(u64::MAX).len(), "2554-07-21 23:34:33".len());
        assert_eq!(StoreError::Missing { path: "x".into() }.state_word(), "unreadable");
    }
}
