//! One exporter of a collector, of whatever kind: what the collector asks of it.

use std::sync::Arc;
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
use super::relay_lane::RelayLane;
use super::relay_start::RelayStart;
use super::sink_settings::SinkSettings;

/// What an exporter of ours has instead of a thread of Python: a method that tells of its sink.
const NATIVE_SINK: &str = "_native_sink";
/// And one whose work is done by a relay.
const RELAYED: &str = "_relayed";

/// One exporter.
#[derive(Debug)]
pub(super) enum Lane {
    /// Files and terminals: a thread that knows no Python.
    Native(NativeLane),
    /// Python code: a thread of Python.
    Python(PythonLane),
    /// Other machines: a ring that a relay reads.
    Relay(RelayLane),
}

/// The lanes of an exporter, or of a list of them. All that need a relay share one.
pub(super) fn make(exporter: &Bound<'_, PyAny>, settings: Settings) -> PyResult<Vec<Lane>> {
    let is_list = exporter.is_instance_of::<PyList>() || exporter.is_instance_of::<PyTuple>();
    // A list that can be called is an exporter that keeps what it gets.
    let is_list = is_list && !exporter.is_callable();
    let exporters = if is_list {
        exporter.try_iter()?.collect::<PyResult<Vec<_>>>()?
    } else {
        vec![exporter.clone()]
    };
    let mut lanes = Vec::new();
    let relayed = PyList::empty(exporter.py());
    for exporter in exporters {
        match ask(&exporter, RELAYED)? {
            Some(wish) => relayed.append(wish)?,
            None => lanes.push(Lane::new(&exporter, settings)?),
        }
    }
    if !relayed.is_empty() {
        let start = relay_start(&relayed)?;
        lanes.push(Lane::Relay(RelayLane::new(start, settings)));
    }
    Ok(lanes)
}

/// What an exporter of ours answers, if it is one.
fn ask<'py>(exporter: &Bound<'py, PyAny>, method: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(method) = exporter.getattr_opt(method)? else { return Ok(None) };
    Ok(Some(method.call0()?).filter(|answer| !answer.is_none()))
}

/// Where the relay of these exporters is to be found, and what it is to do.
fn relay_start(relayed: &Bound<'_, PyList>) -> PyResult<Arc<RelayStart>> {
    let relaying = relayed.py().import("ghostglass.exporters.relaying")?;
    let (place, is_loud) = relaying.call_method1("prepare", (relayed,))?.extract()?;
    Ok(RelayStart::new(place, is_loud))
}

impl Lane {
    fn new(exporter: &Bound<'_, PyAny>, settings: Settings) -> PyResult<Self> {
        if let Some(sink) = ask(exporter, NATIVE_SINK)? {
            let sink = SinkSettings::extract(&sink)?;
            return Ok(Self::Native(NativeLane::new(sink, settings)));
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
            Self::Relay(_) => "relay",
        }
    }

    #[inline]
    pub(super) fn push(&self, record: Vec<u8>, is_sampled: bool) {
        match self {
            Self::Native(lane) => lane.push(record, is_sampled),
            Self::Python(lane) => lane.push(record, is_sampled),
            Self::Relay(lane) => lane.push(&record),
        }
    }

    #[inline]
    pub(super) fn enqueue(&self, event: &Bound<'_, PyAny>) {
        match self {
            Self::Native(lane) => lane.enqueue(event),
            Self::Python(lane) => lane.enqueue(event),
            Self::Relay(lane) => lane.enqueue(event),
        }
    }

    pub(super) fn refuse(&self, loss: SpanLoss, count: u64) {
        match self {
            Self::Native(lane) => lane.writer().queue().refuse(loss, count),
            Self::Python(lane) => lane.waiting().queue().refuse(loss, count),
            Self::Relay(lane) => lane.ring().refuse(loss, count),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        match self {
            Self::Native(lane) => lane.writer().queue().counts(),
            Self::Python(lane) => lane.waiting().queue().counts(),
            Self::Relay(lane) => lane.ring().counts(),
        }
    }

    pub(super) fn flush(&self, py: Python<'_>, deadline: Instant) -> bool {
        match self {
            Self::Native(lane) => py.detach(|| lane.writer().flush(deadline)),
            Self::Python(lane) => lane.waiting().flush(py, deadline),
            Self::Relay(lane) => py.detach(|| lane.ring().flush(deadline)),
        }
    }

    pub(super) fn begin_close(&self, py: Python<'_>) {
        match self {
            Self::Native(lane) => lane.writer().begin_close(),
            Self::Python(lane) => lane.waiting().begin_close(py),
            Self::Relay(lane) => lane.ring().begin_close(),
        }
    }

    pub(super) fn finish_close(&self, py: Python<'_>, deadline: Instant) {
        match self {
            Self::Native(lane) => py.detach(|| lane.writer().finish_close(deadline)),
            Self::Python(lane) => lane.waiting().finish_close(py, deadline),
            Self::Relay(lane) => py.detach(|| {
                lane.ring().wait_started(deadline);
                lane.ring().wait_read(deadline);
            }),
        }
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Native(_) | Self::Relay(_) => Ok(()),
            Self::Python(lane) => lane.traverse(visit),
        }
    }
}
