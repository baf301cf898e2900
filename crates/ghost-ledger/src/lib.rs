//! The crash-proof ledger: one memory-mapped file per observed process.
#![deny(unsafe_code)]

mod snapshot;

pub use snapshot::LedgerSnapshot;
