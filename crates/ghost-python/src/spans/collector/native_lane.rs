//! An exporter that writes files or to a terminal: a native thread, and a queue of what is bytes already.

use std::sync::Arc;

use ghost_model::SpanLoss;
use ghost_spans::fork_local::ForkLocal;
use ghost_spans::queue::Queue;
use ghost_spans::sinks::Item;
use ghost_spans::writer::Writer;
use pyo3::prelude::*;

use super::sink_settings::SinkSettings;
use super::{Settings, at_exit, event_json};
use crate::native_thread;

/// Address space, not memory. Reading the time zone for pretty lines needs a quarter of it.
const STACK_BYTES: usize = 1024 * 1024;

/// See the top of this file.
#[derive(Debug)]
pub(super) struct NativeLane {
    sink: SinkSettings,
    settings: Settings,
    writer: ForkLocal<Arc<Writer>>,
}

impl NativeLane {
    pub(super) fn new(sink: SinkSettings, settings: Settings) -> Self {
        let writer = ForkLocal::new(make(&sink, settings));
        Self { sink, settings, writer }
    }

    pub(super) fn name(&self) -> &'static str {
        self.sink.name()
    }

    /// The writer of this process: a forked child has its own.
    #[inline]
    pub(super) fn writer(&self) -> &Arc<Writer> {
        self.writer.get(|| make(&self.sink, self.settings))
    }

    #[inline]
    pub(super) fn push(&self, record: Vec<u8>, is_sampled: bool) {
        if is_sampled {
            self.writer().push(Item::Span(record));
        } else {
            self.writer().queue().refuse(SpanLoss::SampledOut, 1);
        }
    }

    #[inline]
    pub(super) fn enqueue(&self, event: &Bound<'_, PyAny>) {
        match event_json::write(event) {
            Some(line) => self.writer().push(Item::Event(line)),
            None => self.writer().queue().refuse(SpanLoss::Unreadable, 1),
        }
    }
}

impl Drop for NativeLane {
    /// The thread writes what waits, and ends by itself.
    fn drop(&mut self) {
        if let Some(writer) = self.writer.existing() {
            writer.let_go();
        }
    }
}

fn make(sink: &SinkSettings, settings: Settings) -> Arc<Writer> {
    let queue = Queue::new(settings.queue_size, settings.overflow);
    let writer = Arc::new(Writer::new(queue, sink.make(), settings.pace, spawn));
    at_exit::note_writer(&writer);
    writer
}

fn spawn(work: Box<dyn FnOnce() + Send>) -> bool {
    native_thread::spawn(STACK_BYTES, work).is_some()
}
