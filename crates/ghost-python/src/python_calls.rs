//! Calls of ours into Python that are under way, on any thread: the interpreter must not end in the middle
//! of one.
//!
//! Up to 3.13 it ends a daemon thread by unwinding its stack as soon as that thread wants the interpreter
//! lock again. A frame of Rust cannot be unwound that way, and the process would abort. So before the
//! interpreter ends no call begins any more, and those under way are waited for. All of this happens with
//! the interpreter lock held, but for the waiting.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// How long the end waits for what the program itself holds up, such as a thread at a breakpoint.
const WAIT_MAX: Duration = Duration::from_millis(500);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(1);

static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// A call that is under way as long as this lives.
#[derive(Debug)]
pub(crate) struct PythonCall(());

impl PythonCall {
    /// `None` when the interpreter is about to end.
    #[inline]
    pub(crate) fn begin() -> Option<Self> {
        if IS_OVER.load(Relaxed) {
            return None;
        }
        UNDER_WAY.fetch_add(1, Relaxed);
        Some(Self(()))
    }
}

impl Drop for PythonCall {
    fn drop(&mut self) {
        // A forked child began from zero.
        let _ = UNDER_WAY.fetch_update(Relaxed, Relaxed, |count| count.checked_sub(1));
    }
}

/// Before the interpreter ends: let no call begin, and wait for the others. Registered with `atexit`.
#[pyfunction]
pub(crate) fn end_python_calls(py: Python<'_>) {
    IS_OVER.store(true, Relaxed);
    let until = Instant::now() + WAIT_MAX;
    while UNDER_WAY.load(Relaxed) > 0 && Instant::now() < until {
        py.detach(|| std::thread::sleep(LOOK));
    }
}

/// Has the interpreter call [`end_python_calls`] when it ends; the first time only.
pub(crate) fn watch_end(py: Python<'_>) -> PyResult<()> {
    static IS_WATCHED: AtomicBool = AtomicBool::new(false);
    if !IS_WATCHED.swap(true, Relaxed) {
        let end = wrap_pyfunction!(end_python_calls, py)?;
        py.import("atexit")?.call_method1("register", (end,))?;
    }
    Ok(())
}

/// In a forked child: only the thread that forked is there, and it is in no call of ours.
pub(crate) fn begin_child() {
    UNDER_WAY.store(0, Relaxed);
}
