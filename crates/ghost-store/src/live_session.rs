//! What a session has come to at this moment, newer than its file: processes that ended come from
//! the file, those that run from their ledgers.
//!
//! Changes nothing: folding, deleting and setting aside stay with the writer. Keeps what it read of
//! ended processes, since their rows never change.

use std::collections::HashSet;
use std::path::Path;

use ghost_ledger::{LedgerSnapshot, read_ledger};
use ghost_model::{
    CallTree, FunctionId, Process, ProcessState, Profile, Recording, Session, SessionId,
    SessionKind, SessionState,
};

use crate::data_dir::DataDir;
use crate::reading;
use crate::run_folder::{self, LedgerFile};
use crate::session_reader::{FoldedProcess, SessionReader};
use crate::session_writer::LedgerReader;
use crate::store_error::StoreError;

/// One process of a session, and how many calls it made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveProcess {
    /// The process.
    pub process: Process,
    /// Calls in it.
    pub call_count: u64,
}

/// A session at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveState {
    /// The session; its numbers of processes and calls are those of this moment.
    pub session: Session,
    /// Its processes: ended ones first, each in the order they were first seen.
    pub processes: Vec<LiveProcess>,
    /// What was seen of the program, all processes together. Each function is in it once. Ids mean
    /// nothing beyond it.
    pub recording: Recording,
    /// What ran below what, where that was kept: functions are those of `recording`.
    pub call_tree: CallTree,
    /// Whether no process is left that could still count.
    pub is_final: bool,
}

/// Reads a session again and again while it may be running.
pub struct LiveSession {
    data_dir: DataDir,
    id: SessionId,
    ended: Ended,
    read: LedgerReader,
}

/// What was read of processes whose ledger is gone.
#[derive(Debug, Default)]
struct Ended {
    process_ids: Vec<i64>,
    recording: Recording,
    call_tree: CallTree,
}

impl std::fmt::Debug for LiveSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveSession").field("id", &self.id).finish_non_exhaustive()
    }
}

impl LiveSession {
    /// Nothing is read before the first [`Self::read`].
    pub fn new(data_dir: &DataDir, id: &SessionId) -> Self {
        Self {
            data_dir: data_dir.clone(),
            id: id.clone(),
            ended: Ended::default(),
            read: Box::new(read_ledger),
        }
    }

    #[cfg(test)]
    pub(crate) fn reading_with(self, read: LedgerReader) -> Self {
        Self { read, ..self }
    }

    /// The session as it is now. What was counted never becomes less from one call to the next.
    pub fn read(&mut self) -> Result<LiveState, StoreError> {
        // In this order: a ledger that is deleted in between is in the file by then, and what is read
        // after nobody held the folder is all there will be.
        let run_dir = self.data_dir.run_dir(&self.id);
        let is_held = run_folder::is_held(&run_dir);
        let running = self.read_ledgers(&run_dir)?;
        let reader = SessionReader::open(&self.data_dir, &self.id)?;
        let names: HashSet<&str> = running.iter().map(|(name, _)| name.as_str()).collect();
        let mut ended = reader.folded_processes()?;
        ended.retain(|folded| !names.contains(folded.ledger.as_str()));
        self.ended.update(&reader, &ended)?;
        let counts =
            |(_, live): &(String, LedgerSnapshot)| live.process.state == ProcessState::Running;
        let is_final = !is_held && !running.iter().any(counts);
        let mut session = reader.session().clone();
        if is_held && session.state == SessionState::Killed && session.end_unix_ns.is_none() {
            // Its `ghost run` ended since we looked; the next time its last words are in the file.
            session.state = SessionState::Running;
        }
        Ok(self.combined(session, ended, running, is_final))
    }

    /// What can be read. A ledger that cannot be (yet) is left to the writer, which says so.
    fn read_ledgers(&self, run_dir: &Path) -> Result<Vec<(String, LedgerSnapshot)>, StoreError> {
        let ledgers = run_folder::ledgers(run_dir)?;
        let read = |ledger: &LedgerFile| {
            let snapshot = reading::live_snapshot(ledger, &ledgers, &self.read)?;
            Some((ledger.name.clone(), snapshot))
        };
        Ok(ledgers.iter().filter_map(read).collect())
    }

