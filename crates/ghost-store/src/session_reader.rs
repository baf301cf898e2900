//! Reading one session, finished or still running, as values of the model.
//!
//! All answers come from one moment: the reader holds one read transaction for its whole life, so
//! that a fold between two questions cannot make them disagree. Make a new reader to see what is new.

use std::collections::HashMap;
use std::path::PathBuf;

use ghost_model::{
    Activation, CallTree, FlowKey, FlowTotals, FunctionId, Process, ProcessState, Recording,
    RouteKey, RouteTotals, Session, SessionId, SessionKind, SessionState, Span, SpanCounts,
    SpanFunction, StatementKey, StatementTotals, TraceId,
};
use rusqlite::Connection;

use crate::call_tree_rows::CALL_TREE_SINCE;
use crate::data_dir::DataDir;
use crate::liveness::{is_elsewhere, running_start_ticks};
use crate::profile_sets::ProfileSets;
use crate::span_schema::SPANS_SINCE;
use crate::store_error::StoreError;
use crate::unsigned::Unsigned;
use crate::{
    call_tree_rows, open, recording_rows, run_folder, session_row, span_count_rows,
    span_function_rows, span_rows, span_total_rows, upgrade,
};

/// One process as it was last folded.
#[derive(Debug)]
pub(crate) struct FoldedProcess {
    pub(crate) process_id: i64,
    /// Name of the ledger it came from.
    pub(crate) ledger: String,
    pub(crate) call_count: u64,
    pub(crate) process: Process,
}

/// Reads one session file.
#[derive(Debug)]
pub struct SessionReader {
    conn: Connection,
    path: PathBuf,
    session: Session,
}

impl SessionReader {
    /// Opens the file of a session.
    pub fn open(data_dir: &DataDir, id: &SessionId) -> Result<Self, StoreError> {
        let path = data_dir.session_path(id);
        let conn = open::read_only(&path)?;
        let begin = || {
            conn.execute_batch("BEGIN")?;
            session_row::read(&conn, id)
        };
        let mut session = begin().map_err(StoreError::sql(&path))?;
        if session.state == SessionState::Running && !run_folder::is_held(&data_dir.run_dir(id)) {
            // Its `ghost run` is gone, and nobody has tidied up after it yet.
            session.state = SessionState::Killed;
        }
        Ok(Self { conn, path, session })
    }

    /// What is known of the session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Its processes, in the order they were first seen.
    pub fn processes(&self) -> Result<Vec<Process>, StoreError> {
        Ok(self.numbered_processes()?.into_iter().map(|(_, process)| process).collect())
    }

    /// What was seen of the program, all processes together.
    pub fn recording(&self) -> Result<Recording, StoreError> {
        let mut recording = ProfileSets::merged(&self.conn).map_err(StoreError::sql(&self.path))?;
        recording.is_late = self.session.kind == SessionKind::Attached;
        Ok(recording)
    }

    /// What ran below what, all processes together; nothing where no call tree was kept. Functions are
    /// those of [`Self::recording`].
    pub fn call_tree(&self) -> Result<CallTree, StoreError> {
        self.since(CALL_TREE_SINCE, |conn| call_tree_rows::merged(conn, None))
    }

    /// What ran below what in these processes together.
    pub(crate) fn call_tree_of(&self, process_ids: &[i64]) -> Result<CallTree, StoreError> {
        self.since(CALL_TREE_SINCE, |conn| call_tree_rows::merged(conn, Some(process_ids)))
    }

    /// What was seen of each process. Ids mean the same in all of them and in [`Self::recording`];
    /// functions seen in other processes only are external.
    pub fn recordings(&self) -> Result<Vec<(Process, Recording)>, StoreError> {
        let (process_ids, processes): (Vec<_>, Vec<_>) =
            self.numbered_processes()?.into_iter().unzip();
        let recordings = ProfileSets::apart(&self.conn, &process_ids);
        let recordings = recordings.map_err(StoreError::sql(&self.path))?;
        Ok(processes.into_iter().zip(recordings).collect())
    }

    /// What was seen of these processes together.
    pub(crate) fn recording_of(&self, process_ids: &[i64]) -> Result<Recording, StoreError> {
        ProfileSets::merged_of(&self.conn, process_ids).map_err(StoreError::sql(&self.path))
    }

