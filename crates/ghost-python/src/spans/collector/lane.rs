//! One exporter of a collector, of whatever kind: what the collector asks of it.

use std::time::Instant;

use ghost_model::SpanLoss;
use ghost_spans::accounting::Counts;
use pyo3::PyTraverseError;
use pyo3::exceptions::PyTypeError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::Settings;
use super::native_lane::NativeLane;
use super::python_lane::PythonLane;
use super::sink_settings::SinkSettings;

/// What an exporter of ours has instead of a thread of Python: a method that tells of its sink.
const NATIVE_SINK: &str = "_native_sink";

/// One exporter.
#[derive(Debug)]
pub(super) enum Lane {
    /// Files and terminals: a thread that knows no Python.
    Native(NativeLane),
    /// Python code: a thread of Python.
    Python(PythonLane),
}

/// The lanes of an exporter, or of a list of them.
pub(super) fn make(exporter: &Bound<'_, PyAny>, settings: Settings) -> PyResult<Vec<Lane>> {
    if exporter.is_instance_of::<PyList>() || exporter.is_instance_of::<PyTuple>() {
        return exporter.try_iter()?.map(|one| Lane::new(&one?, settings)).collect();
    }
    Ok(vec![Lane::new(exporter, settings)?])
}

impl Lane {
    fn new(exporter: &Bound<'_, PyAny>, settings: Settings) -> PyResult<Self> {
        if let Some(method) = exporter.getattr_opt(NATIVE_SINK)? {
            let sink = method.call0()?;
            if !sink.is_none() {
                let sink = SinkSettings::extract(&sink)?;
                return Ok(Self::Native(NativeLane::new(sink, settings)));
            }
        }
        let export = match exporter.getattr_opt("export")? {
            Some(method) => method,
            None => exporter.clone(),
        };
        if !export.is_callable() {
            let kind = exporter.get_type().name()?;
            let what = format!("`{kind}` has no method `export` and cannot be called");
            return Err(PyTypeError::new_err(what));
        }
        Ok(Self::Python(PythonLane::new(exporter, export, settings)?))
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Native(lane) => lane.name(),
            Self::Python(lane) => lane.name(),
        }
    }

    #[inline]
    pub(super) fn push(&self, record: Vec<u8>, is_sampled: bool) {
        match self {
            Self::Native(lane) => lane.push(record, is_sampled),
            Self::Python(lane) => lane.push(record, is_sampled),
        }
    }

    #[inline]
    pub(super) fn enqueue(&self, event: &Bound<'_, PyAny>) {
        match self {
            Self::Native(lane) => lane.enqueue(event),
            Self::Python(lane) => lane.enqueue(event),
        }
    }

    pub(super) fn refuse(&self, loss: SpanLoss, count: u64) {
        match self {
            Self::Native(lane) => lane.writer().queue().refuse(loss, count),
            Self::Python(lane) => lane.waiting().queue().refuse(loss, count),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        match self {
            Self::Native(lane) => lane.writer().queue().counts(),
            Self::Python(lane) => lane.waiting().queue().counts(),
        }
    }

    pub(super) fn flush(&self, py: Python<'_>, deadline: Instant) -> bool {
        match self {
            Self::Native(lane) => py.detach(|| lane.writer().flush(deadline)),
            Self::Python(lane) => lane.waiting().flush(py, deadline),
        }
    }

    pub(super) fn begin_close(&self, py: Python<'_>) {
        match self {
            Self::Native(lane) => lane.writer().begin_close(),
            Self::Python(lane) => lane.waiting().begin_close(py),
        }
    }

    pub(super) fn finish_close(&self, py: Python<'_>, deadline: Instant) {
        match self {
            Self::Native(lane) => py.detach(|| lane.writer().finish_close(deadline)),
            Self::Python(lane) => lane.waiting().finish_close(py, deadline),
        }
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Native(_) => Ok(()),
            Self::Python(lane) => lane.traverse(visit),
        }
    }
}
