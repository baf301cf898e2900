//! Spans as lines on this machine: what `ghost-spans` writes to files and terminals, behind a lane.

use std::sync::Arc;
use std::time::Instant;

use ghost_spans::event::write_event;
use ghost_spans::sinks::{self, Item};

use crate::account::Envelope;
use crate::sink::{Attempt, Packed, Sink};

/// Files or a terminal.
pub(crate) struct TextSink<S> {
    to: S,
    /// Lines of the present parcel.
    lines: Vec<Item>,
}

impl<S: sinks::Sink> TextSink<S> {
    pub(crate) fn new(to: S) -> Self {
        Self { to, lines: Vec::new() }
    }
}

impl<S: sinks::Sink> Sink for TextSink<S> {
    fn pack(&mut self, spans: &[Arc<Envelope>]) -> Packed {
        let line = |envelope: &Arc<Envelope>| {
            let mut line = Vec::new();
            write_event(&envelope.span, &mut line);
            Item::Event(line)
        };
        self.lines = spans.iter().map(line).collect();
        Packed::Parcel { bytes: Vec::new(), span_count: spans.len() }
    }

    fn send(&mut self, _: &[u8], _: Option<Instant>) -> Attempt {
        let outcome = self.to.write(&self.lines);
        Attempt::Taken { lost: outcome.dropped, why: outcome.loss }
    }
}
