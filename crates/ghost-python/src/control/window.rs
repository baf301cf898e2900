//! So many of something per second, counted anew each second. Two words, no lock.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Counts what comes in one second. Threads that come at once may let a few more through.
#[derive(Debug, Default)]
pub(crate) struct Window {
    second: AtomicU64,
    count: AtomicU32,
}

impl Window {
    pub(crate) const fn new() -> Self {
        Self { second: AtomicU64::new(0), count: AtomicU32::new(0) }
    }

    /// Counts one at this time; tells whether there is room for it.
    pub(crate) fn admits(&self, now_unix_ns: u64, count_max: u32) -> bool {
        let second = now_unix_ns / 1_000_000_000;
        if self.second.swap(second, Relaxed) != second {
            self.count.store(0, Relaxed);
        }
        if self.count.load(Relaxed) >= count_max {
            return false;
        }
        self.count.fetch_add(1, Relaxed);
        true
    }
}
