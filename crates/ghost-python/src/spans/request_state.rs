//! What a request knows of the queries in it, and the spans it holds until it is decided whether its
//! trace is kept.
//!
//! Shared by all spans of the request, on any thread. Locked for a few instructions with the
//! interpreter lock held, never across a call into Python, so no fork finds it locked.

use std::hash::{BuildHasher, BuildHasherDefault};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use rustc_hash::{FxHashMap, FxHasher};

use super::detail::Detail;
use super::emitter::Emitter;

/// Spans held for one request.
const HELD_MAX: usize = 256;
/// Different statements told apart in one request.
const STATEMENTS_MAX: usize = 256;

/// Whether the trace of a request is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Decision {
    Undecided = 0,
    Keep = 1,
    Drop = 2,
}

/// The most repeated statement of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Repeated {
    pub(crate) count: u64,
    pub(crate) statement: String,
}

/// One request.
#[derive(Debug)]
pub(crate) struct RequestState {
    decision: AtomicU8,
    query_count: AtomicU64,
    query_ns: AtomicU64,
    detail: Detail,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    held: Vec<(Py<Emitter>, Vec<u8>)>,
    statements: FxHashMap<u64, u64>,
    repeated: Repeated,
}

impl RequestState {
    pub(crate) fn new(decision: Decision, detail: Detail) -> Self {
        Self {
            decision: AtomicU8::new(decision as u8),
            query_count: AtomicU64::new(0),
            query_ns: AtomicU64::new(0),
            detail,
            inner: Mutex::default(),
        }
    }

    pub(crate) fn decision(&self) -> Decision {
        match self.decision.load(Relaxed) {
            0 => Decision::Undecided,
            1 => Decision::Keep,
            _ => Decision::Drop,
        }
    }

    /// Whether every function in it is recorded.
    pub(crate) fn detail(&self) -> &Detail {
        &self.detail
    }

    /// Counts a query of the request.
    pub(crate) fn note_query(&self, statement: &str, duration_ns: u64) {
        self.query_count.fetch_add(1, Relaxed);
        self.query_ns.fetch_add(duration_ns, Relaxed);
        if statement.is_empty() {
            return;
        }
        let hash = BuildHasherDefault::<FxHasher>::default().hash_one(statement);
        let mut inner = self.lock();
        if inner.statements.len() >= STATEMENTS_MAX && !inner.statements.contains_key(&hash) {
            return;
        }
        let count = inner.statements.entry(hash).or_default();
        *count += 1;
        let count = *count;
        if count > inner.repeated.count {
            inner.repeated.count = count;
            if count > 1 && inner.repeated.statement != statement {
                statement.clone_into(&mut inner.repeated.statement);
            }
        }
    }

    /// Adds time to a query that counts already: fetching its rows.
    pub(crate) fn note_query_time(&self, duration_ns: u64) {
        self.query_ns.fetch_add(duration_ns, Relaxed);
    }

    pub(crate) fn query_count(&self) -> u64 {
        self.query_count.load(Relaxed)
    }

    pub(crate) fn query_ns(&self) -> u64 {
        self.query_ns.load(Relaxed)
    }

    /// The most repeated statement, if any was sent twice.
    pub(crate) fn repeated(&self) -> Option<Repeated> {
        let inner = self.lock();
        (inner.repeated.count > 1).then(|| inner.repeated.clone())
    }

    /// Holds a span until it is decided; gives it back where there is no room.
    pub(crate) fn hold(&self, emitter: Py<Emitter>, record: Vec<u8>) -> Option<Vec<u8>> {
        let mut inner = self.lock();
        if inner.held.len() >= HELD_MAX {
            return Some(record);
        }
        inner.held.push((emitter, record));
        None
    }

    /// Decides, and gives back what was held.
    pub(crate) fn decide(&self, keep: bool) -> Vec<(Py<Emitter>, Vec<u8>)> {
        let decision = if keep { Decision::Keep } else { Decision::Drop };
        self.decision.store(decision as u8, Relaxed);
        std::mem::take(&mut self.lock().held)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
