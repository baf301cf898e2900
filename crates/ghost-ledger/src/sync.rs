//! The atomics of the crate: those of the processor, or those of the model checker.
//!
//! Built with `--cfg loom` every atomic operation becomes a step of loom's search. In all other
//! builds these are plain names for the standard library's types, so the hot path does not know.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// A word that may be written and is never read.
#[cfg(not(loom))]
pub(crate) fn unread_word() -> &'static AtomicU64 {
    static UNREAD: AtomicU64 = AtomicU64::new(0);
    &UNREAD
}

/// A word of its own for each use: an atomic of the model lives for one run of it.
#[cfg(loom)]
pub(crate) fn unread_word() -> &'static AtomicU64 {
    Box::leak(Box::new(AtomicU64::new(0)))
}
