//! The way to one sink: a bounded queue and a thread, so that a sink that is slow or dead holds up
//! nobody else.
//!
//! What does not fit is dropped, oldest first. When closing has to end, what is left counts as `closed`,
//! also what a sink is just sending: whether that arrives is not known.

mod counts;
mod delivery;
mod queue;

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::account::Envelope;
use crate::notice::{Notices, Say};
use crate::sink::Sink;
pub(crate) use counts::LaneCounts;
use queue::LaneQueue;

/// How much may wait, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LaneLimits {
    /// Spans that may wait.
    pub(crate) queue_max: usize,
    /// Memory they may take.
    pub(crate) queue_bytes_max: usize,
    /// Spans that are sent at once; so many are sent without delay.
    pub(crate) batch_max: usize,
    /// How long fewer wait for more.
    pub(crate) delay: Duration,
}

/// A sink with its queue and thread.
#[derive(Debug)]
pub(crate) struct Lane {
    name: String,
    queue: Arc<LaneQueue>,
    thread: Option<JoinHandle<()>>,
}

impl Lane {
    /// Starts the thread. Without one everything that is offered is dropped and counted.
    pub(crate) fn start(
        name: String,
        about: String,
        sink: Box<dyn Sink>,
        limits: LaneLimits,
        say: Say,
    ) -> Self {
        let queue = Arc::new(LaneQueue::new(limits));
        let notices = Notices::new(say, about);
        let shared = Arc::clone(&queue);
        let work = move || delivery::deliver_until_closed(&shared, sink, notices);
        let thread = thread::Builder::new().name(format!("ghost-{name}")).spawn(work).ok();
        if thread.is_none() {
            queue.abandon();
        }
        Self { name, queue, thread }
    }

    /// What the sink is called in metrics and summaries.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Takes spans, making room where there is none.
    pub(crate) fn offer(&self, spans: &[Arc<Envelope>]) {
        self.queue.offer(spans);
    }

    /// What became of all that was offered.
    pub(crate) fn counts(&self) -> LaneCounts {
        self.queue.counts()
    }

    /// The counts for somebody else.
    pub(crate) fn meter(&self) -> LaneMeter {
        LaneMeter { name: self.name.clone(), queue: Arc::clone(&self.queue) }
    }

    /// Takes nothing more, and sends what is there until then.
    pub(crate) fn close(&self, deadline: Instant) {
        self.queue.close(deadline);
    }

    /// Waits until all is sent, or until closing has to end.
    pub(crate) fn finish(&mut self) -> LaneCounts {
        self.queue.wait_until_closed();
        self.queue.abandon();
        if self.thread.take_if(|thread| thread.is_finished()).is_none() {
            // It ends with what it is waiting for, or with the process.
            self.thread = None;
        }
        self.counts()
    }
}

/// The counts of a lane, wherever they are needed.
#[derive(Clone, Debug)]
pub(crate) struct LaneMeter {
    /// What the sink is called.
    pub(crate) name: String,
    queue: Arc<LaneQueue>,
}

impl LaneMeter {
    /// What became of all that was offered.
    pub(crate) fn counts(&self) -> LaneCounts {
        self.queue.counts()
    }
}

#[cfg(test)]
mod tests;
