//! `ghost clean`: removes old sessions. Says what it is going to do, then does it.
//!
//! What runs, has a name or is being read stays; so does what another version may be able to read.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use ghost_store::retention::{Candidate, Limits, Verdict, plan};
use ghost_store::{
    Abandoned, DataDir, Holding, RemoveError, StoreError, abandoned, inventory, remove_session,
};
use serde::Serialize;

use super::session_choice;
use crate::args::{CleanArguments, CleanFormat, ColourChoice};
use crate::exit::{CommandError, FAILURE, SUCCESS};
use crate::output::colour::{WARNING, standard_output};
use crate::output::number::{counted, size};
use crate::output::table::{Cell, Column, Table};
use crate::output::{talk, terminal};

/// Version of the JSON below.
const SCHEMA_VERSION: u32 = 1;

const DAY_NS: f64 = 86_400e9;

/// A session and what becomes of it.
type Planned<'a> = (&'a Holding, Verdict);

/// Runs the command.
pub(crate) fn execute(
    arguments: &CleanArguments,
    colour: ColourChoice,
) -> Result<u8, CommandError> {
    let data_dir = session_choice::data_dir()?;
    let holdings = inventory(&data_dir)?;
    let candidates: Vec<Candidate> = holdings.iter().map(Candidate::of).collect();
    let verdicts = plan(&candidates, limits(arguments), now_unix_ns());
    let planned: Vec<Planned<'_>> = holdings.iter().zip(verdicts).collect();
    let before_unix_ns = now_unix_ns().saturating_sub(limits(arguments).age_ns_max);
    let leftovers = abandoned(&data_dir, before_unix_ns)?;
    show(arguments, &candidates, &planned, colour)?;
    let removals = planned.iter().filter(|(_, verdict)| verdict.is_removal());
    let removals: Vec<&Holding> = removals.map(|(holding, _)| *holding).collect();
    let mut removed =
        if arguments.dry_run { Removed::all(&removals) } else { remove(&data_dir, &removals) };
    conclude(arguments.dry_run, &planned, &removed);
    removed.failed |= !remove_leftovers(&leftovers, arguments.dry_run);
    Ok(if removed.failed { FAILURE } else { SUCCESS })
}

fn limits(arguments: &CleanArguments) -> Limits {
    Limits {
        age_ns_max: (arguments.older_than * DAY_NS) as u64,
        keep: arguments.keep,
        bytes_max: arguments.max_size,
        named: arguments.named,
    }
}

fn show(
    arguments: &CleanArguments,
    candidates: &[Candidate],
    planned: &[Planned<'_>],
    colour: ColourChoice,
) -> Result<(), CommandError> {
    let mut output = standard_output(colour);
    let nothing = planned.iter().all(|(_, verdict)| !verdict.is_removal());
    match arguments.format {
        CleanFormat::Table if nothing => {}
        CleanFormat::Table => table(planned).write(&mut output, terminal::width())?,
        CleanFormat::Json => {
            let document = document(arguments.dry_run, candidates, planned);
            serde_json::to_writer_pretty(&mut output, &document).map_err(std::io::Error::from)?;
            writeln!(output)?;
        }
    }
    output.flush()?;
    for (holding, verdict) in planned {
        if let (Err(error), false) = (&holding.session, verdict.is_removal()) {
            talk::say(format_args!("kept: {error}"));
        }
    }
    Ok(())
}

/// What is removed, and why.
fn table(planned: &[Planned<'_>]) -> Table {
    let mut table = Table::new(vec![
        Column::text("SESSION"),
        Column::name("SCRIPT"),
        Column::number("SIZE"),
        Column::text("LAST USED"),
        Column::text("WHY"),
    ]);
    for (holding, verdict) in planned.iter().filter(|(_, verdict)| verdict.is_removal()) {
        let why = match &holding.session {
            Ok(_) => Cell::plain(verdict.as_str()),
            Err(StoreError::Missing { .. }) => {
                Cell::plain(format!("{}, remains", verdict.as_str()))
            }
            Err(_) => Cell::styled(format!("{}, damaged", verdict.as_str()), WARNING),
        };
        table.push(vec![
            Cell::plain(holding.id.as_str()),
            Cell::plain(holding.session.as_ref().map_or("-", |session| &session.script)),
            Cell::plain(size(holding.bytes)),
            Cell::plain(super::sessions::local_time(Candidate::of(holding).last_unix_ns)),
            why,
        ]);
    }
    table
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    schema_version: u32,
    dry_run: bool,
    sessions: Vec<Entry<'a>>,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    session_id: &'a str,
    script_path: Option<&'a str>,
    name: Option<&'a str>,
    bytes: u64,
    last_unix_ns: u64,
    /// Whether it is (or would be) removed.
    remove: bool,
    /// `old`, `excess`; `recent`, `newest`, `named`, `running`, `unreadable`.
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

fn document<'a>(dry_run: bool, candidates: &[Candidate], planned: &[Planned<'a>]) -> Document<'a> {
    let entry = |((holding, verdict), candidate): (&Planned<'a>, &Candidate)| Entry {
        session_id: holding.id.as_str(),
        script_path: holding.session.as_ref().ok().map(|session| session.script.as_str()),
        name: holding.session.as_ref().ok().and_then(|session| session.name.as_deref()),
        bytes: candidate.bytes,
        last_unix_ns: candidate.last_unix_ns,
        remove: verdict.is_removal(),
        reason: verdict.as_str(),
        error: holding.session.as_ref().err().map(ToString::to_string),
    };
    let sessions = planned.iter().zip(candidates).map(entry).collect();
    Document { schema_version: SCHEMA_VERSION, dry_run, sessions }
}

