//! An exporter written in Python: a queue of records and objects, and a thread of Python that takes them.
//!
//! The thread's loop is Python code (`ghostglass.exporters.draining`) and not ours: when the interpreter ends
//! it stops its threads wherever they are, which no Rust frame below would survive.

use std::sync::Arc;

use ghost_model::SpanLoss;
use ghost_spans::fork_local::ForkLocal;
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;

use super::Settings;
use super::exporter_queue::{Waiting, WaitingItem};

/// See the top of this file.
#[derive(Debug)]
pub(super) struct PythonLane {
    name: String,
    exporter: Py<PyAny>,
    export: Py<PyAny>,
    takes_unsampled: bool,
    settings: Settings,
    waiting: ForkLocal<Arc<Waiting>>,
}

impl PythonLane {
    pub(super) fn new(
        exporter: &Bound<'_, PyAny>,
        export: Bound<'_, PyAny>,
        settings: Settings,
    ) -> PyResult<Self> {
        let takes_unsampled = match exporter.getattr_opt("takes_unsampled")? {
            Some(takes) => takes.is_truthy()?,
            None => false,
        };
        let export = export.unbind();
        let waiting = Waiting::new(exporter.py(), exporter.as_unbound(), &export, settings);
        Ok(Self {
            name: exporter.get_type().name()?.to_string_lossy().into_owned(),
            exporter: exporter.clone().unbind(),
            export,
            takes_unsampled,
            settings,
            waiting: ForkLocal::new(waiting),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What waits in this process: a forked child has its own.
    #[inline]
    pub(super) fn waiting(&self) -> &Arc<Waiting> {
        self.waiting.get(|| {
            Python::attach(|py| Waiting::new(py, &self.exporter, &self.export, self.settings))
        })
    }

    #[inline]
    pub(super) fn push(&self, record: Vec<u8>, is_sampled: bool) {
        if is_sampled || self.takes_unsampled {
            self.waiting().push(WaitingItem::Record(record));
        } else {
            self.waiting().queue().refuse(SpanLoss::SampledOut, 1);
        }
    }

    #[inline]
    pub(super) fn enqueue(&self, event: &Bound<'_, PyAny>) {
        self.waiting().push(WaitingItem::Object(event.clone().unbind()));
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.exporter)?;
        visit.call(&self.export)
    }
}

impl Drop for PythonLane {
    /// The thread exports what waits, and ends by itself.
    fn drop(&mut self) {
        if let Some(waiting) = self.waiting.existing() {
            Python::attach(|py| waiting.let_go(py));
        }
    }
}
