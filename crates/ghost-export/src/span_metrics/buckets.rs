//! How long something took: counts of durations up to each of a list of bounds, and their sum.
//!
//! The bounds themselves belong to the family, so that a series does not carry them.

/// Nanoseconds in a second.
const SECOND_NS: f64 = 1e9;

/// Durations of one series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurationBuckets {
    /// One more than there are bounds: the last counts what is longer than all.
    counts: Vec<u64>,
    sum_ns: u64,
}

impl DurationBuckets {
    /// Nothing counted yet.
    pub(super) fn new(bound_count: usize) -> Self {
        Self { counts: vec![0; bound_count + 1], sum_ns: 0 }
    }

    /// Counts a duration; one that is exactly a bound is within it.
    pub(super) fn add(&mut self, bounds_s: &[f64], duration_ns: u64) {
        let seconds = duration_ns as f64 / SECOND_NS;
        let index = bounds_s.partition_point(|bound| *bound < seconds);
        if let Some(count) = self.counts.get_mut(index) {
            *count += 1;
        }
        self.sum_ns = self.sum_ns.saturating_add(duration_ns);
    }

    /// Durations in each bucket, not added up; the last is longer than every bound.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// All durations.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Their sum in seconds.
    pub fn sum_s(&self) -> f64 {
        self.sum_ns as f64 / SECOND_NS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_what_is_below_it() {
        let bounds = [0.001, 1.0];
        let mut buckets = DurationBuckets::new(bounds.len());
        for duration in [0, 1_000_000, 1_000_001, 1_000_000_000, 1_000_000_001, u64::MAX] {
            buckets.add(&bounds, duration);
        }
        assert_eq!(buckets.counts(), [2, 2, 2]);
        assert_eq!(buckets.count(), 6);
    }
}
