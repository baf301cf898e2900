//! The ring of spans: one memory-mapped file per process, written inside, read outside.
//!
//! Beside the ledger and not in it: it exists where nothing is traced, a forked child begins its own
//! at its first span, and whoever reads spans need not read a ledger. Each record has a sequence
//! number, so a reader knows exactly how many it came too late for.
//!
//! # Constraints, and what each forced
//! * The writer never waits: it moves the tail past what it is about to overwrite, then overwrites. A
//!   reader copies, then looks at the tail again, and keeps only what lies behind it.
//! * The kernel keeps the pages of a killed process: what was written is read later.
//! * One writer at a time; in Python the interpreter lock sees to that.
//!
//! Deliberately absent: what a record means (`ghost_spans::encoding`).

pub mod layout;
mod reader;
mod writer;

pub use reader::{RingBatch, RingError, RingFate, SpanRingReader};
pub use writer::SpanRing;

/// File name extension of a ring.
pub const EXTENSION: &str = "spans";
