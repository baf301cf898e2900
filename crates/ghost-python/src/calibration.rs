//! What observing one call costs on this machine, measured before the program begins.
//!
//! The same loop over an empty function is timed without and with observing, and the difference
//! counts. Takes some tenths of a millisecond; what it counted is forgotten afterwards.

use std::time::{Duration, Instant};

use ghost_model::FunctionKind;
use ghost_tracer::CodeDescription;
use pyo3::ffi::PyObject;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::boundary::fence;
use crate::frames::EventFrame;

/// Calls per loop: enough that reading the clock does not matter.
const CALLS: u32 = 400;
/// Loops of each kind; the fastest counts, since others were interrupted.
const LOOPS: usize = 3;
const SOURCE: &std::ffi::CStr = c"
def probe():
    pass
def run(calls):
    for _ in calls:
        probe()
";

/// Measures, and lets the counting begin. `local_events` are the worker's id and its events.
pub(crate) fn calibrate<F: EventFrame>(
    monitoring: &Bound<'_, PyAny>,
    (tool, events): (u8, u32),
) -> PyResult<()> {
    let py = monitoring.py();
    let names = PyDict::new(py);
    py.run(SOURCE, Some(&names), None)?;
    let calls = py.import("builtins")?.getattr("range")?.call1((CALLS,))?;
    let run = names.as_any().get_item("run")?;
    let code = names.as_any().get_item("probe")?.getattr("__code__")?;
    let plain = fastest(&run, &calls)?;
    observe::<F>(&code);
    monitoring.call_method1("set_local_events", (tool, &code, events))?;
    let observed = fastest(&run, &calls)?;
    monitoring.call_method1("set_local_events", (tool, &code, 0))?;
    let cost_ns = observed.saturating_sub(plain).as_nanos();
    let call_cost_ps = u64::try_from(cost_ns * 1000 / u128::from(CALLS)).unwrap_or(0);
    fence(|observer| observer.tracer.begin_counting(call_cost_ps));
    Ok(())
}

fn observe<F: EventFrame>(code: &Bound<'_, PyAny>) {
    let description = CodeDescription {
        module: "ghostglass".to_owned(),
        qualname: "probe".to_owned(),
        kind: FunctionKind::Function,
        ..CodeDescription::default()
    };
    let code: *mut PyObject = code.as_ptr();
    fence(|observer| observer.observe::<F>(code, &description));
}

fn fastest(run: &Bound<'_, PyAny>, calls: &Bound<'_, PyAny>) -> PyResult<Duration> {
    let mut fastest = Duration::MAX;
    for _ in 0..LOOPS {
        let begin = Instant::now();
        run.call1((calls,))?;
        fastest = fastest.min(begin.elapsed());
    }
    Ok(fastest)
}
