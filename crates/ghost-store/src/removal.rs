//! Removing a session with everything that belongs to it: all of it, or nothing.
//!
//! A session that still runs is never removed, nor one that somebody reads at this moment: its file
//! is locked against readers first, and a run folder is claimed as `recover` claims it.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use ghost_model::SessionId;
use rusqlite::{Connection, OpenFlags};

use crate::data_dir::DataDir;
use crate::inventory::files_of;
use crate::recover::is_beginning;
use crate::run_folder::{self, RunFolder};
use crate::store_error::StoreError;

/// Why a session was not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// Its `ghost run` or one of its processes is there.
    #[error("session `{0}` is running")]
    Running(SessionId),
    /// Another program has its file open.
    #[error("session `{0}` is being read")]
    BeingRead(SessionId),
    /// The system refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Removes the files of a session and its run folder. One that is gone already is removed.
pub fn remove_session(data_dir: &DataDir, id: &SessionId) -> Result<(), RemoveError> {
    let run_dir = data_dir.run_dir(id);
    // Both are held to the end of this function.
    let _claim = claim(&run_dir, id)?;
    let path = data_dir.session_path(id);
    let _lock = if path.exists() { lock(&path, id)? } else { None };
    // The session file first: what remains after a failure is found as remains, not as a session.
    let mut files = files_of(&path)?;
    files.sort();
    for file in files {
        gone(fs::remove_file(&file)).map_err(StoreError::io("remove", &file))?;
    }
    gone(fs::remove_dir_all(&run_dir)).map_err(StoreError::io("remove", &run_dir))?;
    Ok(())
}

/// Whether the session's `ghost run` or one of its processes may still write.
pub(crate) fn is_in_use(data_dir: &DataDir, id: &SessionId) -> bool {
    let run_dir = data_dir.run_dir(id);
    let is_unfolded = run_folder::is_unfolded(&run_dir).unwrap_or(true);
    run_folder::is_held(&run_dir) || is_beginning(&run_dir) || is_unfolded
}

fn claim(run_dir: &Path, id: &SessionId) -> Result<Option<RunFolder>, RemoveError> {
    let running = || RemoveError::Running(id.clone());
    if is_beginning(run_dir) || run_folder::is_unfolded(run_dir)? {
        return Err(running());
    }
    if !run_dir.join("run.conf").exists() {
        return Ok(None);
    }
    RunFolder::claim(run_dir)?.map(Some).ok_or_else(running)
}

/// Locks a session file against everybody. A damaged file cannot be locked, and nobody reads it.
fn lock(path: &Path, id: &SessionId) -> Result<Option<Connection>, RemoveError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let locked = || -> rusqlite::Result<Connection> {
        let conn = Connection::open_with_flags(path, flags)?;
        conn.busy_timeout(Duration::ZERO)?;
        // Refused as long as anybody else has the file open in write-ahead mode.
        conn.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
        conn.execute_batch("BEGIN EXCLUSIVE")?;
        Ok(conn)
    };
    match locked().map_err(StoreError::sql(path)) {
        Ok(conn) => Ok(Some(conn)),
        Err(StoreError::Busy { .. }) => Err(RemoveError::BeingRead(id.clone())),
        Err(error) if error.is_damage() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn gone(removed: std::io::Result<()>) -> std::io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{DEAD_PID, Stage, end, fib, snapshot};
    use crate::{SessionReader, inventory};
    use ghost_model::SessionState;

    fn finished() -> Stage {
        let mut stage = Stage::new("");
        let _ = stage.ledger(DEAD_PID, 1, snapshot(DEAD_PID, fib(21)));
        stage.writer().finish(end(SessionState::Finished)).unwrap();
        stage.folder = None;
        stage
    }

    fn files(stage: &Stage) -> usize {
        let count = |folder| fs::read_dir(folder).unwrap().count();
        count(stage.data_dir.sessions_dir()) + count(stage.data_dir.runs_dir())
    }

    #[test]
    fn a_finished_session_is_removed_with_all_that_belongs_to_it() {
        let stage = finished();
        for ending in ["-wal", ".displaced-1", ".rescued"] {
            fs::write(crate::open::suffixed(&stage.path(), ending), "").unwrap();
        }
        fs::create_dir(stage.run_dir()).unwrap();
        fs::write(stage.run_dir().join("5-1.ledger.broken"), "x").unwrap();
        remove_session(&stage.data_dir, &stage.id).unwrap();
        assert_eq!(files(&stage), 0);
        remove_session(&stage.data_dir, &stage.id).unwrap();
    }

    #[test]
    fn a_running_session_stays() {
        let stage = Stage::new("");
        let writer = stage.writer();
        let held = remove_session(&stage.data_dir, &stage.id).unwrap_err();
        assert!(matches!(held, RemoveError::Running(_)));
        assert!(inventory(&stage.data_dir).unwrap()[0].is_running);
        drop(writer);
        assert!(SessionReader::open(&stage.data_dir, &stage.id).is_ok());
    }

    #[test]
    fn a_session_whose_program_outlived_its_run_stays() {
        let mut stage = Stage::new("");
        drop(stage.writer());
        stage.folder = None;
        stage.live_ledger(fib(3));
        let held = remove_session(&stage.data_dir, &stage.id).unwrap_err();
        assert!(matches!(held, RemoveError::Running(_)));
    }

    #[test]
    fn a_session_that_is_just_beginning_stays() {
        let stage = finished();
        fs::create_dir(stage.run_dir()).unwrap();
        assert!(remove_session(&stage.data_dir, &stage.id).is_err());
    }

    #[test]
    fn a_session_that_is_being_read_stays_until_it_is_not() {
        let stage = finished();
        let reader = stage.reader();
        let held = remove_session(&stage.data_dir, &stage.id).unwrap_err();
        assert!(matches!(held, RemoveError::BeingRead(_)), "{held}");
        assert_eq!(reader.recording().unwrap(), fib(21));
        drop(reader);
        remove_session(&stage.data_dir, &stage.id).unwrap();
    }

    #[test]
    fn a_damaged_file_can_be_removed() {
        let stage = finished();
        fs::write(stage.path(), "no database").unwrap();
        let holding = inventory(&stage.data_dir).unwrap().remove(0);
        assert!(holding.session.is_err() && !holding.is_running);
        assert_eq!(holding.bytes, "no database".len() as u64);
        remove_session(&stage.data_dir, &stage.id).unwrap();
        assert_eq!(files(&stage), 0);
    }
}
