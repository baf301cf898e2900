//! The run this process belongs to, as far as spans are concerned: which parts are on, and the ring
//! that the parent reads.
//!
//! The ring is made at the first span; a forked child makes its own at its first. Used with the
//! interpreter lock held, and never across a call into Python, so no fork finds the lock here taken.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ghost_ledger::SpanRing;
use ghost_model::SpanLoss;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::emitter::Emitter;
use super::fork_generation;
use crate::identity;
use crate::observer::hexversion;

/// Room for some twenty thousand spans, which the parent reads several times a second.
const RING_BYTES: u32 = 4 << 20;
/// What is tried where there is no room for that.
const RING_BYTES_MIN: u32 = 256 << 10;

static RUN: Mutex<Option<Run>> = Mutex::new(None);

/// What the run asks for.
#[derive(Debug)]
struct Run {
    folder: PathBuf,
    web: bool,
    db: bool,
    is_quiet: bool,
    ring: Option<SpanRing>,
    /// The process that `ring` was made for, or tried to be.
    generation: Option<u32>,
}

/// Notes that this process belongs to the run of `folder`; false where it belongs to one already.
pub(crate) fn begin(folder: &Path) -> bool {
    if lock().is_some() {
        return false;
    }
    fork_generation::watch();
    // What cannot be read is said where the observer starts.
    let conf = fs::read_to_string(folder.join("run.conf")).unwrap_or_default();
    let is_on = |part: &str| !conf.lines().any(|line| line.strip_prefix(part) == Some("=0"));
    let (web, db) = (is_on("web"), is_on("db"));
    let is_quiet = conf.lines().any(|line| line == "quiet=1");
    let folder = folder.to_owned();
    *lock() = Some(Run { folder, web, db, is_quiet, ring: None, generation: None });
    true
}

/// Whether spans of this process are recorded.
pub(crate) fn is_recording() -> bool {
    lock().as_ref().is_some_and(|run| run.web || run.db)
}

/// Writes a span into the ring.
pub(crate) fn push(record: &[u8]) {
    with_ring(|ring| {
        // What is refused is counted in the ring.
        let _ = ring.push(record);
    });
}

/// Counts spans that are not written.
pub(crate) fn refuse(why: SpanLoss, count: u64) {
    with_ring(|ring| ring.refuse(why, count));
}

/// Marks the end of the process.
pub(crate) fn close() {
    let run = lock();
    let ours = run.as_ref().filter(|run| run.generation == Some(fork_generation::current()));
    if let Some(ring) = ours.and_then(|run| run.ring.as_ref()) {
        ring.close();
    }
}

/// Leaves the run: nothing is recorded any more, and the ring's file is let go.
pub(crate) fn detach() {
    let run = lock().take();
    let generation = fork_generation::current();
    // In a forked child the ring is its parent's.
    if let Some(Run { ring: Some(ring), generation: Some(of), .. }) = run
        && of == generation
    {
        ring.detach();
    }
}

/// Tell whether a part of the run is on: `web` or `db`. Outside a run nothing is.
#[pyfunction]
pub(crate) fn enabled(part: &str) -> bool {
    lock().as_ref().is_some_and(|run| match part {
        "web" => run.web,
        "db" => run.db,
        _ => false,
    })
}

/// The emitter of the run; `None` outside a run, and where neither part is on.
#[pyfunction]
pub(crate) fn run_emitter(py: Python<'_>) -> PyResult<Option<Py<Emitter>>> {
    static EMITTER: PyOnceLock<Py<Emitter>> = PyOnceLock::new();
    if !is_recording() {
        return Ok(None);
    }
    let emitter = EMITTER.get_or_try_init(py, || Py::new(py, Emitter::new(None)))?;
    Ok(Some(emitter.clone_ref(py)))
}

fn with_ring(work: impl FnOnce(&mut SpanRing)) {
    let mut run = lock();
    let Some(run) = run.as_mut() else { return };
    let generation = fork_generation::current();
    if run.generation != Some(generation) {
        run.generation = Some(generation);
        run.ring = make(&run.folder);
        if run.ring.is_none() && !run.is_quiet {
            say_no_ring();
        }
    }
    if let Some(ring) = &mut run.ring {
        work(ring);
    }
}

fn say_no_ring() {
    let line =
        b"ghost: requests and queries are not recorded: no room for them in the data folder\n";
    // A closed stderr is no reason to fail.
    let _ = std::io::stderr().write_all(line);
}

fn make(folder: &Path) -> Option<SpanRing> {
    let who = identity::identity(hexversion());
    let create = |bytes| SpanRing::create(&identity::spans_path(folder), &who, bytes, true).ok();
    create(RING_BYTES).or_else(|| create(RING_BYTES_MIN))
}

fn lock() -> MutexGuard<'static, Option<Run>> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner)
}
