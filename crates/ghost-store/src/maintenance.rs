//! Keeping session files healthy: logs are written back, statistics kept, damage looked for.
//!
//! Two logs, two owners: the log of a file that is being written belongs to its
//! [`crate::SessionWriter`], which empties it here; all others are emptied by
//! [`checkpoint_idle_sessions`]. Never touches a session that runs or begins, and repairs nothing.

use std::path::Path;
use std::time::{Duration, Instant};

use ghost_model::SessionId;
use rusqlite::Connection;

use crate::data_dir::DataDir;
use crate::open;
use crate::removal::is_in_use;
use crate::session_index::SessionIndex;
use crate::store_error::StoreError;

/// Time between two passive checkpoints of a file that is being written.
pub const CHECKPOINT_INTERVAL: Duration = Duration::from_mins(30);

/// Problems that [`check_integrity`] tells; one is enough to know, and `SQLite` would go on.
const PROBLEMS_MAX: u32 = 20;

/// What became of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkpoint {
    /// There was nothing to write back.
    Empty,
    /// All of it is in the file.
    Complete,
    /// A reader needs the rest: the next time.
    Partial,
}

/// How thoroughly to write back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointMode {
    /// Whatever disturbs nobody.
    Passive,
    /// Everything, after which the log is removed: when nobody needs it any more.
    Truncate,
}

/// One session and what became of its log.
#[derive(Debug)]
pub struct Checkpointed {
    /// The session.
    pub id: SessionId,
    /// What was done, or why not.
    pub outcome: Result<Checkpoint, StoreError>,
}

/// Writes back the logs that were left beside files nobody writes: of runs that were killed, and of
/// sessions that somebody was reading when they ended.
pub fn checkpoint_idle_sessions(
    data_dir: &DataDir,
    mode: CheckpointMode,
) -> Result<Vec<Checkpointed>, StoreError> {
    let index = SessionIndex::read(data_dir)?;
    let has_log = |id: &&SessionId| open::has_log(&data_dir.session_path(id));
    let idle = index.ids().iter().filter(has_log).filter(|id| !is_in_use(data_dir, id));
    let done = idle.map(|id| Checkpointed {
        id: id.clone(),
        outcome: checkpoint_idle(&data_dir.session_path(id), mode),
    });
    Ok(done.collect())
}

fn checkpoint_idle(path: &Path, mode: CheckpointMode) -> Result<Checkpoint, StoreError> {
    let conn = open::writable(path)?;
    let outcome = checkpoint(&conn, mode).map_err(StoreError::sql(path))?;
    if mode == CheckpointMode::Truncate && outcome != Checkpoint::Partial {
        open::close_plain(conn).map_err(StoreError::sql(path))?;
    }
    Ok(outcome)
}

/// Writes back a log.
pub(crate) fn checkpoint(conn: &Connection, mode: CheckpointMode) -> rusqlite::Result<Checkpoint> {
    let sql = match mode {
        CheckpointMode::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
        CheckpointMode::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
    };
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let (is_refused, in_log, written): (bool, i64, i64) = conn.query_row(sql, [], read)?;
    Ok(match (is_refused, in_log, written) {
        (false, ..=0, _) => Checkpoint::Empty,
        (false, in_log, written) if in_log == written => Checkpoint::Complete,
        _ => Checkpoint::Partial,
    })
}

/// When a file that is being written is due for its next passive checkpoint.
#[derive(Debug)]
pub(crate) struct CheckpointClock {
    last: Instant,
    interval: Duration,
}

impl CheckpointClock {
    /// One that begins now.
    pub(crate) fn new(interval: Duration) -> Self {
        Self { last: Instant::now(), interval }
    }

    /// Does what is due. A failure is logged and waits for the next time: the log stays readable.
    pub(crate) fn tick(&mut self, conn: &Connection, path: &Path) {
        if self.last.elapsed() < self.interval {
            return;
        }
        self.last = Instant::now();
        let path = path.display();
        match checkpoint(conn, CheckpointMode::Passive) {
            Ok(outcome) => tracing::debug!(%path, ?outcome, "passive checkpoint"),
            Err(error) => tracing::warn!(%path, %error, "passive checkpoint failed"),
        }
    }
}

/// Looks through a whole session file for damage; tells what it found, nothing if all is well.
/// May read every page: for a large file that takes as long as the disk does.
pub fn check_integrity(data_dir: &DataDir, id: &SessionId) -> Result<Vec<String>, StoreError> {
    let path = data_dir.session_path(id);
    let conn = match open::read_only(&path) {
        Err(StoreError::Damaged { detail, .. }) => return Ok(vec![detail]),
        opened => opened?,
    };
    match problems(&conn).map_err(StoreError::sql(&path)) {
        Err(StoreError::Damaged { detail, .. }) => Ok(vec![detail]),
        found => found,
    }
}