/// What was really removed: a session may have come into use since the plan was made.
#[derive(Debug, Default)]
struct Removed {
    count: u64,
    bytes: u64,
    /// Whether the system refused one.
    failed: bool,
}

impl Removed {
    fn add(&mut self, holding: &Holding) {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(holding.bytes);
    }

    fn all(removals: &[&Holding]) -> Self {
        let mut all = Self::default();
        for holding in removals {
            all.add(holding);
        }
        all
    }
}

/// Removes them one by one, and says which could not be.
fn remove(data_dir: &DataDir, removals: &[&Holding]) -> Removed {
    let mut removed = Removed::default();
    for holding in removals {
        match remove_session(data_dir, &holding.id) {
            Ok(()) => removed.add(holding),
            Err(error) => {
                talk::say(format_args!("kept: {}", talk::with_causes(&error)));
                removed.failed |= matches!(error, RemoveError::Store(_));
            }
        }
    }
    removed
}

/// Removes what programs without a session left; false where the system refused one.
fn remove_leftovers(leftovers: &[Abandoned], dry_run: bool) -> bool {
    let (mut count, mut bytes, mut failed) = (0, 0, false);
    for leftover in leftovers {
        match if dry_run { Ok(()) } else { leftover.remove() } {
            Ok(()) => (count, bytes) = (count + 1, bytes + leftover.bytes),
            Err(error) => {
                talk::say(format_args!("kept: {}", talk::with_causes(&error)));
                failed = true;
            }
        }
    }
    if count > 0 {
        let verb = if dry_run { "would remove" } else { "removed" };
        let folders = counted(count, "folder", "folders");
        talk::say(format_args!("{verb} {folders} of programs without a session, {}", size(bytes)));
    }
    !failed
}

/// `removed 3 sessions, 1.2 MiB; 5 kept (1 running, 2 named)`
fn conclude(dry_run: bool, planned: &[Planned<'_>], removed: &Removed) {
    let verb = if dry_run { "would remove" } else { "removed" };
    let sessions = counted(removed.count, "session", "sessions");
    let (bytes, kept) = (size(removed.bytes), planned.len() as u64 - removed.count);
    talk::say(format_args!("{verb} {sessions}, {bytes}; {kept} kept{}", reasons(planned)));
}

/// Why sessions were kept that a limit might have concerned.
fn reasons(planned: &[Planned<'_>]) -> String {
    let shown = [Verdict::Running, Verdict::Newest, Verdict::Named, Verdict::Unreadable];
    let count = |wanted: Verdict| planned.iter().filter(|(_, verdict)| *verdict == wanted).count();
    let reasons: Vec<String> = shown
        .into_iter()
        .filter(|&verdict| count(verdict) > 0)
        .map(|verdict| format!("{} {}", count(verdict), verdict.as_str()))
        .collect();
    if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) }
}

fn now_unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
