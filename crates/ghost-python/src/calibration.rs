//! What observing one call costs on this machine, measured before the program begins.
//!
//! The same loop over an empty function is timed without and with observing, and the difference
//! counts. Takes some tenths of a millisecond; what it counted is forgotten afterwards.

use std::time::{Duration, Instant};

use ghost_model::FunctionKind;
use ghost_tracer::{CodeDescription, Dispatch, TickRate};
use pyo3::ffi::PyObject;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::boundary::fence;
use crate::frames::EventFrame;
use crate::monitoring::Events;
use crate::observer::Observer;

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

/// Measures, and lets the counting begin. `tool` is the worker's id.
pub(crate) fn calibrate<F: EventFrame>(
    monitoring: &Bound<'_, PyAny>,
    (tool, events): (u8, &Events),
) -> PyResult<()> {
    let py = monitoring.py();
    let names = PyDict::new(py);
    py.run(SOURCE, Some(&names), None)?;
    let calls = py.import("builtins")?.getattr("range")?.call1((CALLS,))?;
    let run = names.as_any().get_item("run")?;
    let code = names.as_any().get_item("probe")?.getattr("__code__")?;
    let plain = fastest(&run, &calls)?.elapsed;
    observe::<F>(&code);
    let with = |events: u32| -> PyResult<Loop> {
        monitoring.call_method1("set_local_events", (tool, &code, events))?;
        fastest(&run, &calls)
    };
    let all = with(events.local())?;
    let starts = if is_paced() { with(events.start())? } else { Loop::default() };
    monitoring.call_method1("set_local_events", (tool, &code, 0))?;
    let cost_ns = all.elapsed.saturating_sub(plain).as_nanos();
    let call_cost_ps = u64::try_from(cost_ns * 1000 / u128::from(CALLS)).unwrap_or(0);
    fence(|observer| {
        observer.tracer.begin_counting(call_cost_ps);
        let rate = observer.rate();
        let start_ticks = starts.dispatch_ticks(plain, rate) / u64::from(CALLS);
        let both_ticks = all.dispatch_ticks(plain, rate) / u64::from(CALLS);
        let other_ticks = both_ticks.saturating_sub(start_ticks);
        observer.begin_pacing(Dispatch { start_ticks, other_ticks });
    });
    Ok(())
}

/// Whether there is a budget, for which more must be known.
fn is_paced() -> bool {
    fence(|observer| observer.pacing.is_some()).unwrap_or(false)
}

/// One loop of calls.
#[derive(Default)]
struct Loop {
    elapsed: Duration,
    /// What our callbacks took of it; measured only under a budget.
    own_ticks: u64,
}

impl Loop {
    /// What the interpreter itself took more than in the loop without events.
    fn dispatch_ticks(&self, plain: Duration, rate: TickRate) -> u64 {
        let more = self.elapsed.saturating_sub(plain).as_nanos();
        rate.ticks(u64::try_from(more).unwrap_or(0)).saturating_sub(self.own_ticks)
    }
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

fn fastest(run: &Bound<'_, PyAny>, calls: &Bound<'_, PyAny>) -> PyResult<Loop> {
    let mut fastest = Loop { elapsed: Duration::MAX, own_ticks: 0 };
    for _ in 0..LOOPS {
        let own_ticks = measured_so_far();
        let begin = Instant::now();
        run.call1((calls,))?;
        let elapsed = begin.elapsed();
        if elapsed < fastest.elapsed {
            fastest = Loop { elapsed, own_ticks: measured_so_far() - own_ticks };
        }
    }
    Ok(fastest)
}

fn measured_so_far() -> u64 {
    fence(Observer::measured_so_far).flatten().unwrap_or_default()
}
