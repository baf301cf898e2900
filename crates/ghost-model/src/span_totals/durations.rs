//! Durations added up: how many, how long together, the longest, and how they are distributed.

use crate::{Histogram, bucket_index};

/// Durations of ended spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    /// How they are distributed; its count is the number of spans.
    pub buckets: Histogram,
    /// All together.
    pub ns_sum: u64,
    /// The longest.
    pub ns_max: u64,
}

impl Durations {
    /// Adds one.
    pub fn add(&mut self, duration_ns: u64) {
        self.buckets.add(bucket_index(duration_ns), 1);
        self.ns_sum = self.ns_sum.saturating_add(duration_ns);
        self.ns_max = self.ns_max.max(duration_ns);
    }

    /// Adds those of another list.
    pub fn merge(&mut self, other: &Self) {
        self.buckets.merge(&other.buckets);
        self.ns_sum = self.ns_sum.saturating_add(other.ns_sum);
        self.ns_max = self.ns_max.max(other.ns_max);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.buckets.count()
    }

    /// The duration below which `quantile` (0 to 1) of them lie. The middle of a bucket may lie
    /// beyond the longest duration in it.
    pub fn quantile_ns(&self, quantile: f64) -> Option<u64> {
        self.buckets.quantile_ns(quantile).map(|ns| ns.min(self.ns_max))
    }

    /// Their mean.
    pub fn mean_ns(&self) -> Option<u64> {
        self.ns_sum.checked_div(self.count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_never_exceed_the_longest() {
        let mut durations = Durations::default();
        durations.add(1_000_000);
        assert_eq!(durations.quantile_ns(0.99), Some(1_000_000));
        let mut merged = Durations::default();
        merged.add(3_000_000);
        merged.merge(&durations);
        assert_eq!((merged.count(), merged.ns_sum, merged.ns_max), (2, 4_000_000, 3_000_000));
        assert_eq!(merged.mean_ns(), Some(2_000_000));
        assert_eq!(Durations::default().quantile_ns(0.5), None);
    }
}
