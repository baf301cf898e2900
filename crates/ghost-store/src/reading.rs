//! Reading one ledger, and judging what it means that it can or cannot be read.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use ghost_ledger::{LedgerSnapshot, ReadError};
use ghost_model::{Process, ProcessState};

use crate::liveness::{is_elsewhere, may_run_elsewhere, running_start_ticks};
use crate::run_folder::{self, LedgerFile};
use crate::session_writer::LedgerReader;

/// What one ledger gave.
pub(crate) enum Reading {
    /// Its content; final unless the process is alive.
    Snapshot { snapshot: Box<LedgerSnapshot>, alive: bool },
    /// The process is just starting and has not written its header.
    NotYet,
    /// The process ended before it wrote anything.
    NeverBegun,
    /// It cannot be read now, and is kept.
    Broken { kept: PathBuf, why: String },
}

impl Reading {
    /// Reads `ledger`, one of `all` in its folder.
    pub(crate) fn of(ledger: &LedgerFile, all: &[LedgerFile], read: &LedgerReader) -> Self {
        // Asked before reading: what is read of a process that is gone by now is all there is.
        let start_ticks = start_ticks(ledger, all);
        match read(&ledger.path) {
            Ok(mut snapshot) => {
                let alive = settle_state(&mut snapshot.process, start_ticks, &ledger.path);
                Self::Snapshot { snapshot: Box::new(snapshot), alive }
            }
            Err(_) if start_ticks.is_some() => Self::NotYet,
            Err(error) => Self::failed(&ledger.path, &error),
        }
    }

    fn failed(path: &Path, error: &ReadError) -> Self {
        let why = error.to_string();
        match error {
            ReadError::Io { source, .. } if source.kind() == ErrorKind::NotFound => {
                Self::NeverBegun
            }
            // The cause may go away, and a newer version will read it: left where it is.
            ReadError::Io { .. } | ReadError::Newer { .. } => {
                Self::Broken { kept: path.to_owned(), why }
            }
            ReadError::NotALedger if holds_nothing(path) => Self::NeverBegun,
            ReadError::NotALedger | ReadError::Damaged { .. } => {
                Self::Broken { kept: run_folder::set_aside(path), why }
            }
        }
    }
}

/// What a ledger says now, if it can be read. Judges nothing and leaves the file where it is.
pub(crate) fn live_snapshot(
    ledger: &LedgerFile,
    all: &[LedgerFile],
    read: &LedgerReader,
) -> Option<LedgerSnapshot> {
    let start_ticks = start_ticks(ledger, all);
    let mut snapshot = read(&ledger.path).ok()?;
    settle_state(&mut snapshot.process, start_ticks, &ledger.path);
    Some(snapshot)
}

/// Start of the process that can still write to this ledger, if there is one.
fn start_ticks(ledger: &LedgerFile, all: &[LedgerFile]) -> Option<u64> {
    if ledger.is_replaced_among(all) { None } else { running_start_ticks(ledger.pid) }
}

/// Finds out whether the process is alive, and says in its state that it is not.
fn settle_state(process: &mut Process, start_ticks: Option<u64>, path: &Path) -> bool {
    let alive = if process.state == ProcessState::Detached {
        // It wrote its last word; that it goes on is no matter.
        false
    } else if is_elsewhere(process) {
        may_run_elsewhere(process, path)
    } else {
        start_ticks == Some(process.kernel_start_ticks)
    };
    if process.state == ProcessState::Running && !alive {
        process.state = ProcessState::Ended;
    }
    alive
}

/// Whether a file has only zeros where a ledger begins.
fn holds_nothing(path: &Path) -> bool {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4096).read_to_end(&mut bytes));
    read.is_ok() && bytes.iter().all(|&byte| byte == 0)
}
