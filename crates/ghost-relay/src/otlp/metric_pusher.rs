//! Sends metrics now and then, and once more at the end. What is sent is everything since the
//! beginning, so a request that fails loses nothing: the next one has it, too.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::notice::{Notices, Say};
use crate::transport::{Reply, Transport};

/// Makes a request with the metrics of this moment.
type MetricSource = Arc<dyn Fn() -> Vec<u8> + Send + Sync>;

/// The thread that sends.
#[derive(Debug)]
pub(crate) struct MetricPusher(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// When the last request has to be over; set when closing begins.
    deadline: Option<Instant>,
    is_over: bool,
}

impl MetricPusher {
    pub(crate) fn start(
        source: MetricSource,
        transport: Box<dyn Transport>,
        interval: Duration,
        (say, about): (Say, String),
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let ours = Arc::clone(&shared);
        let work = move || {
            push_until_closed(&ours, &source, transport, interval, Notices::new(say, about));
            ours.end();
        };
        if thread::Builder::new().name("ghost-otlp-metrics".into()).spawn(work).is_err() {
            shared.end();
        }
        Self(shared)
    }

    /// Sends once more.
    pub(crate) fn close(&self, deadline: Instant) {
        self.0.lock().deadline.get_or_insert(deadline);
        self.0.changed.notify_all();
    }

    /// Waits until that is done, or has to be.
    pub(crate) fn finish(&self) {
        let mut state = self.0.lock();
        while !state.is_over {
            let left = state.deadline.unwrap_or_else(Instant::now);
            let left = left.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.0.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) {
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    /// Waits for the next request; the result is when it has to be over, if it is the last one.
    fn wait(&self, interval: Duration) -> Option<Instant> {
        let end = Instant::now() + interval;
        let mut state = self.lock();
        while state.deadline.is_none() && Instant::now() < end {
            let left = end.saturating_duration_since(Instant::now());
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.deadline
    }
}

fn push_until_closed(
    shared: &Shared,
    source: &MetricSource,
    mut transport: Box<dyn Transport>,
    interval: Duration,
    mut notices: Notices,
) {
    loop {
        let deadline = shared.wait(interval);
        match transport.post(&source(), deadline) {
            Reply::Accepted(_) => {}
            Reply::Again { problem, .. } | Reply::Refused(problem) => {
                notices.trouble(&problem.reason);
            }
        }
        if deadline.is_some() {
            return;
        }
    }
}
