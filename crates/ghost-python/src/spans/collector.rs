//! The collector: takes spans from emitters and events from the program, and hands them to exporters.
//!
//! Each exporter has a queue and a thread of its own ([`lane`]), so that a dead one holds up neither the
//! program nor another. Everything here runs under the interpreter lock, but waiting for the end.

pub(super) mod at_exit;
mod event_json;
mod event_objects;
mod event_span;
pub(super) mod event_text;
pub(super) mod exporter_queue;
mod lane;
mod native_lane;
mod python_lane;
mod relay_lane;
#[expect(unsafe_code, reason = "detaches a process it is about to start")]
mod relay_start;
mod sink_settings;

use std::time::{Duration, Instant};

use ghost_model::SpanLoss;
use ghost_spans::accounting::{Accounting, Counts};
use ghost_spans::queue::Overflow;
use ghost_spans::writer::Pace;
use pyo3::PyTraverseError;
use pyo3::exceptions::PyValueError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use lane::Lane;

/// How long a collector may take to end when nobody says how long.
pub(super) const CLOSE_TIMEOUT_S: f64 = 2.0;
/// A longer wait is none that ends.
const TIMEOUT_MAX: Duration = Duration::from_hours(1);

/// How a collector takes and hands on, whatever its exporters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) queue_size: usize,
    pub(super) overflow: Overflow,
    pub(super) pace: Pace,
    /// After so many failures in a row an exporter is not asked any more.
    pub(super) failures_max: Option<u32>,
}

/// Takes spans and events, and hands them to exporters.
#[pyclass(frozen, weakref, subclass, module = "ghostglass._native")]
#[derive(Debug)]
pub(crate) struct Collector {
    name: String,
    exporter: Py<PyAny>,
    lanes: Vec<Lane>,
    /// What came though nobody takes it.
    /// Boxed: its counters have cache lines of their own, for which Python has no room.
    unheard: Box<Accounting>,
}

impl Collector {
    /// Takes a span. `is_sampled` says whether its trace is kept; who counts takes it all the same.
    pub(crate) fn push(&self, record: Vec<u8>, is_sampled: bool) {
        if exporter_queue::is_exporting() {
            return self.refuse(SpanLoss::OwnExporter, 1);
        }
        let Some((last, others)) = self.lanes.split_last() else {
            return self.refuse(SpanLoss::NoExporter, 1);
        };
        for lane in others {
            lane.push(record.clone(), is_sampled);
        }
        last.push(record, is_sampled);
    }

    /// Counts spans that are not handed over.
    pub(crate) fn refuse(&self, why: SpanLoss, count: u64) {
        if self.lanes.is_empty() {
            self.unheard.produce(count);
            self.unheard.lose(why, count);
        }
        for lane in &self.lanes {
            lane.refuse(why, count);
        }
    }

    fn counts(&self) -> Counts {
        let mut sum = self.unheard.counts();
        for lane in &self.lanes {
            sum.add(&lane.counts());
        }
        sum
    }
}

#[pymethods]
impl Collector {
    #[new]
    #[pyo3(signature = (exporter=None, *, queue_size=2048, batch_max=128, flush_interval=0.1,
                        drop_oldest=true, name=None, max_consecutive_sink_failures=None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one call")]
    fn new(
        py: Python<'_>,
        exporter: Option<Bound<'_, PyAny>>,
        queue_size: i64,
        batch_max: i64,
        flush_interval: f64,
        drop_oldest: bool,
        name: Option<String>,
        max_consecutive_sink_failures: Option<i64>,
    ) -> PyResult<Self> {
        let pace = Pace {
            batch_max: positive("batch_max", batch_max)?,
            flush_interval: seconds("flush_interval", flush_interval)?,
        };
        let failures_max = max_consecutive_sink_failures
            .map(|count| positive("max_consecutive_sink_failures", count))
            .transpose()?;
        let settings = Settings {
            queue_size: positive("queue_size", queue_size)?,
            overflow: if drop_oldest { Overflow::DropOldest } else { Overflow::DropNewest },
            pace,
            failures_max: failures_max.map(|count| u32::try_from(count).unwrap_or(u32::MAX)),
        };
        Ok(Self {
            name: name.unwrap_or_else(|| "ghostglass-collector".to_owned()),
            lanes: match &exporter {
                Some(exporter) => lane::make(exporter, settings)?,
                None => Vec::new(),
            },
            exporter: exporter.map_or_else(|| py.None(), Bound::unbind),
            unheard: Box::default(),
        })
    }

