//! What waits for an exporter written in Python, and what its thread may ask and must tell.
//!
//! The thread sleeps on a lock of Python that it holds itself; whoever wakes it releases that lock. All
//! of it runs under the interpreter lock, but waiting for the thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use ghost_model::SpanLoss;
use ghost_spans::queue::{Outcome, Pushed, Queue};
use ghost_spans::sleep::{Sleep, Wait};
use pyo3::prelude::*;

use pyo3::types::PyList;

use super::{Settings, at_exit, event_objects};

thread_local! {
    /// Whether an exporter runs on this thread. What it does is not told: telling would make the next.
    static EXPORTS: Cell<bool> = const { Cell::new(false) };
}

/// Whether an exporter runs on this thread.
pub(crate) fn is_exporting() -> bool {
    EXPORTS.get()
}

/// What waits.
#[derive(Debug)]
pub(super) enum WaitingItem {
    /// A span.
    Record(Vec<u8>),
    /// An event of the program, as it came.
    Object(Py<PyAny>),
}

/// The queue of one exporter in one process.
#[derive(Debug)]
pub(super) struct Waiting {
    queue: Queue<WaitingItem>,
    sleep: Sleep,
    settings: Settings,
    exporter: Py<PyAny>,
    export: Py<PyAny>,
    is_started: AtomicBool,
    /// Releases the lock that the thread sleeps on.
    release: OnceLock<Py<PyAny>>,
    failures_in_row: AtomicU32,
}

impl Waiting {
    pub(super) fn new(
        py: Python<'_>,
        exporter: &Py<PyAny>,
        export: &Py<PyAny>,
        settings: Settings,
    ) -> Arc<Self> {
        let waiting = Arc::new(Self {
            queue: Queue::new(settings.queue_size, settings.overflow),
            sleep: Sleep::new(settings.pace.batch_max, settings.queue_size),
            settings,
            exporter: exporter.clone_ref(py),
            export: export.clone_ref(py),
            is_started: AtomicBool::new(false),
            release: OnceLock::new(),
            failures_in_row: AtomicU32::new(0),
        });
        at_exit::note_waiting(&waiting);
        waiting
    }

    pub(super) fn queue(&self) -> &Queue<WaitingItem> {
        &self.queue
    }

    #[inline]
    pub(super) fn push(self: &Arc<Self>, item: WaitingItem) {
        if EXPORTS.get() {
            return self.queue.refuse(SpanLoss::OwnExporter, 1);
        }
        let Pushed { number, gone } = self.queue.push(item);
        if self.sleep.is_wake_due(number) {
            Python::attach(|py| self.wake(py));
        }
        // Last: destroying an object may run code of the program.
        drop(gone);
    }

    pub(super) fn flush(self: &Arc<Self>, py: Python<'_>, deadline: Instant) -> bool {
        if EXPORTS.get() {
            // Waiting for itself would never end.
            return false;
        }
        self.wake(py);
        py.detach(|| self.queue.wait_settled(deadline, || Python::attach(|py| self.wake(py))))
    }

    pub(super) fn begin_close(self: &Arc<Self>, py: Python<'_>) {
        self.queue.begin_close();
        self.wake(py);
    }

    /// Nobody hands over any more, and nobody will wait.
    pub(super) fn let_go(self: &Arc<Self>, py: Python<'_>) {
        self.begin_close(py);
        if !self.is_started.load(SeqCst) && self.queue.depth() == 0 {
            self.queue.finish();
        }
    }

    /// Waits for the end, but not longer than given: what is not exported by then is dropped.
    pub(super) fn finish_close(self: &Arc<Self>, py: Python<'_>, deadline: Instant) {
        if EXPORTS.get() {
            return;
        }
        if !self.is_started.swap(true, SeqCst) {
            self.drain_here(py, deadline);
        }
        if !py.detach(|| self.queue.wait_closed(deadline)) {
            self.queue.abandon();
        }
    }

