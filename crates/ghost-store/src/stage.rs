//! Sessions with ledgers made by hand, for the tests of this crate.
//!
//! A ledger is an empty file with a proper name here; what reading it gives is kept in a table
//! beside it, so that any snapshot can be folded, also one no process would write.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use ghost_ledger::{LedgerSnapshot, ReadError};
use ghost_model::{
    Activation, Counter, Function, FunctionId, FunctionKey, FunctionKind, Histogram, Outcome,
    Process, Profile, Recording, SessionId, SessionState, SpanId, TypeId, TypeName, bucket_index,
};
use rusqlite::Connection;

use crate::liveness::running_start_ticks;
use crate::{DataDir, NewSession, RunFolder, SessionEnd, SessionReader, SessionWriter};

/// Larger than any process id Linux gives out.
pub(crate) const DEAD_PID: u32 = 5_000_000;

/// A session with ledgers made by hand.
pub(crate) struct Stage {
    _root: tempfile::TempDir,
    pub(crate) data_dir: DataDir,
    pub(crate) id: SessionId,
    pub(crate) folder: Option<RunFolder>,
    pub(crate) snapshots: Arc<Mutex<HashMap<PathBuf, LedgerSnapshot>>>,
}

impl Stage {
    pub(crate) fn new(conf: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(root.path().join("ghost"));
        let id = SessionId::new(1_763_630_000_000_000_000, 7);
        let folder = Some(RunFolder::create(&data_dir, &id, conf).unwrap());
        Self { _root: root, data_dir, id, folder, snapshots: Arc::default() }
    }

    pub(crate) fn run_dir(&self) -> PathBuf {
        self.data_dir.run_dir(&self.id)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.data_dir.session_path(&self.id)
    }

    pub(crate) fn writer(&self) -> SessionWriter {
        let new = self.new_session();
        self.attach(SessionWriter::create(&self.data_dir, new).unwrap())
    }

    /// The writer of the `ghost` that comes after one that was killed.
    pub(crate) fn reopened(&self) -> SessionWriter {
        self.attach(SessionWriter::reopen(&self.data_dir, &self.id).unwrap())
    }

    pub(crate) fn new_session(&self) -> NewSession {
        NewSession {
            id: self.id.clone(),
            script: "app.py".into(),
            name: None,
            note: None,
            kind: ghost_model::SessionKind::Started,
            pid: 1,
            start_unix_ns: 1_763_630_000_123_456_789,
        }
    }

    pub(crate) fn attach(&self, writer: SessionWriter) -> SessionWriter {
        let snapshots = Arc::clone(&self.snapshots);
        writer.reading_with(Box::new(move |path| {
            snapshots.lock().unwrap().get(path).cloned().ok_or(ReadError::Damaged { offset: 9 })
        }))
    }

    /// Puts a ledger of a process into the run folder.
    pub(crate) fn ledger(&self, pid: u32, start: u64, snapshot: LedgerSnapshot) -> PathBuf {
        let path = self.run_dir().join(format!("{pid}-{start:x}.ledger"));
        fs::write(&path, "").unwrap();
        self.snapshots.lock().unwrap().insert(path.clone(), snapshot);
        path
    }

    /// Puts a ledger of this very process there: one that is alive.
    pub(crate) fn live_ledger(&self, recording: Recording) -> PathBuf {
        let pid = std::process::id();
        let mut snapshot = snapshot(pid, recording);
        snapshot.process.kernel_start_ticks = running_start_ticks(pid).unwrap();
        self.ledger(pid, 1, snapshot)
    }

    pub(crate) fn reader(&self) -> SessionReader {
        SessionReader::open(&self.data_dir, &self.id).unwrap()
    }

    pub(crate) fn query(&self, sql: &str) -> Vec<String> {
        let conn = Connection::open(self.path()).unwrap();
        let mut statement = conn.prepare(sql).unwrap();
        let text = |row: &rusqlite::Row<'_>| {
            let columns = 0..row.as_ref().column_count();
            let value = |column| row.get::<_, rusqlite::types::Value>(column).unwrap();
            let shown = columns.map(|column| match value(column) {
                rusqlite::types::Value::Integer(number) => number.to_string(),
                rusqlite::types::Value::Real(number) => number.to_string(),
                rusqlite::types::Value::Text(text) => text,
                other => format!("{other:?}"),
            });
            Ok(shown.collect::<Vec<_>>().join(" | "))
        };
        statement.query_map([], text).unwrap().map(Result::unwrap).collect()
    }
}

pub(crate) fn end(state: SessionState) -> SessionEnd {
    SessionEnd { end_unix_ns: 1_763_630_009_000_000_001, exit_code: Some(3), state }
}

pub(crate) fn snapshot(pid: u32, recording: Recording) -> LedgerSnapshot {
    let process = Process {
        pid,
        parent_pid: 1,
        kernel_start_ticks: 77,
        start_unix_ns: 1_763_630_000_500_000_000,
        python_version: "3.13.0".into(),
        call_cost_ps: 81_500,
        own_cost_ns: 2_000_000,
        counters: vec![(Counter::TypesRefused, 2)],
        ..Process::default()
    };
    LedgerSnapshot { process, recording, ..LedgerSnapshot::default() }
}

pub(crate) fn function(qualname: &str, kind: FunctionKind) -> Function {
    Function {
        key: FunctionKey { module: "app".into(), qualname: qualname.into(), line: 3 },
        file: "app.py".into(),
        parameters: "n".into(),
        kind,
    }
}

/// `fib` called `calls` times with an `int`, by itself all but once.
pub(crate) fn fib(calls: u64) -> Recording {
    let mut recording = Recording::default();
    recording.types.push(TypeName::new("builtins", "int"));
    recording.functions.push(function("fib", FunctionKind::Function));
    let mut latency = Histogram::default();
    latency.add(bucket_index(1000), calls);
    recording.profiles.push(Profile {
        args: vec![(vec![TypeId(1)], calls)],
        returns: vec![(TypeId(1), calls)],
        callers: vec![(FunctionId::ROOT, 1), (FunctionId(1), calls - 1)],
        args_by_caller: vec![
            ((FunctionId::ROOT, vec![TypeId(1)]), 1),
            ((FunctionId(1), vec![TypeId(1)]), calls - 1),
        ],
        returns_by_caller: vec![
            ((FunctionId::ROOT, TypeId(1)), 1),
            ((FunctionId(1), TypeId(1)), calls - 1),
        ],
        latency,
        latency_ns_sum: 1000 * calls,
        latency_ns_min: 1000,
        latency_ns_max: 1000,
        ..Profile::default()
    });
    recording
}

pub(crate) fn calls(recording: &Recording) -> u64 {
    recording.profiles.iter().map(Profile::call_count).sum()
}

pub(crate) fn activation(sequence: u64, start_unix_ns: u64) -> Activation {
    Activation {
        sequence,
        function: FunctionId(1),
        caller: FunctionId::ROOT,
        args: vec![TypeId(1)],
        outcome: Outcome::Returned(TypeId(1)),
        start_unix_ns,
        latency_ns: 9,
        span_id: SpanId::NONE,
    }
}
