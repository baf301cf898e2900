//! The crash-proof ledger: one memory-mapped file per observed process.
//!
//! The writer ([`Ledger`]) lives in the observed process and only appends records and adds to
//! counters; the kernel keeps its pages when the process dies, so nothing counted is ever lost.
//! Spans, which are no counters, travel through a ring in a file of their own ([`SpanRing`]).
//! The reader ([`read_ledger`], [`parse`]) runs elsewhere, takes no lock and trusts no byte.
//!
//! # Constraints, and what each forced
//! * A full disk must be an error code: space is reserved with `fallocate` before it is mapped,
//!   and where that fails counting goes on in anonymous memory ([`Counter`] `VolatileBytes`).
//! * The host may close every descriptor: none is kept open, growth opens the file again.
//! * A forked child must not write its parent's file: [`Ledger::begin_child`] maps a new file at
//!   the same address, so that every reference into the ledger stays valid and starts from zero.
//! * Readers may be older or newer: the header carries [`layout::VERSION`].
//!
//! Deliberately absent: Python, SQL, any interpretation of what is counted.
#![deny(unsafe_code)]

mod by_caller;
pub mod layout;
pub mod liveness;
#[cfg(not(loom))]
#[expect(unsafe_code, reason = "maps the file and hands out references into it")]
mod mapping;
#[cfg(loom)]
#[path = "modelled_mapping.rs"]
mod mapping;
#[cfg(all(test, loom))]
mod model;
mod reader;
mod slot;
mod snapshot;
#[cfg(not(loom))]
pub mod span_ring;
mod sync;
mod writer;

pub use ghost_model::Counter;
pub use mapping::MappingError;
pub use reader::{ReadError, parse, read_ledger};
pub use slot::{FunctionSlots, HistogramBlock, NodeSlots, Slot};
pub use snapshot::LedgerSnapshot;
#[cfg(not(loom))]
pub use span_ring::{RingBatch, RingError, RingFate, SpanRing, SpanRingReader};
pub use writer::{ActivationEntry, Identity, Ledger, LedgerError};
