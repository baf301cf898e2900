//! The extension `ghostglass._native`: the only part of Ghostglass that lives in the observed process.
//!
//! # Constraints, and what each forced
//! * The program must behave as if we were not there: every callback passes through one fence
//!   ([`boundary`]), which catches panics, clears errors and switches observing off at the first
//!   internal failure.
//! * Nothing of the host may run because of us: no attribute access that could execute Python code,
//!   no import and no user code from a callback; names are read from C fields ([`naming`]).
//! * Everything runs under the interpreter lock, on the thread that made the event. We install no
//!   signal handler and keep no descriptor open but that of the control socket; the threads there may be
//!   ([`timer`], and the one of [`control`]) touch no Python object.
//! * Fast: frames are read raw where a self-test has shown that their layout is the expected one
//!   ([`frames`]), else through the public API.
//!
//! # Way of an event
//! `sys.monitoring` → [`callbacks`] → [`boundary`] → `ghost_tracer::Tracer` → ledger.
//!
//! `unsafe` is what this crate is for; every module below that needs it says so and lists what it
//! relies on.
#![deny(unsafe_code)]

#[cfg(not(Py_3_12))]
compile_error!("Ghostglass needs CPython 3.12 or newer; set PYO3_PYTHON to one");
#[cfg(Py_GIL_DISABLED)]
compile_error!("free-threaded builds of CPython are not supported yet");

#[expect(unsafe_code, reason = "calls Python in a way that may unwind")]
mod abandoned_thread;
mod attachment;
#[expect(unsafe_code, reason = "hands out the one observer under the interpreter lock")]
mod boundary;
mod calibration;
#[expect(unsafe_code, reason = "called by the interpreter with raw arguments")]
mod callbacks;
#[expect(unsafe_code, reason = "reads the processor's time stamp counter")]
mod clock;
#[expect(unsafe_code, reason = "reads and sets the extra slot of code objects")]
mod code_extra;
mod control;
mod editable;
#[expect(unsafe_code, reason = "walks the frames of the running thread")]
mod fork_in_progress;
#[expect(unsafe_code, reason = "reads interpreter frames")]
mod frames;
mod gate;
mod identity;
mod layout;
mod monitoring;
#[expect(unsafe_code, reason = "reads names from C fields")]
mod naming;
#[expect(unsafe_code, reason = "blocks the signals of a thread of ours")]
mod native_thread;
#[expect(unsafe_code, reason = "works on objects the callbacks were given")]
mod observer;
#[expect(unsafe_code, reason = "switches the events of code objects it knows to live")]
mod pacing;
#[expect(unsafe_code, reason = "asks the interpreter for a turn")]
mod pending_call;
mod probes;
mod python_calls;
#[expect(unsafe_code, reason = "compares raw reads with the public API")]
mod self_test;
mod spans;
#[expect(unsafe_code, reason = "registers the fork handler")]
mod startup;
#[expect(unsafe_code, reason = "asks for the running thread's state")]
mod threads;
mod timer;

use std::path::PathBuf;

use pyo3::prelude::*;

/// The observer of Ghostglass.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(start, module)?)?;
    module.add_function(wrap_pyfunction!(stop, module)?)?;
    module.add_function(wrap_pyfunction!(detach, module)?)?;
    module.add_function(wrap_pyfunction!(attachment::watch_hold, module)?)?;
    module.add_function(wrap_pyfunction!(attachment::is_hold_held, module)?)?;
    module.add_function(wrap_pyfunction!(attachment::pause_watching, module)?)?;
    module.add_function(wrap_pyfunction!(attachment::resume_watching, module)?)?;
    module.add_function(wrap_pyfunction!(is_observing, module)?)?;
    module.add_function(wrap_pyfunction!(python_calls::end_python_calls, module)?)?;
    module.add_function(wrap_pyfunction!(frame_reader, module)?)?;
    module.add_function(wrap_pyfunction!(continue_in_child, module)?)?;
    control::register(module)?;
    probes::register(module)?;
    spans::register(module)?;
    Ok(())
}

/// Observe this process into `run_dir`; return one line that says why not, if not.
#[pyfunction]
#[pyo3(signature = (run_dir, /))]
fn start(py: Python<'_>, run_dir: PathBuf) -> Option<String> {
    if !spans::run::begin(&run_dir) {
        return Some("this process is observed already".to_owned());
    }
    let place = run_dir.clone();
    match startup::start(py, run_dir) {
        Ok(()) => {
            control::begin(py, &place);
            None
        }
        Err(error) => Some(error.to_string()),
    }
}

/// Stop observing; does nothing if nothing is observed.
#[pyfunction]
fn stop(py: Python<'_>) {
    control::end(py);
    attachment::stop(py);
    boundary::close();
    spans::run::close();
}

/// End observing and leave nothing of it behind; it may start again.
#[pyfunction]
fn detach(py: Python<'_>) -> PyResult<()> {
    attachment::forget();
    control::leave(py);
    let outcome = startup::detach(py);
    spans::run::detach();
    outcome
}

/// Tell whether this process is being observed.
#[pyfunction]
fn is_observing() -> bool {
    boundary::is_observing()
}

/// Begin the ledger of a forked child before its first event, which may not come while all sleep.
#[pyfunction]
fn continue_in_child() {
    boundary::begin_child();
    attachment::begin_child();
}

/// Tell how frames are read: `raw`, or `public` where this interpreter's layout is not the one we know.
#[pyfunction]
fn frame_reader() -> Option<&'static str> {
    startup::frame_reader()
}
