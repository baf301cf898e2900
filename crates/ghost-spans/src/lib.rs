//! Spans inside the observed process, without Python: how they are written down, what is taken out of
//! statements, which traces are kept, and the queue and sinks of a collector.
//!
//! # Constraints, and what each forced
//! * The program must never wait for us: handing over a span is a copy, whoever consumes it does so in a
//!   thread of its own, and what does not fit is dropped and counted.
//! * Values must not leave the process: statements are redacted here, before they become spans.
//! * The process may fork at any time: nothing here is shared with a parent.
//!
//! Deliberately absent: Python, HTTP, TLS, databases and async runtimes. Exporters that need them run
//! outside and read the spans from a ring (`ghost_ledger::SpanRing`).
#![forbid(unsafe_code)]

pub mod accounting;
pub mod encoding;
pub mod event;
pub mod fork_local;
pub mod json_text;
pub mod queue;
pub mod redact;
pub mod sampling;
pub mod sinks;
pub mod sleep;
pub mod trace_context;
pub mod writer;
