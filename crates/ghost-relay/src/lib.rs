//! Carries spans from their rings to whoever is to see them: OpenTelemetry receivers, Prometheus, files.
//!
//! # Constraints, and what each forced
//! * A dead receiver must hold up neither the program nor another receiver: every sink has a thread and
//!   a bounded queue of its own, and what does not fit is dropped, oldest first, and counted.
//! * Counts are exact: of the spans given to a sink each one is exported or counted under one reason.
//! * Credentials are sent and nothing else: they are neither printed nor part of an error.
//!
//! Runs in processes of our own only. Deliberately absent: sessions, the command line, and reading the
//! environment: settings come through a function that looks a variable up.
#![forbid(unsafe_code)]

mod consumer;

pub use consumer::SpanConsumer;