    /// The processes with the names of their ledgers and their calls as last folded.
    pub(crate) fn folded_processes(&self) -> Result<Vec<FoldedProcess>, StoreError> {
        let mut written: HashMap<i64, (String, u64)> = HashMap::new();
        let sql = "SELECT process_id, ledger, call_count FROM processes";
        recording_rows::each(&self.conn, sql, |row| {
            let Unsigned(call_count) = row.get(2)?;
            written.insert(row.get(0)?, (row.get(1)?, call_count));
            Ok(())
        })
        .map_err(StoreError::sql(&self.path))?;
        let folded = |(process_id, process): (i64, Process)| {
            let (ledger, call_count) = written.remove(&process_id).unwrap_or_default();
            FoldedProcess { process_id, ledger, call_count, process }
        };
        Ok(self.numbered_processes()?.into_iter().map(folded).collect())
    }

    /// The latest activations of a function, newest first.
    pub fn activations(&self, function: FunctionId) -> Result<Vec<Activation>, StoreError> {
        recording_rows::activations(&self.conn, function).map_err(StoreError::sql(&self.path))
    }

    /// The activations that are kept of each process, parallel to [`Self::processes`], each list in
    /// the order of their start.
    pub fn activations_by_process(&self) -> Result<Vec<Vec<Activation>>, StoreError> {
        let place_of: HashMap<i64, usize> =
            self.numbered_processes()?.into_iter().map(|(id, _)| id).zip(0..).collect();
        let all = recording_rows::all_activations(&self.conn);
        let mut activations = vec![Vec::new(); place_of.len()];
        for (process, activation) in all.map_err(StoreError::sql(&self.path))? {
            let place = place_of.get(&process).copied();
            if let Some(list) = place.and_then(|place| activations.get_mut(place)) {
                list.push(activation);
            }
        }
        for list in &mut activations {
            list.sort_by_key(|activation| (activation.start_unix_ns, activation.sequence));
        }
        Ok(activations)
    }

    /// Sampled activations that were overwritten before they could be kept.
    pub fn activations_missed(&self) -> Result<u64, StoreError> {
        let sql = "SELECT ifnull(sum(activations_missed), 0) FROM processes";
        let missed = self.conn.query_row(sql, [], |row| row.get(0));
        missed.map(|Unsigned(missed)| missed).map_err(StoreError::sql(&self.path))
    }

    /// What the requests of each route add up to, in no particular order.
    pub fn routes(&self) -> Result<Vec<(RouteKey, RouteTotals)>, StoreError> {
        self.of_spans(span_total_rows::merged)
    }

    /// What the queries of each statement add up to, in no particular order.
    pub fn statements(&self) -> Result<Vec<(StatementKey, StatementTotals)>, StoreError> {
        self.of_spans(span_total_rows::merged)
    }

    /// What the requests sent to each host add up to, in no particular order.
    pub fn flows(&self) -> Result<Vec<(FlowKey, FlowTotals)>, StoreError> {
        self.of_spans(span_total_rows::merged)
    }

    /// How many spans there were, and what became of them.
    pub fn span_counts(&self) -> Result<SpanCounts, StoreError> {
        self.of_spans(span_count_rows::read)
    }

    /// The spans that are kept, in the order they came.
    pub fn spans(&self) -> Result<Vec<Span>, StoreError> {
        self.of_spans(span_rows::all)
    }

    /// The kept spans of one trace, in the order they came.
    pub fn spans_of_trace(&self, trace_id: TraceId) -> Result<Vec<Span>, StoreError> {
        self.of_spans(|conn| span_rows::of_trace(conn, trace_id))
    }

    /// The sampled activations that ran within spans and are kept, by their start. Ids are those of
    /// [`Self::recording`].
    pub fn span_functions(&self) -> Result<Vec<SpanFunction>, StoreError> {
        self.of_spans(span_function_rows::all)
    }

    /// What is read of spans; nothing of a file from before there were any.
    fn of_spans<T: Default>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.since(SPANS_SINCE, read)
    }

    /// What is read of a file of this version or later; nothing of an older one.
    fn since<T: Default>(
        &self,
        version: i64,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let read = || {
            if upgrade::version(&self.conn)? < version {
                return Ok(T::default());
            }
            read(&self.conn)
        };
        read().map_err(StoreError::sql(&self.path))
    }

    fn numbered_processes(&self) -> Result<Vec<(i64, Process)>, StoreError> {
        let processes = recording_rows::processes(&self.conn);
        let mut processes = processes.map_err(StoreError::sql(&self.path))?;
        for (_, process) in &mut processes {
            let ticks = running_start_ticks(process.pid);
            let gone = ticks != Some(process.kernel_start_ticks) && !is_elsewhere(process);
            if process.state == ProcessState::Running && gone {
                process.state = ProcessState::Ended;
            }
        }
        Ok(processes)
    }
}
