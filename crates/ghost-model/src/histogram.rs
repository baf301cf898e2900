//! Base-2 exponential histogram of durations, scale 3: eight buckets per octave.
//!
//! Bucket `i` holds durations in `(2^(i/8), 2^((i+1)/8)]` nanoseconds, which is exactly the
//! OpenTelemetry `ExponentialHistogram` with `scale = 3` and `offset = 0`; two histograms merge by
//! adding their buckets. A quantile is the geometric middle of its bucket: off by at most
//! `2^(1/16) - 1 = 4.4 %`.

use std::collections::BTreeMap;

/// Buckets per factor of two (`2^scale` with `scale = 3`).
pub const BUCKETS_PER_OCTAVE: u32 = 8;

/// The seven inner boundaries of an octave, `floor(2^63 * 2^(k/8))` for `k = 1..8`, and one that is
/// never reached.
const BOUNDARIES: [u64; 8] = [
    10_058_158_527_438_640_870,
    10_968_499_650_544_839_023,
    11_961_233_684_655_323_370,
    13_043_817_825_332_782_212,
    14_224_384_202_002_324_189,
    15_511_800_964_685_064_948,
    16_915_738_899_553_466_670,
    u64::MAX,
];

/// For the seven bits below the leading one: the sub-bucket their lower edge lies in.
const SUB_BUCKET: [u8; 128] = sub_buckets();

const fn sub_buckets() -> [u8; 128] {
    let mut table = [0; 128];
    let mut slot = 0;
    while slot < 128 {
        let lower = (1 << 63) | ((slot as u64) << 56);
        let mut sub = 0;
        while sub < 7 && lower >= BOUNDARIES[sub] {
            sub += 1;
        }
        table[slot] = sub as u8;
        slot += 1;
    }
    table
}

/// Which bucket a duration belongs to. Durations below 2 ns share bucket 0.
#[inline]
pub fn bucket_index(duration_ns: u64) -> u32 {
    let duration = if duration_ns < 2 { 2 } else { duration_ns };
    let shift = duration.leading_zeros();
    // One below the normalised value: an exact power of two then falls into the octave below it,
    // which makes the upper edge of every bucket inclusive without a branch.
    let mantissa = (duration << shift) - 1;
    let octave = 62 - shift + (mantissa >> 63) as u32;
    let sub = SUB_BUCKET[(mantissa >> 56) as usize & 127];
    let above = mantissa >= BOUNDARIES[usize::from(sub) & 7];
    octave * BUCKETS_PER_OCTAVE + u32::from(sub) + u32::from(above)
}

/// The inclusive upper edge of a bucket, in nanoseconds.
pub fn bucket_upper_ns(index: u32) -> f64 {
    (f64::from(index + 1) / f64::from(BUCKETS_PER_OCTAVE)).exp2()
}

/// Counts per bucket; sparse, since a function's durations span a few octaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: BTreeMap<u32, u64>,
}

impl Histogram {
    /// Adds `count` durations to one bucket.
    pub fn add(&mut self, index: u32, count: u64) {
        if count > 0 {
            let slot = self.counts.entry(index).or_insert(0);
            *slot = slot.saturating_add(count);
        }
    }

    /// Adds every bucket of another histogram.
    pub fn merge(&mut self, other: &Self) {
        for (&index, &count) in &other.counts {
            self.add(index, count);
        }
    }

    /// Non-empty buckets in ascending order.
    pub fn buckets(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.counts.iter().map(|(&index, &count)| (index, count))
    }

    /// How many durations were added.
    pub fn count(&self) -> u64 {
        self.counts.values().fold(0, |sum, &count| sum.saturating_add(count))
    }

    /// The duration below which `quantile` (0 to 1) of the durations lie, in nanoseconds.
    pub fn quantile_ns(&self, quantile: f64) -> Option<u64> {
        let total = self.count();
        if total == 0 {
            return None;
        }
        let rank = ((total as f64 * quantile).ceil() as u64).clamp(1, total);
        let mut seen = 0_u64;
        for (index, count) in self.buckets() {
            seen = seen.saturating_add(count);
            if seen >= rank {
                let middle = (f64::from(index) + 0.5) / f64::from(BUCKETS_PER_OCTAVE);
                return Some(middle.exp2().round() as u64);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_boundaries_are_the_eighth_roots_of_two() {
        for (k, &boundary) in BOUNDARIES[..7].iter().enumerate() {
            let expected = ((k + 1) as f64 / 8.0).exp2() * 9_223_372_036_854_775_808.0;
            assert!((boundary as f64 / expected - 1.0).abs() < 1e-15, "boundary {k}");
        }
    }

    #[test]
    fn the_upper_edge_is_inclusive() {
        assert_eq!(bucket_index(2), 7);
        assert_eq!(bucket_index(4), 15);
        assert_eq!(bucket_index(5), 18);
        assert_eq!(bucket_index(1 << 40), 40 * 8 - 1);
        assert_eq!(bucket_index((1 << 40) + 1), 40 * 8);
    }

    #[test]
    fn no_duration_is_out_of_range() {
        assert_eq!(bucket_index(0), 7);
        assert_eq!(bucket_index(u64::MAX), 511);
    }

    proptest! {
        #[test]
        fn a_duration_lies_inside_its_bucket(duration in 2_u64..1 << 50) {
            let index = bucket_index(duration);
            let exact = duration as f64;
            prop_assert!(exact <= bucket_upper_ns(index) * (1.0 + 1e-12));
            if index > 0 {
                prop_assert!(exact > bucket_upper_ns(index - 1) * (1.0 - 1e-12));
            }
        }

        #[test]
        fn a_quantile_is_within_five_percent(durations in prop::collection::vec(16_u64..1 << 40, 1..200), q in 0.01_f64..1.0) {
            let mut histogram = Histogram::default();
            for &duration in &durations {
                histogram.add(bucket_index(duration), 1);
            }
            let mut sorted = durations.clone();
            sorted.sort_unstable();
            let rank = ((sorted.len() as f64 * q).ceil() as usize).clamp(1, sorted.len());
            let exact = sorted[rank - 1] as f64;
            let estimate = histogram.quantile_ns(q).unwrap() as f64;
            prop_assert!((estimate / exact - 1.0).abs() <= 0.05);
        }

        #[test]
        fn merging_is_adding(a in prop::collection::vec(1_u64..1 << 30, 0..50), b in prop::collection::vec(1_u64..1 << 30, 0..50)) {
            let build = |durations: &[u64]| {
                let mut histogram = Histogram::default();
                for &duration in durations {
                    histogram.add(bucket_index(duration), 1);
                }
                histogram
            };
            let mut merged = build(&a);
            merged.merge(&build(&b));
            prop_assert_eq!(merged, build(&[a, b].concat()));
        }
    }
}
