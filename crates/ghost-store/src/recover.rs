//! Tidying up after every `ghost run` that could not do so itself.
//!
//! A run folder that nobody holds is abandoned: its ledgers are folded, those of dead processes
//! deleted. Whatever cannot be folded is kept where it is and reported; one bad run never stops
//! the others.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ghost_model::{SessionId, SessionKind, SessionState};

use crate::data_dir::DataDir;
use crate::run_folder::{self, RunFolder};
use crate::session_writer::{NewSession, SessionWriter, modified_unix_ns};
use crate::store_error::StoreError;

/// A run folder without `run.conf` may be about to get one; after this time it will not.
const BEGINNING: Duration = Duration::from_mins(1);

/// What the script is called where the session file was lost with everything it said.
const UNKNOWN_SCRIPT: &str = "?";

/// What was done, and what could not be.
#[derive(Debug, Default)]
pub struct Recovery {
    /// Sessions that lost their `ghost run` and were closed now.
    pub recovered: Vec<SessionId>,
    /// Files that could not be used, where they are now, and why.
    pub broken: Vec<(PathBuf, String)>,
}

/// Folds what abandoned runs left behind. Run it before anything is shown.
pub fn recover(data_dir: &DataDir) -> Result<Recovery, StoreError> {
    let folder = data_dir.runs_dir();
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Recovery::default()),
        Err(error) => return Err(StoreError::io("read", &folder)(error)),
    };
    let mut recovery = Recovery::default();
    for entry in entries.flatten() {
        let id = entry.file_name().to_str().and_then(|name| name.parse::<SessionId>().ok());
        let Some(id) = id else { continue };
        if let Err(error) = recover_run(data_dir, &id, &mut recovery) {
            recovery.broken.push((entry.path(), error.to_string()));
        }
    }
    Ok(recovery)
}

fn recover_run(
    data_dir: &DataDir,
    id: &SessionId,
    recovery: &mut Recovery,
) -> Result<(), StoreError> {
    let run_dir = data_dir.run_dir(id);
    let begun = run_dir.join("run.conf").exists();
    let _lock = match RunFolder::claim(&run_dir)? {
        Some(lock) => Some(lock),
        None if !begun && is_old(&run_dir) => None,
        None => return Ok(()),
    };
    let ledgers = run_folder::ledgers(&run_dir)?;
    let written = ledgers.iter().filter_map(|ledger| modified_unix_ns(&ledger.path)).max();
    let has_rings = !run_folder::rings(&run_dir)?.is_empty();
    if !begun && ledgers.is_empty() && !has_rings {
        return run_folder::remove_if_done(&run_dir);
    }
    let mut writer = match SessionWriter::reopen(data_dir, id) {
        Err(StoreError::Missing { .. }) if ledgers.is_empty() && !has_rings => {
            return run_folder::remove_if_done(&run_dir);
        }
        Err(StoreError::Missing { .. }) => SessionWriter::create(data_dir, lost_session(id))?,
        result => result?,
    };
    let report = writer.fold(&run_dir)?;
    let was_running = writer.session().state == SessionState::Running;
    writer.mark_killed(written.filter(|_| report.running_count == 0));
    let last = writer.finish_as_is()?;
    recovery.broken.extend(report.broken.into_iter().chain(last.broken));
    if was_running {
        recovery.recovered.push(id.clone());
    }
    Ok(())
}

/// Whether a `ghost run` may be about to put its `run.conf` into this folder.
pub(crate) fn is_beginning(run_dir: &Path) -> bool {
    let names = fs::read_dir(run_dir)
        .map(|entries| entries.flatten().map(|entry| entry.file_name()).collect::<Vec<_>>());
    names.is_ok_and(|names| names.iter().all(|name| name == "run.conf.new")) && !is_old(run_dir)
}

fn is_old(run_dir: &Path) -> bool {
    let modified = fs::metadata(run_dir).and_then(|found| found.modified()).ok();
    let age = modified.and_then(|modified| SystemTime::now().duration_since(modified).ok());
    age.is_some_and(|age| age > BEGINNING)
}

/// What can be said of a session whose file is gone: the id tells its start.
fn lost_session(id: &SessionId) -> NewSession {
    let seconds = id.as_str().split('-').next().and_then(|time| time.parse::<u64>().ok());
    NewSession {
        id: id.clone(),
        script: UNKNOWN_SCRIPT.to_owned(),
        name: None,
        note: None,
        kind: SessionKind::Started,
        pid: 0,
        start_unix_ns: seconds.unwrap_or(0).saturating_mul(1_000_000_000),
    }
}
