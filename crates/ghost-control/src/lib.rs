//! Control of running programs from outside: what is said over the control socket of an observed process,
//! and everything about it that needs no Python.
//!
//! * [`Request`] and [`Reply`] are JSON behind a length of four bytes, one of each per connection, with bounds
//!   for both. A reader trusts no byte.
//! * [`Endpoint`] is the socket of a process: in the run folder, 0600, only for the user of the process and root.
//! * [`ask`] and [`sockets`] are what controllers use: blocking, with deadlines.
//! * [`SpecFile`] keeps the probes of a session for processes that start later.
//! * [`Policy`] says what may be asked for; [`Audit`] keeps a line of each change.
//!
//! Touches no Python object and starts no thread, so that both sides can use it.
#![forbid(unsafe_code)]

mod audit;
mod client;
mod endpoint;
mod glob;
mod message;
mod policy;
mod probe_spec;
mod probe_status;
mod spec_file;
mod timed_stream;
mod wire;

pub use audit::{Audit, Change};
pub use client::{AskError, ProcessSocket, ask, sockets};
pub use endpoint::{Arrival, Connection, Endpoint, EndpointError, Peer, SOCKET_EXTENSION};
pub use message::{Hello, Hit, Hits, Reply, Request};
pub use policy::{Policy, Refusal};
pub use probe_spec::{
    LIFESPAN_MINUTES_DEFAULT, LIFESPAN_MINUTES_MAX, ProbeEvent, ProbeKind, ProbeSpec, SpecError,
};
pub use probe_status::{Bucket, LineTime, Numbers, ProbeState, ProbeStatus};
pub use spec_file::{SPEC_FILE, SpecFile, SpecFileError};
pub use wire::{REPLY_BYTES_MAX, REQUEST_BYTES_MAX, VERSION, WireError, read, write};
