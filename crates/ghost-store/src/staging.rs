//! Session files that no program was run for: for tests and measurements of what reads them.
//!
//! Behind the feature `staging`, so that no released program has it. Folds as `ghost run` does; only where the
//! numbers come from is different.

use std::fs;
use std::path::{Path, PathBuf};

use ghost_ledger::{LedgerSnapshot, ReadError};
use ghost_model::{Activation, CallTree, Process, Recording, Span};

use crate::data_dir::DataDir;
use crate::run_folder::RunFolder;
use crate::session_writer::{NewSession, SessionEnd, SessionWriter};
use crate::span_fold::SpanBatch;
use crate::store_error::StoreError;

/// One process of such a session.
#[derive(Clone, Debug, Default)]
pub struct StagedProcess {
    /// The process. Its id must not be that of a running one.
    pub process: Process,
    /// What was seen of it.
    pub recording: Recording,
    /// Sampled activations.
    pub activations: Vec<Activation>,
    /// Its spans.
    pub spans: Vec<Span>,
    /// What ran below what.
    pub call_tree: CallTree,
}

/// Writes a finished session.
pub fn stage_session(
    data_dir: &DataDir,
    new: NewSession,
    processes: Vec<StagedProcess>,
    end: SessionEnd,
) -> Result<(), StoreError> {
    let folder = RunFolder::create(data_dir, &new.id, "spans_max=1000000\n")?;
    let mut snapshots: Vec<(PathBuf, LedgerSnapshot)> = Vec::new();
    let mut batches = Vec::new();
    for (number, staged) in processes.into_iter().enumerate() {
        let StagedProcess { process, recording, activations, spans, call_tree } = staged;
        let name = format!("{}-{number:x}", process.pid);
        let path = folder.path().join(format!("{name}.ledger"));
        fs::write(&path, "").map_err(StoreError::io("write", &path))?;
        batches.push(SpanBatch {
            ring: name,
            pid: process.pid,
            last_sequence: spans.len() as u64,
            position: 1,
            spans,
            ..SpanBatch::default()
        });
        snapshots.push((path, LedgerSnapshot { process, recording, activations, call_tree }));
    }
    let read = move |path: &Path| {
        let found = snapshots.iter().find(|(other, _)| other == path);
        found.map(|(_, snapshot)| snapshot.clone()).ok_or(ReadError::NotALedger)
    };
    let mut writer = SessionWriter::create(data_dir, new)?.reading_with(Box::new(read));
    writer.store_batches(folder.path(), batches)?;
    let run_dir = folder.path().to_owned();
    writer.finish(end)?;
    drop(folder);
    // All of it is in the file.
    let _ = fs::remove_dir_all(run_dir);
    Ok(())
}
