//! What a writer's thread writes to: files and terminals of this machine, nothing behind a network.

mod console;
mod jsonl;

pub use console::{Colour, ConsoleSink, Layout, Stream, pretty_line};
pub use jsonl::{JsonlSettings, JsonlSink};

use crate::encoding::decode;
use crate::event::write_event;
use crate::queue::Outcome;
use ghost_model::SpanLoss;

/// What waits to be written.
#[derive(Debug)]
pub enum Item {
    /// A span record, as [`crate::encoding`] writes it.
    Span(Vec<u8>),
    /// An event that is one line of JSON already.
    Event(Vec<u8>),
}

/// Something that events can be written to. Used by one thread.
pub trait Sink: Send {
    /// Writes a batch; never waits for more than the system call.
    fn write(&mut self, batch: &[Item]) -> Outcome;

    /// Nothing more will come.
    fn close(&mut self) {}
}

/// Lines of JSON that wait to be written, and where each ends.
#[derive(Debug, Default)]
struct Lines {
    text: Vec<u8>,
    ends: Vec<usize>,
    /// Items that are no event.
    invalid: usize,
}

impl Lines {
    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.invalid = 0;
    }

    fn fill(&mut self, batch: &[Item]) {
        self.clear();
        for item in batch {
            self.add(item);
        }
    }

    fn add(&mut self, item: &Item) {
        match item {
            Item::Event(line) => self.text.extend_from_slice(line),
            Item::Span(record) => match decode(record) {
                Some(span) => write_event(&span, &mut self.text),
                None => return self.invalid += 1,
            },
        }
        self.end_line();
    }

    fn end_line(&mut self) {
        self.text.push(b'\n');
        self.ends.push(self.text.len());
    }

    /// Writes every line anew.
    fn rewrite(&mut self, write: impl Fn(&str, &mut String)) {
        let mut text = String::with_capacity(self.text.len());
        let mut begin = 0;
        for end in &mut self.ends {
            // Lines are written by us and by the encoder of events, as UTF-8.
            let line = self.text.get(begin..*end - 1).unwrap_or_default();
            begin = *end;
            write(&String::from_utf8_lossy(line), &mut text);
            text.push('\n');
            *end = text.len();
        }
        self.text = text.into_bytes();
    }

    /// What became of them when so many could be written.
    fn outcome(&self, written: usize) -> Outcome {
        let refused = self.ends.len() - written;
        let reason = if refused > 0 { SpanLoss::ExporterFailed } else { SpanLoss::Unreadable };
        Outcome::dropped(refused + self.invalid, reason)
    }
}
