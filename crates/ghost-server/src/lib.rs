//! `ghost serve`: the HTTP API over sessions, its live stream, the dashboard and the tool's own vital signs.
//!
//! Shows what other crates know: it computes no anomaly, reads no ledger itself and contains no SQL.
//! Deliberately absent: options, environment variables and colours; they are the command's.
#![forbid(unsafe_code)]
