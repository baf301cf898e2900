//! Tests of the `ghost` binary from outside: what a user or a script sees of it.
//!
//! Observing is not tested here: no interpreter that these tests meet has the extension.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod annotate;
mod anomalies;
mod clean;
mod completions;
mod configuration;
mod diff;
mod explain;
mod explain_backends;
mod export;
mod exporters;
mod fake_server;
mod help;
mod large;
mod recorded;
mod run_process;
mod run_targets;
mod run_without_recording;
mod sandbox;
mod serve;
mod sessions;
mod spans;
mod staged;
mod telemetry;
mod terminal;
mod watch;
