//! What became of the spans a collector was given: exported, or dropped for a reason, exactly.
//!
//! Every count is a sum that only grows; nothing here decides what is dropped, and nothing locks.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam_utils::CachePadded;
use ghost_model::SpanLoss;

/// The counters of one queue. Producers write one cache line, the consumer another.
#[derive(Debug, Default)]
pub struct Accounting {
    produced: CachePadded<AtomicU64>,
    exported: CachePadded<AtomicU64>,
    dropped: [AtomicU64; SpanLoss::ALL.len()],
    failures: AtomicU64,
}

impl Accounting {
    /// Counts more spans, and tells how many there were before.
    #[inline]
    pub fn produce(&self, count: u64) -> u64 {
        self.produced.fetch_add(count, Relaxed)
    }

    /// Counts spans that arrived where they should.
    pub fn export(&self, count: u64) {
        self.exported.fetch_add(count, Relaxed);
    }

    /// Counts spans that did not.
    #[inline]
    pub fn lose(&self, loss: SpanLoss, count: u64) {
        self.dropped[loss as usize].fetch_add(count, Relaxed);
    }

    /// Counts an attempt to export that failed, however many spans it was about.
    pub fn fail(&self) {
        self.failures.fetch_add(1, Relaxed);
    }

    /// All counts. What is settled is read first, so that it is never more than what was produced.
    pub fn counts(&self) -> Counts {
        let exported = self.exported.load(Relaxed);
        let dropped = std::array::from_fn(|reason| self.dropped[reason].load(Relaxed));
        let failures = self.failures.load(Relaxed);
        let mut counts = Counts { produced: 0, exported, dropped, failures };
        counts.produced = self.produced.load(Relaxed).max(counts.settled());
        counts
    }
}

/// The counts of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Spans that were handed over.
    pub produced: u64,
    /// Spans that arrived.
    pub exported: u64,
    /// Spans that did not, by the number of the reason.
    pub dropped: [u64; SpanLoss::ALL.len()],
    /// Attempts to export that failed.
    pub failures: u64,
}

impl Counts {
    /// Spans whose fate is decided.
    pub fn settled(&self) -> u64 {
        self.exported + self.dropped_total()
    }

    /// Spans that wait, in the queue or in the hands of the exporter.
    pub fn pending(&self) -> u64 {
        self.produced - self.settled()
    }

    /// Spans that were dropped for any reason.
    pub fn dropped_total(&self) -> u64 {
        self.dropped.iter().sum()
    }

    /// Spans that were dropped for this reason.
    pub fn dropped(&self, reason: SpanLoss) -> u64 {
        self.dropped[reason as usize]
    }

    /// Adds what another queue counted.
    pub fn add(&mut self, other: &Self) {
        self.produced += other.produced;
        self.exported += other.exported;
        self.failures += other.failures;
        for (sum, count) in self.dropped.iter_mut().zip(other.dropped) {
            *sum += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_settled_is_pending() {
        let accounting = Accounting::default();
        (0..10).for_each(|number| assert_eq!(accounting.produce(1), number));
        accounting.export(4);
        accounting.lose(SpanLoss::DroppedOldest, 3);
        let counts = accounting.counts();
        assert_eq!((counts.produced, counts.settled(), counts.pending()), (10, 7, 3));
        assert_eq!(counts.dropped(SpanLoss::DroppedOldest), 3);
        let mut sum = counts;
        sum.add(&counts);
        assert_eq!((sum.produced, sum.exported, sum.dropped_total()), (20, 8, 6));
    }
}
