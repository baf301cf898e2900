//! How many traces a second may be kept: a token bucket in one atomic number.
//!
//! Instead of tokens it stores the time at which the bucket will be full again (the generic cell rate
//! algorithm), so that filling it needs no timer and taking from it no lock.

use std::sync::atomic::{AtomicU64, Ordering};

/// What can be saved up: the traces of one second.
const SAVED_NS_MAX: u64 = 1_000_000_000;

/// An allowance per second.
#[derive(Debug)]
pub(super) struct Allowance {
    /// What one trace costs.
    cost_ns: u64,
    /// When all that was taken will be there again.
    full_at_ns: AtomicU64,
}

impl Allowance {
    /// So many a second; `None` if that is no positive number.
    pub(super) fn new(per_second: f64) -> Option<Self> {
        let is_positive = per_second.is_finite() && per_second > 0.0;
        let cost_ns = (SAVED_NS_MAX as f64 / per_second) as u64;
        is_positive.then(|| Self { cost_ns: cost_ns.max(1), full_at_ns: AtomicU64::new(0) })
    }

    /// Takes one, if there is one.
    pub(super) fn try_take(&self, now_ns: u64) -> bool {
        // Less than one a second has to be saved up for longer.
        let debt_max = now_ns.saturating_add(SAVED_NS_MAX.max(self.cost_ns));
        self.update(|full_at_ns| {
            let next = full_at_ns.max(now_ns).saturating_add(self.cost_ns);
            (next <= debt_max).then_some(next)
        })
    }

    /// Takes one, whether there is one or not. What is owed is bounded, so that it is soon paid.
    pub(super) fn take(&self, now_ns: u64) {
        let debt_max = now_ns.saturating_add(SAVED_NS_MAX.max(self.cost_ns));
        self.update(|full_at_ns| {
            Some(full_at_ns.max(now_ns).saturating_add(self.cost_ns).min(debt_max))
        });
    }

    fn update(&self, next: impl FnMut(u64) -> Option<u64>) -> bool {
        // The number stands for itself: nothing else is published with it.
        self.full_at_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_can_be_saved_up() {
        let allowance = Allowance::new(2.0).unwrap();
        let taken = (0..5).filter(|_| allowance.try_take(10_000_000_000)).count();
        assert_eq!(taken, 2);
        assert!(!allowance.try_take(10_400_000_000));
        assert!(allowance.try_take(10_500_000_000));
    }

    #[test]
    fn less_than_one_a_second_is_some() {
        let allowance = Allowance::new(0.1).unwrap();
        assert!(allowance.try_take(0));
        assert!(!allowance.try_take(9_999_999_999));
        assert!(allowance.try_take(10_000_000_000));
    }

    #[test]
    fn what_cannot_be_refused_does_not_starve_the_others_for_long() {
        let allowance = Allowance::new(10.0).unwrap();
        (0..1000).for_each(|_| allowance.take(1_000_000_000));
        assert!(!allowance.try_take(1_000_000_000));
        assert!(allowance.try_take(1_100_000_000));
    }

    #[test]
    fn threads_share_it_exactly() {
        let allowance = Allowance::new(100.0).unwrap();
        let take = || (0..100).filter(|_| allowance.try_take(1)).count();
        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 100);
    }
}
