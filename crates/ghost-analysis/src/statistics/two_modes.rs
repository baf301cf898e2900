//! Whether durations are of two kinds: two heaps on the logarithmic scale with a valley between.
//!
//! The histogram is cut where the variance between both sides is largest (N. Otsu, "A threshold
//! selection method from gray-level histograms", 1979). The cut is believed only if the heaps are
//! far apart for their own widths (Ashman's D; K. M. Ashman, C. M. Bird and S. E. Zepf, "Detecting
//! bimodality in astronomical datasets", 1994), far apart at all, both populated, and hardly
//! anything lies in the middle third between them. A normal distribution cut in two has D = 2.7, a
//! uniform one 3.5.

use ghost_model::{BUCKETS_PER_OCTAVE, Histogram};

/// Two heaps are clear from 2 on for normal ones of known widths; here nothing is known of them.
const ASHMAN_D_MIN: f64 = 5.0;
/// A factor of four between the heaps: less is the same work on larger input.
const DISTANCE_MIN: f64 = 2.0 * BUCKETS_PER_OCTAVE as f64;
/// Each heap has at least this share: warming up and hiccups are no second kind.
const SHARE_MIN: f64 = 0.1;
/// Each heap has at least so many calls: fewer have no shape.
const COUNT_MIN: u64 = 10;
/// The middle third holds at most this share of the smaller heap.
const VALLEY_MAX: f64 = 0.1;
/// Variance of a uniform distribution over one bucket, so that no heap has width zero.
const BUCKET_VARIANCE: f64 = 1.0 / 12.0;

/// One heap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mode {
    /// Geometric mean of its durations.
    pub(crate) latency_ns: u64,
    /// Durations in it.
    pub(crate) count: u64,
}

/// The faster and the slower heap, if there are two.
pub(crate) fn find(histogram: &Histogram) -> Option<[Mode; 2]> {
    let buckets: Vec<(f64, u64)> =
        histogram.buckets().map(|(index, count)| (f64::from(index) + 0.5, count)).collect();
    let cut = best_cut(&buckets)?;
    let (low, high) = buckets.split_at(cut);
    let heaps = [Heap::of(low)?, Heap::of(high)?];
    let total = heaps[0].count + heaps[1].count;
    let populated =
        |heap: &Heap| heap.count >= COUNT_MIN && heap.count as f64 >= SHARE_MIN * total as f64;
    let apart = heaps[1].middle - heaps[0].middle;
    let widths = f64::midpoint(heaps[0].variance, heaps[1].variance).sqrt();
    let is_clear = heaps.iter().all(populated)
        && apart >= DISTANCE_MIN
        && apart / widths >= ASHMAN_D_MIN
        && has_valley(&buckets, &heaps);
    is_clear.then(|| heaps.map(|heap| heap.mode()))
}

/// Where to cut so that the variance between both sides is largest.
fn best_cut(buckets: &[(f64, u64)]) -> Option<usize> {
    let all = Heap::of(buckets)?;
    let (total, mean) = (all.count as f64, all.middle);
    let (mut count, mut sum) = (0.0, 0.0);
    let mut best: Option<(f64, usize)> = None;
    for (cut, &(at, weight)) in (1..buckets.len()).zip(buckets) {
        count += weight as f64;
        sum += at * weight as f64;
        let between = (mean * count - sum).powi(2) / (count * (total - count));
        if best.is_none_or(|(most, _)| between > most) {
            best = Some((between, cut));
        }
    }
    best.map(|(_, cut)| cut)
}

fn has_valley(buckets: &[(f64, u64)], heaps: &[Heap; 2]) -> bool {
    let third = (heaps[1].middle - heaps[0].middle) / 3.0;
    let middle = heaps[0].middle + third..heaps[1].middle - third;
    let between: u64 =
        buckets.iter().filter(|(at, _)| middle.contains(at)).map(|(_, count)| count).sum();
    let smaller = heaps[0].count.min(heaps[1].count);
    between as f64 <= VALLEY_MAX * smaller as f64
}

/// One side of a cut, in buckets.
struct Heap {
    count: u64,
    middle: f64,
    variance: f64,
}

impl Heap {
    fn of(buckets: &[(f64, u64)]) -> Option<Self> {
        let count: u64 = buckets.iter().map(|(_, count)| count).sum();
        if count == 0 {
            return None;
        }
        let total = count as f64;
        let mean = |value: &dyn Fn(f64) -> f64| {
            buckets.iter().map(|&(at, count)| value(at) * count as f64).sum::<f64>() / total
        };
        let middle = mean(&|at| at);
        let variance = mean(&|at| (at - middle).powi(2)) + BUCKET_VARIANCE;
        Some(Self { count, middle, variance })
    }

    fn mode(&self) -> Mode {
        let latency_ns = (self.middle / f64::from(BUCKETS_PER_OCTAVE)).exp2().round() as u64;
        Mode { latency_ns, count: self.count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::dice::Dice;
    use ghost_model::bucket_index;

    fn histogram(durations_ns: impl IntoIterator<Item = f64>) -> Histogram {
        let mut histogram = Histogram::default();
        for duration_ns in durations_ns {
            histogram.add(bucket_index(duration_ns as u64), 1);
        }
        histogram
    }

    #[test]
    fn one_heap_is_never_taken_for_two() {
        let mut dice = Dice::new(1);
        for round in 0..10_000 {
            let middle = (9.0 + 9.0 * dice.uniform()).exp();
            let width = 0.02 + 2.0 * dice.uniform();
            let count = 20 + (dice.uniform() * 400.0) as usize;
            let shape: fn(&mut Dice) -> f64 = match round % 4 {
                0 | 1 => Dice::normal,
                2 => |dice| 3.0 * dice.uniform(),
                _ => |dice| -dice.uniform().max(1e-9).ln(),
            };
            let one = histogram((0..count).map(|_| middle * (width * shape(&mut dice)).exp()));
            assert_eq!(find(&one), None, "round {round}");
        }
    }

    #[test]
    fn two_heaps_are_found_with_their_sizes() {
        let mut dice = Dice::new(2);
        let mut found = 0;
        for _ in 0..1_000 {
            let width = 0.1 + 0.4 * dice.uniform();
            let factor = 12.0 * (1.0 + 20.0 * dice.uniform());
            let slow = 15 + (dice.uniform() * 60.0) as usize;
            let fast: Vec<f64> =
                (0..80).map(|_| 50_000.0 * (width * dice.normal()).exp()).collect();
            let more = (0..slow).map(|_| 50_000.0 * factor * (width * dice.normal()).exp());
            let two = histogram(fast.into_iter().chain(more.collect::<Vec<_>>()));
            if let Some([quick, other]) = find(&two) {
                assert!(quick.count.abs_diff(80) <= 4 && other.count.abs_diff(slow as u64) <= 4);
                found += 1;
            }
        }
        assert!(found >= 950, "{found}");
    }

    #[test]
    fn nothing_and_one_bucket_are_no_two_heaps() {
        assert_eq!(find(&Histogram::default()), None);
        assert_eq!(find(&histogram([5_000.0; 500])), None);
    }
}