fn problems(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare(&format!("PRAGMA quick_check({PROBLEMS_MAX})"))?;
    let found = statement.query_map([], |row| row.get::<_, String>(0))?;
    found.filter(|line| !matches!(line, Ok(line) if line == "ok")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{DEAD_PID, Stage, end, fib, snapshot};
    use ghost_model::SessionState;

    /// A session that ended while somebody was reading it: its log stays.
    fn with_log() -> Stage {
        let mut stage = Stage::new("");
        let writer = stage.writer();
        let _ = stage.ledger(DEAD_PID, 1, snapshot(DEAD_PID, fib(21)));
        let reader = stage.reader();
        writer.finish(end(SessionState::Finished)).unwrap();
        drop(reader);
        // A reader cannot remove the log; the bytes are those of a killed writer.
        let conn = open::writable(&stage.path()).unwrap();
        conn.execute_batch("UPDATE sessions SET note = 'later'").unwrap();
        let bytes = std::fs::read(open::log_of(&stage.path())).unwrap();
        let file = std::fs::read(stage.path()).unwrap();
        drop(conn);
        std::fs::write(stage.path(), file).unwrap();
        std::fs::write(open::log_of(&stage.path()), bytes).unwrap();
        stage.folder = None;
        stage
    }

    #[test]
    fn a_log_left_behind_is_written_back_and_removed() {
        let stage = with_log();
        assert!(open::has_log(&stage.path()));
        let done = checkpoint_idle_sessions(&stage.data_dir, CheckpointMode::Truncate).unwrap();
        assert!(matches!(done[0].outcome, Ok(Checkpoint::Complete | Checkpoint::Empty)));
        assert!(!open::log_of(&stage.path()).exists());
        assert_eq!(stage.query("SELECT note FROM sessions"), ["later"]);
        assert!(
            checkpoint_idle_sessions(&stage.data_dir, CheckpointMode::Passive).unwrap().is_empty()
        );
    }

    #[test]
    fn what_a_reader_needs_stays_in_the_log() {
        let stage = with_log();
        let reader = stage.reader();
        let done = checkpoint_idle_sessions(&stage.data_dir, CheckpointMode::Passive).unwrap();
        assert!(done[0].outcome.is_ok(), "{:?}", done[0].outcome);
        assert_eq!(reader.session().note.as_deref(), Some("later"));
        drop(reader);
    }

    #[test]
    fn a_session_that_runs_is_left_to_its_writer() {
        let stage = Stage::new("");
        let _writer = stage.writer();
        let done = checkpoint_idle_sessions(&stage.data_dir, CheckpointMode::Truncate).unwrap();
        assert!(done.is_empty());
    }

    #[test]
    fn the_writer_checkpoints_when_it_is_due_and_not_before() {
        let stage = with_log();
        let conn = open::writable(&stage.path()).unwrap();
        let in_log = || checkpoint(&conn, CheckpointMode::Passive).unwrap();
        conn.execute_batch("UPDATE sessions SET note = 'a'").unwrap();
        let before = std::fs::read(stage.path()).unwrap();
        CheckpointClock::new(CHECKPOINT_INTERVAL).tick(&conn, &stage.path());
        assert_eq!(std::fs::read(stage.path()).unwrap(), before);
        CheckpointClock::new(Duration::ZERO).tick(&conn, &stage.path());
        assert_ne!(std::fs::read(stage.path()).unwrap(), before);
        assert_eq!(in_log(), Checkpoint::Complete);
    }

    #[test]
    fn damage_is_found_and_health_is_silent() {
        let stage = with_log();
        let check = || check_integrity(&stage.data_dir, &stage.id);
        assert_eq!(check().unwrap(), Vec::<String>::new());
        let conn = open::writable(&stage.path()).unwrap();
        let fill = "CREATE TABLE filler (a); INSERT INTO filler
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 2000)
             SELECT hex(randomblob(40)) FROM n";
        conn.execute_batch(fill).unwrap();
        open::close_plain(conn).unwrap();
        let mut bytes = std::fs::read(stage.path()).unwrap();
        let half = bytes.len() / 2;
        bytes[half..half + 9000].fill(0x5a);
        std::fs::write(stage.path(), bytes).unwrap();
        assert!(!check().unwrap().is_empty());
        std::fs::write(stage.path(), "no database".repeat(99)).unwrap();
        assert!(!check().unwrap().is_empty());
    }

    #[test]
    fn a_session_that_is_not_there_cannot_be_checked() {
        let stage = Stage::new("");
        let missing = check_integrity(&stage.data_dir, &stage.id).unwrap_err();
        assert!(matches!(missing, StoreError::Missing { .. }));
    }
}
