//! The thread of a lane: takes batches, has them packed and sent, tries again where that could help.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ghost_model::SpanLoss;

use super::queue::LaneQueue;
use crate::account::Envelope;
use crate::notice::Notices;
use crate::retry::Backoff;
use crate::sink::{Attempt, Packed, Problem, Sink};

/// The pause before another try while closing, where somebody answers at all.
const CLOSING_PAUSE: Duration = Duration::from_millis(100);

/// Sends until the queue is closed and empty, or closing has to end.
pub(super) fn deliver_until_closed(
    queue: &Arc<LaneQueue>,
    mut sink: Box<dyn Sink>,
    mut notices: Notices,
) {
    while let Some(batch) = queue.take() {
        deliver(queue, sink.as_mut(), &mut notices, &batch);
    }
    drop(sink);
    queue.abandon();
}

fn deliver(
    queue: &LaneQueue,
    sink: &mut dyn Sink,
    notices: &mut Notices,
    mut batch: &[Arc<Envelope>],
) {
    while !batch.is_empty() && !queue.is_over() {
        let count = match sink.pack(batch) {
            Packed::TooLarge => {
                queue.settle(1, 1, SpanLoss::TooLarge);
                1
            }
            Packed::Parcel { bytes, span_count } => {
                let (lost, why) = send(queue, sink, notices, &bytes, span_count as u64);
                queue.settle(span_count, lost, why);
                span_count
            }
        };
        batch = batch.get(count.max(1)..).unwrap_or_default();
    }
}

/// Sends one parcel; the result is how many of its spans did not arrive, and why.
fn send(
    queue: &LaneQueue,
    sink: &mut dyn Sink,
    notices: &mut Notices,
    bytes: &[u8],
    span_count: u64,
) -> (u64, SpanLoss) {
    let mut backoff = Backoff::default();
    loop {
        let deadline = queue.deadline();
        match sink.send(bytes, deadline) {
            Attempt::Taken { lost, why } => {
                if lost > 0 {
                    let spans = if lost == 1 { "span was" } else { "spans were" };
                    notices.trouble(&format!("{lost} {spans} not taken"));
                }
                return (lost.min(span_count), why);
            }
            Attempt::Refused(problem) => {
                notices.trouble(&problem.reason);
                return (span_count, SpanLoss::ExporterFailed);
            }
            Attempt::Again { after, problem } => {
                notices.trouble(&problem.reason);
                let closing_began = deadline.is_none() && queue.deadline().is_some();
                // As where closing begins during the pause: one more try, and no pause.
                if !closing_began && let Some(why) = wait(queue, &mut backoff, after, &problem) {
                    return (span_count, why);
                }
            }
        }
    }
}

/// Waits before another try; else why there is none.
fn wait(
    queue: &LaneQueue,
    backoff: &mut Backoff,
    after: Option<Duration>,
    problem: &Problem,
) -> Option<SpanLoss> {
    let Some(deadline) = queue.deadline() else {
        let Some(pause) = backoff.pause(after) else { return Some(SpanLoss::ExporterFailed) };
        return (!queue.pause(pause)).then_some(SpanLoss::Closed);
    };
    let pause = after.unwrap_or(CLOSING_PAUSE);
    if problem.is_answered && Instant::now() + pause < deadline {
        return (!queue.pause(pause)).then_some(SpanLoss::Closed);
    }
    // What is still to come would fare no better.
    queue.abandon();
    Some(SpanLoss::Closed)
}