    fn combined(
        &self,
        mut session: Session,
        ended: Vec<FoldedProcess>,
        running: Vec<(String, LedgerSnapshot)>,
        is_final: bool,
    ) -> LiveState {
        let mut recording = self.ended.recording.clone();
        let mut call_tree = self.ended.call_tree.clone();
        let ended = ended
            .into_iter()
            .map(|FoldedProcess { process, call_count, .. }| LiveProcess { process, call_count });
        let mut processes: Vec<LiveProcess> = ended.collect();
        for (_, snapshot) in running {
            let calls = snapshot.recording.profiles.iter().map(Profile::call_count);
            let call_count = calls.fold(0, u64::saturating_add);
            processes.push(LiveProcess { process: snapshot.process, call_count });
            let functions = recording.merge(snapshot.recording);
            let function = |id: FunctionId| functions.get(id.index()).copied().unwrap_or_default();
            call_tree.merge(&snapshot.call_tree, function);
        }
        recording.is_late = session.kind == SessionKind::Attached;
        session.process_count = processes.len() as u64;
        session.call_count =
            processes.iter().map(|live| live.call_count).fold(0, u64::saturating_add);
        LiveState { session, processes, recording, call_tree, is_final }
    }
}

impl Ended {
    fn update(
        &mut self,
        reader: &SessionReader,
        ended: &[FoldedProcess],
    ) -> Result<(), StoreError> {
        let process_ids: Vec<i64> = ended.iter().map(|folded| folded.process_id).collect();
        if process_ids != self.process_ids {
            self.recording = reader.recording_of(&process_ids)?;
            self.call_tree = reader.call_tree_of(&process_ids)?;
            self.process_ids = process_ids;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::stage::{DEAD_PID, Stage, calls, end, fib, snapshot};
    use ghost_ledger::ReadError;

    fn live(stage: &Stage) -> LiveSession {
        let snapshots = Arc::clone(&stage.snapshots);
        LiveSession::new(&stage.data_dir, &stage.id).reading_with(Box::new(move |path| {
            snapshots.lock().unwrap().get(path).cloned().ok_or(ReadError::Damaged { offset: 9 })
        }))
    }

    fn call_counts(state: &LiveState) -> Vec<u64> {
        state.processes.iter().map(|live| live.call_count).collect()
    }

    #[test]
    fn a_running_process_is_newer_than_its_file() {
        let stage = Stage::new("");
        let mut writer = stage.writer();
        stage.live_ledger(fib(5));
        writer.fold(&stage.run_dir()).unwrap();
        stage.live_ledger(fib(8));
        let now = live(&stage).read().unwrap();
        assert_eq!((calls(&now.recording), now.session.call_count), (8, 8));
        assert_eq!(call_counts(&now), [8]);
        assert!(!now.is_final && now.session.state == SessionState::Running);
        assert_eq!(calls(&stage.reader().recording().unwrap()), 5);
    }

    #[test]
    fn ended_and_running_processes_are_added() {
        let stage = Stage::new("");
        let mut writer = stage.writer();
        let mut live = live(&stage);
        stage.ledger(DEAD_PID, 1, snapshot(DEAD_PID, fib(10)));
        stage.live_ledger(fib(5));
        assert_eq!(call_counts(&live.read().unwrap()), [5, 10]);
        writer.fold(&stage.run_dir()).unwrap();
        let now = live.read().unwrap();
        assert_eq!((call_counts(&now), calls(&now.recording)), (vec![10, 5], 15));
        assert_eq!(now.processes[0].process.state, ProcessState::Ended);
        assert_eq!(now.processes[1].process.state, ProcessState::Running);
        assert_eq!(now.recording.observed().count(), 1);
        stage.ledger(DEAD_PID, 2, snapshot(DEAD_PID, fib(100)));
        writer.fold(&stage.run_dir()).unwrap();
        assert_eq!(calls(&live.read().unwrap().recording), 115);
    }

    #[test]
    fn a_finished_session_is_its_file() {
        let mut stage = Stage::new("");
        let writer = stage.writer();
        stage.ledger(DEAD_PID, 1, snapshot(DEAD_PID, fib(10)));
        writer.finish(end(SessionState::Finished)).unwrap();
        stage.folder = None;
        let now = live(&stage).read().unwrap();
        assert_eq!(now.recording, stage.reader().recording().unwrap());
        assert!(now.is_final);
        assert_eq!(now.session, *stage.reader().session());
    }

    #[test]
    fn a_ledger_that_cannot_be_read_is_left_alone_and_its_rows_are_used() {
        let stage = Stage::new("");
        let mut writer = stage.writer();
        let path = stage.live_ledger(fib(5));
        writer.fold(&stage.run_dir()).unwrap();
        stage.snapshots.lock().unwrap().clear();
        let now = live(&stage).read().unwrap();
        assert_eq!(call_counts(&now), [5]);
        assert!(path.exists());
    }
}
