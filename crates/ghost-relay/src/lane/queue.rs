//! The queue of a lane: what waits, what is being sent, and the counts, under one lock that is held for
//! moments only.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ghost_model::SpanLoss;

use super::{LaneCounts, LaneLimits};
use crate::account::Envelope;

/// Shared by who offers, who sends and who counts.
#[derive(Debug)]
pub(super) struct LaneQueue {
    limits: LaneLimits,
    state: Mutex<State>,
    /// Something came, or closing began or ended.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Arc<Envelope>>,
    waiting_bytes: usize,
    /// When the oldest of a batch that is not full came.
    waiting_since: Option<Instant>,
    /// Handed to the sink, oldest first.
    sending: VecDeque<Arc<Envelope>>,
    counts: LaneCounts,
    /// When closing has to end; set when it begins.
    deadline: Option<Instant>,
    /// Nothing more will be sent.
    is_over: bool,
}

impl LaneQueue {
    pub(super) fn new(limits: LaneLimits) -> Self {
        Self { limits, state: Mutex::default(), changed: Condvar::new() }
    }

    pub(super) fn offer(&self, spans: &[Arc<Envelope>]) {
        let mut state = self.state();
        state.counts.offered += spans.len() as u64;
        for span in spans {
            if state.deadline.is_some() || state.is_over {
                state.lose(span, SpanLoss::Closed);
                continue;
            }
            state.waiting_bytes += span.bytes;
            state.waiting.push_back(Arc::clone(span));
            self.make_room(&mut state);
        }
        state.waiting_since.get_or_insert_with(Instant::now);
        if state.waiting.len() >= self.limits.batch_max || spans.len() >= state.waiting.len() {
            self.changed.notify_all();
        }
    }

    /// The next batch, as soon as there is a full one or enough time has passed; `None` at the end.
    pub(super) fn take(&self) -> Option<Vec<Arc<Envelope>>> {
        let mut state = self.state();
        loop {
            if state.is_over || (state.deadline.is_some() && state.waiting.is_empty()) {
                return None;
            }
            let Some(pause) = self.pause_before_batch(&state) else { break };
            state = self.wait(state, pause);
        }
        let count = state.waiting.len().min(self.limits.batch_max);
        let batch: Vec<Arc<Envelope>> = state.waiting.drain(..count).collect();
        state.waiting_bytes -= batch.iter().map(|span| span.bytes).sum::<usize>();
        state.waiting_since = (!state.waiting.is_empty()).then(Instant::now);
        state.sending.extend(batch.iter().map(Arc::clone));
        Some(batch)
    }

    /// The oldest of those being sent have arrived but for some, or have not.
    pub(super) fn settle(&self, count: usize, lost: u64, why: SpanLoss) {
        let mut state = self.state();
        for index in 0..count as u64 {
            // None is left where closing ended meanwhile: then they are counted already.
            let Some(span) = state.sending.pop_front() else { return };
            if index < lost {
                state.lose(&span, why);
            } else {
                span.settle(None);
                state.counts.exported += 1;
            }
        }
    }

    /// Waits, but not longer than closing may take; whether it is worth going on.
    pub(super) fn pause(&self, pause: Duration) -> bool {
        let end = Instant::now() + pause;
        let mut state = self.state();
        loop {
            let now = Instant::now();
            if state.is_over || state.deadline.is_some_and(|deadline| deadline <= now) {
                return false;
            }
            if now >= end {
                return true;
            }
            // Whoever closes wants another try at once.
            let closing_before = state.deadline.is_some();
            state = self.wait(state, end - now);
            if state.deadline.is_some() && !closing_before {
                return !state.is_over;
            }
        }
    }

    /// Whether nothing more will be sent.
    pub(super) fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// When closing has to end, if it has begun.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.state().deadline
    }

    pub(super) fn close(&self, deadline: Instant) {
        self.state().deadline.get_or_insert(deadline);
        self.changed.notify_all();
    }

    /// Waits until nothing is left, or until closing has to end.
    pub(super) fn wait_until_closed(&self) {
        let mut state = self.state();
        loop {
            let now = Instant::now();
            let left = state.deadline.unwrap_or(now).saturating_duration_since(now);
            if state.is_over || left.is_zero() {
                return;
            }
            state = self.wait(state, left);
        }
    }

    /// Nothing more will be sent: what is left is counted.
    pub(super) fn abandon(&self) {
        let mut state = self.state();
        state.is_over = true;
        let left: Vec<Arc<Envelope>> = {
            let State { waiting, sending, .. } = &mut *state;
            sending.drain(..).chain(waiting.drain(..)).collect()
        };
        state.waiting_bytes = 0;
        for span in &left {
            state.lose(span, SpanLoss::Closed);
        }
        self.changed.notify_all();
    }

    pub(super) fn counts(&self) -> LaneCounts {
        let state = self.state();
        let waiting = (state.waiting.len() + state.sending.len()) as u64;
        let mut counts = state.counts.clone();
        counts.waiting = waiting;
        counts
    }

    fn make_room(&self, state: &mut State) {
        let LaneLimits { queue_max, queue_bytes_max, .. } = self.limits;
        while state.waiting.len() > queue_max || state.waiting_bytes > queue_bytes_max {
            let Some(oldest) = state.waiting.pop_front() else { return };
            state.waiting_bytes -= oldest.bytes;
            state.lose(&oldest, SpanLoss::DroppedOldest);
        }
    }

    /// How long to wait for a batch; `None` where there is one.
    fn pause_before_batch(&self, state: &State) -> Option<Duration> {
        let is_due = state.deadline.is_some() || state.waiting.len() >= self.limits.batch_max;
        if is_due && !state.waiting.is_empty() {
            return None;
        }
        if state.waiting.is_empty() {
            return Some(Duration::MAX);
        }
        let waited = state.waiting_since.map_or(Duration::ZERO, |since| since.elapsed());
        self.limits.delay.checked_sub(waited).filter(|left| !left.is_zero())
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, pause: Duration) -> MutexGuard<'a, State> {
        let waited = self.changed.wait_timeout(state, pause.min(Duration::from_hours(1)));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn lose(&mut self, span: &Envelope, why: SpanLoss) {
        span.settle(Some(why));
        self.counts.lose(why, 1);
    }
}