    /// Take an event. Never waits, never raises: what cannot be taken is counted.
    #[pyo3(signature = (event, /))]
    fn enqueue(&self, event: &Bound<'_, PyAny>) {
        if self.lanes.is_empty() {
            self.refuse(SpanLoss::NoExporter, 1);
        }
        for lane in &self.lanes {
            lane.enqueue(event);
        }
    }

    /// Wait until everything taken so far is exported or dropped; false if that takes longer.
    #[pyo3(signature = (timeout=CLOSE_TIMEOUT_S))]
    fn flush(&self, py: Python<'_>, timeout: f64) -> bool {
        let deadline = deadline(timeout);
        self.lanes.iter().all(|lane| lane.flush(py, deadline))
    }

    /// Hand on what waits, then end; what takes longer than that is dropped. May be called again.
    #[pyo3(signature = (timeout=CLOSE_TIMEOUT_S))]
    fn close(&self, py: Python<'_>, timeout: f64) {
        let deadline = deadline(timeout);
        for lane in &self.lanes {
            lane.begin_close(py);
        }
        for lane in &self.lanes {
            lane.finish_close(py, deadline);
        }
    }

    /// What became of everything taken: `produced = exported + dropped + queue_depth`.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let stats = as_dict(py, &self.counts())?;
        let lanes = self.lanes.iter().map(|lane| {
            let one = as_dict(py, &lane.counts())?;
            one.set_item("exporter", lane.name())?;
            Ok(one)
        });
        stats.set_item("exporters", lanes.collect::<PyResult<Vec<_>>>()?)?;
        Ok(stats)
    }

    /// Events taken. An event for two exporters counts twice, here and everywhere.
    #[getter]
    fn enqueued(&self) -> u64 {
        self.counts().produced
    }

    /// Events that were exported.
    #[getter]
    fn processed(&self) -> u64 {
        self.counts().exported
    }

    /// Events that had to go for newer ones.
    #[getter]
    fn dropped_oldest(&self) -> u64 {
        self.counts().dropped(SpanLoss::DroppedOldest)
    }

    /// Batches that could not be exported.
    #[getter]
    fn flush_errors(&self) -> u64 {
        self.counts().failures
    }

    /// Events that wait, or are being exported.
    #[getter]
    fn queue_depth(&self) -> u64 {
        self.counts().pending()
    }

    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    #[getter]
    fn exporter(&self, py: Python<'_>) -> Py<PyAny> {
        self.exporter.clone_ref(py)
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) {
        self.close(py, CLOSE_TIMEOUT_S);
    }

    /// `Collector[dict[str, object]]` in annotations.
    #[classmethod]
    fn __class_getitem__(class: &Bound<'_, PyType>, item: &Bound<'_, PyAny>) -> Py<PyType> {
        // Types are for checkers only.
        let _ = item;
        class.clone().unbind()
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.exporter)?;
        self.lanes.iter().try_for_each(|lane| lane.traverse(&visit))
    }
}

fn as_dict<'py>(py: Python<'py>, counts: &Counts) -> PyResult<Bound<'py, PyDict>> {
    let dropped = PyDict::new(py);
    for loss in SpanLoss::ALL.into_iter().filter(|loss| counts.dropped(*loss) > 0) {
        dropped.set_item(loss.as_str(), counts.dropped(loss))?;
    }
    let dict = PyDict::new(py);
    dict.set_item("produced", counts.produced)?;
    dict.set_item("exported", counts.exported)?;
    dict.set_item("dropped", dropped)?;
    dict.set_item("queue_depth", counts.pending())?;
    dict.set_item("flush_errors", counts.failures)?;
    Ok(dict)
}

/// When `timeout` seconds from now are over.
fn deadline(timeout: f64) -> Instant {
    let wait = Duration::try_from_secs_f64(timeout).unwrap_or(Duration::ZERO);
    Instant::now() + wait.min(TIMEOUT_MAX)
}

fn positive(what: &str, number: i64) -> PyResult<usize> {
    let number = usize::try_from(number).ok().filter(|number| *number > 0);
    number.ok_or_else(|| PyValueError::new_err(format!("{what} must be > 0")))
}

fn seconds(what: &str, number: f64) -> PyResult<Duration> {
    let duration = Duration::try_from_secs_f64(number).ok().filter(|wait| !wait.is_zero());
    let duration = duration.map(|wait| wait.min(TIMEOUT_MAX));
    duration.ok_or_else(|| PyValueError::new_err(format!("{what} must be > 0")))
}
