//! Whether one histogram lies above another by more than chance and a tolerated shift.
//!
//! The test is that of Mann and Whitney ("On a test of whether one of two random variables is
//! stochastically larger than the other", Ann. Math. Statist. 18, 1947) on bucketed durations, with
//! the usual correction for ties (E. L. Lehmann, *Nonparametrics*, 1975, section 1.4). It asks
//! nothing of the shape of the distributions, and one very slow call does not move it.
//!
//! It is made as a *minimum-effect* test (K. R. Murphy and B. Myors, J. Appl. Psychol. 84, 1999):
//! the null hypothesis is not "equal" but "at most some buckets apart". With a million calls every
//! difference is significant, a warmer processor included. Buckets are equally wide on a logarithmic
//! scale, so shifting one side by a bucket multiplies its durations by 2^(1/8).

use ghost_model::{BUCKETS_PER_OCTAVE, Histogram};

/// How two histograms compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RankTest {
    /// Two-sided p-value of "at most the tolerated shift apart".
    pub(super) p: f64,
}

impl RankTest {
    /// Tests the second histogram against the first. `None` where one of them is empty.
    pub(super) fn new(old: &Histogram, new: &Histogram, tolerated: u32) -> Option<Self> {
        let (old, new) = (buckets(old), buckets(new));
        let shift = i64::from(tolerated);
        let slower = upper_tail(&Ranks::new(&old, &new, shift)?);
        let faster = upper_tail(&Ranks::new(&new, &old, shift)?);
        Some(Self { p: (2.0 * slower.min(faster)).min(1.0) })
    }
}

/// Cliff's delta: probability that a call of the second session takes longer than one of the first,
/// less that of the opposite. From -1 (always faster) to 1 (always slower).
pub(super) fn effect(old: &Histogram, new: &Histogram) -> f64 {
    let (old, new) = (buckets(old), buckets(new));
    Ranks::new(&old, &new, 0).map_or(0.0, |ranks| (ranks.wins_above_half() * 2.0).clamp(-1.0, 1.0))
}

/// By which factor a typical call changed: the median of all ratios between a call of the second
/// session and one of the first (J. L. Hodges and E. L. Lehmann, Ann. Math. Statist. 34, 1963).
pub(super) fn typical_ratio(old: &Histogram, new: &Histogram) -> f64 {
    let mut by_difference = std::collections::BTreeMap::<i64, f64>::new();
    for (from, old_count) in old.buckets() {
        for (to, new_count) in new.buckets() {
            let pairs = old_count as f64 * new_count as f64;
            *by_difference.entry(i64::from(to) - i64::from(from)).or_default() += pairs;
        }
    }
    let half = by_difference.values().sum::<f64>() / 2.0;
    let mut below = 0.0;
    for (difference, pairs) in by_difference {
        if below + pairs >= half {
            // Ratios spread evenly over their bucket.
            let within = (half - below) / pairs - 0.5;
            return ((difference as f64 + within) / f64::from(BUCKETS_PER_OCTAVE)).exp2();
        }
        below += pairs;
    }
    1.0
}

type Bucket = (i64, f64);

fn buckets(histogram: &Histogram) -> Vec<Bucket> {
    histogram.buckets().map(|(index, count)| (i64::from(index), count as f64)).collect()
}

/// What the rank statistic is computed from.
struct Ranks {
    low_count: f64,
    high_count: f64,
    /// Pairs in which `high` is above `low`; ties count one half.
    wins: f64,
    /// Sum of t³ - t over all groups of ties.
    ties: f64,
}

impl Ranks {
    /// Ranks `high` against `low` moved up by some buckets.
    fn new(low: &[Bucket], high: &[Bucket], shift: i64) -> Option<Self> {
        let mut ranks = Self { low_count: 0.0, high_count: 0.0, wins: 0.0, ties: 0.0 };
        let (mut low, mut high) = (low.iter().peekable(), high.iter().peekable());
        loop {
            let next = match (low.peek(), high.peek()) {
                (Some((a, _)), Some((b, _))) => (a + shift).min(*b),
                (Some((a, _)), None) => a + shift,
                (None, Some((b, _))) => *b,
                (None, None) => break,
            };
            let lows = low.next_if(|(index, _)| index + shift == next).map_or(0.0, |found| found.1);
            let highs = high.next_if(|(index, _)| *index == next).map_or(0.0, |found| found.1);
            ranks.wins += highs * (ranks.low_count + lows / 2.0);
            ranks.low_count += lows;
            ranks.high_count += highs;
            let tied = lows + highs;
            ranks.ties += tied * tied * tied - tied;
        }
        (ranks.low_count > 0.0 && ranks.high_count > 0.0).then_some(ranks)
    }

