//! `ghost serve`: the HTTP API over sessions, its live stream, the dashboard and the tool's own vital signs.
//!
//! Entry point: [`Server`]. Shows what other crates know: it computes no anomaly, reads no ledger itself and
//! contains no SQL. Deliberately absent: options, environment variables and colours; they are the command's.
#![forbid(unsafe_code)]

mod announcement;
mod api;
mod assets;
mod events;
#[cfg(test)]
mod network_tests;
mod openapi;
mod probes;
mod router;
mod security;
mod server;
mod serving;
mod sessions;
mod state;
mod stop;
mod vitals;

pub use announcement::AnnounceError;
pub use server::{Server, ServerConfiguration, ServerError};
pub use stop::Stop;
pub use vitals::settings_file;
pub use vitals::usage_data;