    /// Wakes the thread; starts it where there is something to do for the first time.
    #[cold]
    fn wake(self: &Arc<Self>, py: Python<'_>) {
        if !self.sleep.wake() {
            return;
        }
        if let Some(release) = self.release.get() {
            // Fails where somebody was faster.
            let _ = release.call0(py);
        } else if !self.queue.is_closing() && !self.is_started.swap(true, SeqCst) {
            self.start(py);
        }
    }

    fn start(self: &Arc<Self>, py: Python<'_>) {
        let interval = self.settings.pace.flush_interval.as_secs_f64();
        let start = || {
            let draining = py.import("ghostglass.exporters.draining")?;
            let queue = Bound::new(py, ExporterQueue(Arc::clone(self)))?;
            let (export, exporter) = (self.export.bind(py), self.exporter.bind(py));
            let release = draining.call_method1("start", (queue, export, exporter, interval))?;
            let _ = self.release.set(release.unbind());
            PyResult::Ok(())
        };
        if start().is_err() {
            // At the end of an interpreter there are no new threads.
            self.is_started.store(false, SeqCst);
            self.sleep.try_again();
        }
    }

    /// Without a thread: the one that closes exports, as long as it may.
    fn drain_here(self: &Arc<Self>, py: Python<'_>, deadline: Instant) {
        let drain = || {
            let queue = Bound::new(py, ExporterQueue(Arc::clone(self)))?;
            let left = deadline.saturating_duration_since(Instant::now()).as_secs_f64();
            let draining = py.import("ghostglass.exporters.draining")?;
            let (export, exporter) = (self.export.bind(py), self.exporter.bind(py));
            draining.call_method1("drain_here", (queue, export, exporter, left))
        };
        if drain().is_err() {
            self.queue.abandon();
        }
    }

    fn has_given_up(&self) -> bool {
        let failures = self.failures_in_row.load(SeqCst);
        self.settings.failures_max.is_some_and(|limit| failures >= limit)
    }
}

/// What the thread of an exporter works with. Made and used by `ghostglass.exporters.draining` only.
#[pyclass(frozen, module = "ghostglass._native")]
#[derive(Debug)]
pub(crate) struct ExporterQueue(Arc<Waiting>);

#[pymethods]
impl ExporterQueue {
    /// Take a batch, to be settled; empty where nothing waits, `None` where nothing will come either.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        let queue = &self.0.queue;
        let events = PyList::empty(py);
        let mut batch = Vec::new();
        if queue.take(self.0.settings.pace.batch_max, &mut batch) == 0 {
            return Ok((!queue.is_closing()).then_some(events));
        }
        for item in batch {
            match item {
                WaitingItem::Object(object) => events.append(object)?,
                WaitingItem::Record(record) => {
                    if let Some(event) = event_objects::from_record(py, &record) {
                        events.append(event)?;
                    }
                }
            }
        }
        EXPORTS.set(true);
        Ok(Some(events))
    }

    /// Tell what became of the batch.
    fn settle(&self, is_exported: bool) {
        EXPORTS.set(false);
        if is_exported {
            self.0.failures_in_row.store(0, SeqCst);
            self.0.queue.settle(&Outcome::EXPORTED);
        } else {
            self.0.failures_in_row.fetch_add(1, SeqCst);
            let all = Outcome::dropped(usize::MAX, SpanLoss::ExporterFailed);
            self.0.queue.settle(&all);
        }
    }

    /// Whether the exporter failed so often in a row that it is not asked any more.
    #[getter]
    fn has_given_up(&self) -> bool {
        self.0.has_given_up()
    }

    /// Fall asleep after so many naps: `None` where something came, else whether to sleep until woken.
    fn begin_sleep(&self, naps: u32) -> Option<bool> {
        self.0.sleep.begin(&self.0.queue, naps).map(|wait| wait == Wait::Woken)
    }

    /// Tell that the thread is awake.
    fn end_sleep(&self) {
        self.0.sleep.end();
    }

    /// Tell that nothing will be taken any more.
    fn finish(&self) {
        self.0.queue.finish();
    }
}
