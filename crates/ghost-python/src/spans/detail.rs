//! Which requests are recorded in detail: every function in them, not only a few a second.
//!
//! One at a time: the first ones of a process, and then one a second. While one runs, every call of
//! every function is looked at, so it is in detail for a bounded time and for a bounded number of
//! functions, and the next one waits nine times as long as it took: one tenth of the time at most.
//!
//! Asked by callbacks, so everything here is a few atomic words; no lock, no Python.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use super::wall_clock::monotonic_ns;

/// Requests in detail before there is a pause between two.
const FIRST: u64 = 10;
/// Functions of one request; more are no longer read by anybody.
const FUNCTIONS_MAX: u32 = 200;
/// How long one is in detail.
const DURATION_NS_MAX: u64 = 1_000_000_000;
/// From one to the next, at least.
const INTERVAL_NS: u64 = 1_000_000_000;
/// And at least so many times as long as it took.
const PAUSE_FACTOR: u64 = 10;

/// The number of the request that is in detail; 0 while none is.
static CURRENT: AtomicU64 = AtomicU64::new(0);
/// Requests that were in detail so far.
static COUNT: AtomicU64 = AtomicU64::new(0);
/// When the current one began.
static BEGIN_NS: AtomicU64 = AtomicU64::new(0);
/// When the next one may.
static NEXT_NS: AtomicU64 = AtomicU64::new(0);

/// A request's part in it.
#[derive(Debug, Default)]
pub(crate) struct Detail {
    /// Its number; 0 where it is not in detail.
    number: u64,
    functions_left: AtomicU32,
}

impl Detail {
    /// Puts a request that begins into detail, if it is time for one.
    pub(crate) fn begin() -> Self {
        let now = monotonic_ns();
        let count = COUNT.load(Relaxed);
        if is_open(now) || (count >= FIRST && now < NEXT_NS.load(Relaxed)) {
            return Self::default();
        }
        let number = count + 1;
        COUNT.store(number, Relaxed);
        BEGIN_NS.store(now, Relaxed);
        NEXT_NS.store(now.saturating_add(PAUSE_FACTOR * DURATION_NS_MAX), Relaxed);
        CURRENT.store(number, Relaxed);
        Self { number, functions_left: AtomicU32::new(FUNCTIONS_MAX) }
    }

    /// Whether it is in detail.
    pub(crate) fn is_on(&self) -> bool {
        self.number > 0 && CURRENT.load(Relaxed) == self.number
    }

    /// Takes one function of those it has left.
    pub(crate) fn take(&self) -> bool {
        if !self.is_on() {
            return false;
        }
        let left = self.functions_left.load(Relaxed);
        self.functions_left.store(left.saturating_sub(1), Relaxed);
        if left <= 1 {
            self.end();
        }
        left > 0
    }

    /// Ends it, and decides when the next may begin.
    pub(crate) fn end(&self) {
        if !self.is_on() {
            return;
        }
        CURRENT.store(0, Relaxed);
        let (now, begin) = (monotonic_ns(), BEGIN_NS.load(Relaxed));
        let pause = PAUSE_FACTOR.saturating_mul(now.saturating_sub(begin));
        NEXT_NS.store(begin.saturating_add(pause.max(INTERVAL_NS)), Relaxed);
    }
}

impl Drop for Detail {
    fn drop(&mut self) {
        self.end();
    }
}

/// Whether a request is in detail.
pub(crate) fn is_any() -> bool {
    is_open(monotonic_ns())
}

fn is_open(now: u64) -> bool {
    CURRENT.load(Relaxed) > 0 && now.saturating_sub(BEGIN_NS.load(Relaxed)) < DURATION_NS_MAX
}