    /// By how much the share of pairs won exceeds one half.
    fn wins_above_half(&self) -> f64 {
        self.wins / (self.low_count * self.high_count) - 0.5
    }
}

/// Probability of as many wins or more if neither side tends to be larger.
fn upper_tail(ranks: &Ranks) -> f64 {
    let pairs = ranks.low_count * ranks.high_count;
    let total = ranks.low_count + ranks.high_count;
    let variance = pairs / 12.0 * (total + 1.0 - ranks.ties / (total * (total - 1.0)));
    if variance <= 0.0 || !variance.is_finite() {
        return 1.0;
    }
    let z = (ranks.wins - pairs / 2.0 - 0.5) / variance.sqrt();
    libm::erfc(z / std::f64::consts::SQRT_2) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn histogram(buckets: &[(u32, u64)]) -> Histogram {
        let mut histogram = Histogram::default();
        for &(index, count) in buckets {
            histogram.add(index, count);
        }
        histogram
    }

    fn p(old: &[(u32, u64)], new: &[(u32, u64)], tolerated: u32) -> f64 {
        RankTest::new(&histogram(old), &histogram(new), tolerated).unwrap().p
    }

    #[test]
    fn the_p_value_is_the_one_of_other_implementations() {
        // Checked with scipy.stats.mannwhitneyu(method="asymptotic", use_continuity=True).
        let old = [(10, 4), (11, 7), (12, 5), (14, 2)];
        let new = [(11, 3), (12, 6), (13, 4), (14, 5)];
        assert!((p(&old, &new, 0) - 0.003_325_812_648).abs() < 1e-11, "{}", p(&old, &new, 0));
    }

    #[test]
    fn a_shift_within_the_tolerance_is_no_change_however_many_calls() {
        let old = [(80, 1_000_000), (81, 1_000_000)];
        let new = [(81, 1_000_000), (82, 1_000_000)];
        assert!(p(&old, &new, 0) < 1e-12);
        assert!(p(&old, &new, 1) > 0.9);
        assert!(p(&old, &[(82, 1_000_000), (83, 1_000_000)], 1) < 1e-12);
    }

    #[test]
    fn effect_and_ratio_are_those_of_the_pairs() {
        let (low, high) = (histogram(&[(80, 10)]), histogram(&[(88, 10)]));
        assert!((effect(&low, &high) - 1.0).abs() < 1e-12);
        assert!((effect(&high, &low) + 1.0).abs() < 1e-12);
        assert!((typical_ratio(&low, &high) - 2.0).abs() < 1e-12);
        assert!((typical_ratio(&high, &low) - 0.5).abs() < 1e-12);
        assert!(effect(&low, &low).abs() < 1e-12);
    }

    #[test]
    fn nothing_cannot_be_tested() {
        assert_eq!(RankTest::new(&histogram(&[]), &histogram(&[(1, 1)]), 1), None);
        assert!(p(&[(5, 1)], &[(5, 1)], 0) >= 1.0);
    }

    proptest! {
        #[test]
        fn the_test_is_symmetric_and_finite(
            old in prop::collection::vec((0..511_u32, 1..u64::from(u32::MAX)), 1..20),
            new in prop::collection::vec((0..511_u32, 1..u64::from(u32::MAX)), 1..20),
            tolerated in 0..4_u32,
        ) {
            let (old, new) = (histogram(&old), histogram(&new));
            let there = RankTest::new(&old, &new, tolerated).unwrap().p;
            let back = RankTest::new(&new, &old, tolerated).unwrap().p;
            prop_assert!((there - back).abs() <= 1e-9);
            prop_assert!((0.0..=1.0).contains(&there));
            prop_assert!((effect(&old, &new) + effect(&new, &old)).abs() < 1e-9);
            prop_assert!((-1.0..=1.0).contains(&effect(&old, &new)));
            let product = typical_ratio(&old, &new) * typical_ratio(&new, &old);
            prop_assert!(product.is_finite() && product > 0.0);
        }
    }
}
