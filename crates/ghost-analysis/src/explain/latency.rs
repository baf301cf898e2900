//! The durations of a function: the usual numbers, and a histogram coarse enough to be drawn.

use ghost_model::{BUCKETS_PER_OCTAVE, Histogram, Profile, duration};

/// A drawing has at most so many bars: what fits on a screen beside everything else.
const BARS_MAX: u32 = 12;

/// Durations of ended calls, nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Latency {
    /// Ended calls.
    pub ended_count: u64,
    /// Mean.
    pub mean_ns: u64,
    /// Shortest.
    pub min_ns: u64,
    /// Longest.
    pub max_ns: u64,
    /// Half of the calls are shorter.
    pub p50_ns: u64,
    /// Nine of ten are shorter.
    pub p90_ns: u64,
    /// 95 of 100 are shorter.
    pub p95_ns: u64,
    /// 99 of 100 are shorter.
    pub p99_ns: u64,
    /// The histogram, without gaps, the shortest durations first.
    pub bars: Vec<Bar>,
}

/// One bar of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Calls above this duration…
    pub from_ns: u64,
    /// … and up to this one.
    pub to_ns: u64,
    /// How many.
    pub count: u64,
}

impl Latency {
    pub(super) fn new(profile: &Profile) -> Option<Self> {
        // The middle of a bucket may lie beyond the durations that are in it.
        let (min_ns, max_ns) = (profile.latency_ns_min, profile.latency_ns_max);
        let quantile = |quantile| {
            Some(profile.latency.quantile_ns(quantile)?.min(max_ns.max(min_ns)).max(min_ns))
        };
        Some(Self {
            ended_count: profile.ended_count(),
            mean_ns: profile.latency_ns_mean()?,
            min_ns,
            max_ns,
            p50_ns: quantile(0.50)?,
            p90_ns: quantile(0.90)?,
            p95_ns: quantile(0.95)?,
            p99_ns: quantile(0.99)?,
            bars: bars(&profile.latency),
        })
    }
}

/// A duration, to the nanosecond below a microsecond: where one function is looked at closely, `<1µs`
/// says too little.
pub fn close_duration(ns: u64) -> String {
    if ns < 1_000 { format!("{ns}ns") } else { duration(ns) }
}

/// Merges buckets so that they are few, equally wide on a logarithmic scale, and end at the same
/// places for every function.
fn bars(histogram: &Histogram) -> Vec<Bar> {
    let mut indices = histogram.buckets().map(|(index, _)| index);
    // In ascending order.
    let first = indices.next();
    let (Some(first), Some(last)) = (first, indices.last().or(first)) else {
        return Vec::new();
    };
    let bar_of = |width: u32, index: u32| index / width;
    let widths = (0..).map(|power| 1_u32 << power);
    let fits = |width: &u32| bar_of(*width, last) - bar_of(*width, first) < BARS_MAX;
    let width = widths.take(10).find(fits).unwrap_or(512);
    let edge =
        |index: u32| (f64::from(index) / f64::from(BUCKETS_PER_OCTAVE)).exp2().round() as u64;
    (bar_of(width, first)..=bar_of(width, last))
        .map(|bar| {
            let inside = histogram.buckets().filter(|(index, _)| bar_of(width, *index) == bar);
            Bar {
                from_ns: edge(bar * width),
                to_ns: edge((bar + 1) * width),
                count: inside.map(|(_, count)| count).sum(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::bucket_index;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_drawing_is_small_without_gaps_and_complete(
            durations in prop::collection::vec(2..u64::MAX / 2, 1..60),
        ) {
            let mut histogram = Histogram::default();
            for &ns in &durations {
                histogram.add(bucket_index(ns), 1);
            }
            let bars = bars(&histogram);
            prop_assert!((1..=BARS_MAX as usize).contains(&bars.len()));
            prop_assert_eq!(bars.iter().map(|bar| bar.count).sum::<u64>(), durations.len() as u64);
            prop_assert!(bars.windows(2).all(|pair| pair[0].to_ns == pair[1].from_ns));
            prop_assert!(bars[0].count > 0 && bars[bars.len() - 1].count > 0);
        }
    }

    #[test]
    fn without_calls_there_is_nothing_to_draw() {
        assert_eq!(Latency::new(&Profile::default()), None);
        assert!(bars(&Histogram::default()).is_empty());
    }
}
