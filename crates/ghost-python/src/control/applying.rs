//! Applies one change to the probes of this process: calls `ghostglass.probes.outside`, which is imported
//! then and not before.
//!
//! Runs on a thread of the program, between two instructions of it. What that thread is in the middle of
//! (an import of the same modules, a change of probes) makes it say "not now".

use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use super::mailbox::{Action, Change};
use super::outside_probe_class::OutsideProbe;
use crate::native_thread::without_signals;

/// What became of a change.
pub(super) enum Outcome {
    /// It is applied, or its probe knows why not.
    Done,
    /// It is to be tried again, for this reason.
    NotNow(String),
    /// Only the main thread may do it.
    OnMainThread,
    /// Something that is for the program was raised, and is set.
    Raised,
}

/// Applies a change. Called with the interpreter lock held.
pub(super) fn apply(change: &Change) -> Outcome {
    Python::attach(|py| {
        // A handler of the program, run in the middle of this, could raise into it.
        match without_signals(|| call(py, change)) {
            Ok(outcome) => outcome,
            Err(error) if error.is_instance_of::<PyException>(py) => {
                Outcome::NotNow(error.to_string())
            }
            Err(error) => {
                error.restore(py);
                Outcome::Raised
            }
        }
    })
}

fn call(py: Python<'_>, change: &Change) -> PyResult<Outcome> {
    let modules = py.import("sys")?.getattr("modules")?;
    // Whoever imports it first is taken for the main thread (up to 3.12).
    if !modules.contains("threading")? && !is_main_thread() {
        return Ok(Outcome::OnMainThread);
    }
    let word = match change.action {
        Action::Add => "add",
        Action::Remove => "remove",
        Action::End => "end",
    };
    let probe = OutsideProbe::new(&change.probe);
    let outside = py.import("ghostglass.probes.outside")?;
    let is_done: bool = outside.call_method1("apply", (word, probe))?.extract()?;
    Ok(if is_done {
        Outcome::Done
    } else {
        Outcome::NotNow("the program is changing probes itself".into())
    })
}

fn is_main_thread() -> bool {
    let thread = rustix::thread::gettid();
    thread == rustix::process::getpid()
}
