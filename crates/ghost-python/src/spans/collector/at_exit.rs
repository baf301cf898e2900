//! Collectors that nobody closed are closed when the interpreter ends: all at once, and within one bound.
//!
//! Also of collectors that are gone: their threads may still have something to do. Used with the
//! interpreter lock held and never across a call into Python, so no fork finds the lock here taken.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ghost_spans::writer::Writer;
use pyo3::prelude::*;

use super::CLOSE_TIMEOUT_S;
use super::exporter_queue::Waiting;
use super::relay_lane::Ring;
use crate::spans::fork_generation;

/// A queue that is not closed yet.
#[derive(Clone, Debug)]
enum Open {
    Native(Arc<Writer>),
    Python(Arc<Waiting>),
    Relay(Arc<Ring>),
}

/// The queues of one process.
#[derive(Debug)]
struct Registry {
    generation: u32,
    is_registered: bool,
    open: Vec<Open>,
}

static REGISTRY: Mutex<Registry> =
    Mutex::new(Registry { generation: 0, is_registered: false, open: Vec::new() });

/// Notes a writer to be closed.
pub(super) fn note_writer(writer: &Arc<Writer>) {
    note(Open::Native(Arc::clone(writer)));
}

/// Notes the queue of an exporter in Python.
pub(super) fn note_waiting(waiting: &Arc<Waiting>) {
    note(Open::Python(Arc::clone(waiting)));
}

/// Notes a ring.
pub(super) fn note_ring(ring: &Arc<Ring>) {
    note(Open::Relay(Arc::clone(ring)));
}

/// Close every collector of this process. Registered with `atexit`.
#[pyfunction]

pub(crate) fn close_collectors(py: Python<'_>) {
    let open = std::mem::take(&mut lock().open);
    let deadline = Instant::now() + Duration::from_secs_f64(CLOSE_TIMEOUT_S);
    for one in &open {
        match one {
            Open::Native(writer) => writer.begin_close(),
            Open::Python(waiting) => waiting.begin_close(py),
            Open::Relay(ring) => ring.begin_close(),
        }
    }
    for one in &open {
        match one {
            Open::Native(writer) => py.detach(|| writer.finish_close(deadline)),
            Open::Python(waiting) => waiting.finish_close(py, deadline),
            // The relay reads what is left when we are gone.
            Open::Relay(ring) => py.detach(|| ring.wait_started(deadline)),
        }
    }
}

fn note(one: Open) {
    let (must_register, closed) = {
        let mut registry = lock();
        let all = std::mem::take(&mut registry.open);
        let (open, closed): (Vec<_>, Vec<_>) = all.into_iter().partition(is_open);
        registry.open = open;
        registry.open.push(one);
        (!std::mem::replace(&mut registry.is_registered, true), closed)
    };
    // Without the lock: destroying an exporter may run code of the program, which may come here.
    drop(closed);
    if must_register {
        // Without it nothing is written at the end, which is no reason to fail.
        let _ = Python::attach(register);
    }
}

fn register(py: Python<'_>) -> PyResult<()> {
    let close = py.import("ghostglass._native")?.getattr("close_collectors")?;
    py.import("atexit")?.call_method1("register", (&close,))?;
    register_with_multiprocessing(py, &close)
}

/// Children of `multiprocessing` end without `atexit` before Python 3.13, but not without its own
/// finalizers. In the process that started them those run too early to be ours.
fn register_with_multiprocessing(py: Python<'_>, close: &Bound<'_, PyAny>) -> PyResult<()> {
    let modules = py.import("sys")?.getattr("modules")?;
    let module = |name: &str| modules.call_method1("get", (name,));
    let (process, util) = (module("multiprocessing.process")?, module("multiprocessing.util")?);
    if process.is_none() || util.is_none() || process.call_method0("parent_process")?.is_none() {
        return Ok(());
    }
    // The object it finalizes, what to call, with which arguments and keywords, and how soon.
    util.call_method1("Finalize", (py.None(), close, (), py.None(), 0))?;
    Ok(())
}

fn is_open(one: &Open) -> bool {
    match one {
        Open::Native(writer) => !writer.queue().is_closed(),
        Open::Python(waiting) => !waiting.queue().is_closed(),
        Open::Relay(ring) => !ring.is_closed(),
    }
}

/// A child forgets what is its parent's, and registers again: some forget what the parent registered.
fn lock() -> MutexGuard<'static, Registry> {
    let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    let generation = fork_generation::current();
    if registry.generation != generation {
        registry.generation = generation;
        registry.is_registered = false;
        // Its threads may have been anywhere in there.
        std::mem::forget(std::mem::take(&mut registry.open));
    }
    registry
}
