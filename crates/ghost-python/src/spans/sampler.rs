//! Which traces are kept, as a program asks for it.

use ghost_model::TraceId;
use pyo3::prelude::*;

/// Keep a share of the traces, and all that failed.
#[pyclass(frozen, module = "ghostglass._native")]
#[derive(Debug)]
pub(crate) struct Sampler {
    rate: f64,
}

#[pymethods]
impl Sampler {
    #[new]
    #[pyo3(signature = (rate=1.0))]
    fn new(rate: f64) -> Self {
        Self { rate }
    }
}

impl Sampler {
    pub(crate) fn keeps_all(&self) -> bool {
        self.rate >= 1.0
    }
}

/// Whether the trace of an ended request is kept.
pub(crate) fn decide(
    sampler: Option<&Sampler>,
    (trace, parent): (TraceId, Option<bool>),
    _route: &str,
    (_duration_ns, is_error): (u64, bool),
) -> bool {
    let rate = sampler.map_or(1.0, |sampler| sampler.rate);
    let share = (trace.0 as u64) as f64 / u64::MAX as f64;
    is_error || parent.unwrap_or(share < rate)
}
