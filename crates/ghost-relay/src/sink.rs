//! What a sink is: something that packs spans and sends what it packed, once. When to send, how often to
//! try and what to count is decided in `lane`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ghost_model::SpanLoss;

use crate::account::Envelope;

/// Where spans go. Used by one thread.
pub(crate) trait Sink: Send {
    /// Makes something that can be sent of spans, all of them or the first ones.
    fn pack(&mut self, spans: &[Arc<Envelope>]) -> Packed;

    /// Tries once; waits for no longer than until then.
    fn send(&mut self, parcel: &[u8], until: Option<Instant>) -> Attempt;
}

/// What became of the first spans of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Packed {
    /// So many are in these bytes.
    Parcel {
        /// What is sent.
        bytes: Vec<u8>,
        /// At least one.
        span_count: usize,
    },
    /// The first one alone is larger than anything that may be sent.
    TooLarge,
}

/// How sending went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// It was taken, but for so many.
    Taken {
        /// Spans that were not.
        lost: u64,
        /// Why not, if there are any.
        why: SpanLoss,
    },
    /// Another try could help.
    Again {
        /// When, if the receiver said so.
        after: Option<Duration>,
        /// What was wrong.
        problem: Problem,
    },
    /// No try will help.
    Refused(Problem),
}

/// What was wrong, in our words: those of libraries may hold addresses and credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What was wrong.
    pub(crate) reason: String,
    /// Whether somebody answered.
    pub(crate) is_answered: bool,
}

impl Problem {
    /// Nobody answered.
    pub(crate) fn unreachable(reason: &str) -> Self {
        Self { reason: reason.to_owned(), is_answered: false }
    }

    /// Somebody answered that it does not answer.
    pub(crate) fn answered(reason: String) -> Self {
        Self { reason, is_answered: true }
    }
}
