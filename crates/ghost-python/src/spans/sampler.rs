//! Which traces are kept, as a program asks for it. What it means is decided in `ghost_spans::sampling`.

use ghost_spans::sampling::{self, Ended, Sampling};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The share of traces that is kept where a program does not say.
const SAMPLE_RATE: &str = "GHOST_SAMPLE_RATE";

/// Keep a share of the traces, and all that failed.
#[pyclass(frozen, module = "ghostglass._native")]
#[derive(Debug)]
pub(crate) struct Sampler {
    inner: sampling::Sampler,
}

#[pymethods]
impl Sampler {
    #[new]
    #[pyo3(signature = (
        rate=None, *, routes=None, slow_ms=None, on_error=true, parent_based=true, per_second_max=None
    ))]
    fn new(
        rate: Option<f64>,
        routes: Option<&Bound<'_, PyDict>>,
        slow_ms: Option<f64>,
        on_error: bool,
        parent_based: bool,
        per_second_max: Option<f64>,
    ) -> PyResult<Self> {
        let route = |(glob, rate): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
            Ok((glob.extract()?, rate.extract()?))
        };
        let sampling = Sampling {
            rate: rate.unwrap_or_else(default_rate),
            routes: routes.into_iter().flatten().map(route).collect::<PyResult<_>>()?,
            slow_ns: slow_ms.map(|slow_ms| (slow_ms * 1e6) as u64),
            keeps_errors: on_error,
            follows_parent: parent_based,
            per_second_max,
        };
        let inner = sampling::Sampler::new(&sampling);
        inner.map(|inner| Self { inner }).map_err(|error| PyValueError::new_err(error.to_string()))
    }
}

/// What the environment asks for; all where it asks for nothing that makes sense.
fn default_rate() -> f64 {
    let wish = std::env::var(SAMPLE_RATE).ok().and_then(|text| text.trim().parse::<f64>().ok());
    wish.filter(|rate| !rate.is_nan()).map_or(1.0, |rate| rate.clamp(0.0, 1.0))
}

impl Sampler {
    pub(crate) fn keeps_all(&self) -> bool {
        self.inner.keeps_all()
    }

    pub(crate) fn follows_parent(&self) -> bool {
        self.inner.follows_parent()
    }
}

/// Whether the trace of an ended request is kept; without a sampler all are that a caller keeps.
pub(crate) fn decide(sampler: Option<&Sampler>, ended: &Ended<'_>) -> bool {
    match sampler {
        Some(sampler) => sampler.inner.decide(ended),
        None => ended.is_error || ended.parent != Some(false),
    }
}
