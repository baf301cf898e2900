//! Rows of the table of network faults against a real server, byte by byte: what a well-behaved client
//! library would not send is what matters here.
//!
//! Not here: the stream of events, and what the command line adds.

mod client;
mod headers;
mod hosts;
mod loads;
mod rooms;
mod smuggling;
mod surface;
mod tokens;

pub(crate) use rooms::routes;
