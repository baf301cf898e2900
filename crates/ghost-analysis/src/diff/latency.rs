//! Whether a function became faster or slower.

use ghost_model::Profile;

use super::Limits;
use super::rank_test::{RankTest, effect, typical_ratio};

/// With too few calls to test, only a change of this factor with no overlap is worth a word…
const UNTESTED_RATIO: f64 = 2.0;
/// … and only where it is longer than a pause of the machine is likely to be.
const UNTESTED_DIFFERENCE_NS: u64 = 100_000_000;

/// Which way a latency went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Less time.
    Faster,
    /// More time.
    Slower,
    /// A typical call is faster, but the mean is higher: some calls became much slower.
    FasterWithSlowCalls,
    /// A typical call is slower, but the mean is lower: some very slow calls are gone.
    SlowerWithoutSlowCalls,
}

/// What the test found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tested {
    /// Cliff's delta: from -1 (every call faster than every call before) to 1 (slower).
    pub effect: f64,
    /// Adjusted p-value of "at most the tolerated shift apart".
    pub p: f64,
}

/// Durations in both sessions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencyChange {
    /// Means, nanoseconds.
    pub mean_ns: (u64, u64),
    /// Medians, nanoseconds.
    pub median_ns: (u64, u64),
    /// 95th percentiles, nanoseconds.
    pub p95_ns: (u64, u64),
    /// By which factor a typical call changed: the median of the ratios of all pairs of calls.
    pub ratio: f64,
    /// Which way it went.
    pub direction: Direction,
    /// The test; `None` where there were too few calls to make one.
    pub tested: Option<Tested>,
}

/// The p-value, where there are calls enough.
pub(super) fn test(old: &Profile, new: &Profile, limits: &Limits) -> Option<f64> {
    is_testable(old, new, limits).then_some(())?;
    RankTest::new(&old.latency, &new.latency, limits.latency_buckets_tolerated).map(|test| test.p)
}

/// The change, where the test passed with this p-value, or where there is none to make and the
/// difference is plain.
pub(super) fn change(
    old: &Profile,
    new: &Profile,
    passed: Option<f64>,
    limits: &Limits,
) -> Option<LatencyChange> {
    let is_plain = !is_testable(old, new, limits) && is_plainly_apart(old, new);
    (passed.is_some() || is_plain).then_some(())?;
    let mean_ns = (old.latency_ns_mean()?, new.latency_ns_mean()?);
    let ratio = typical_ratio(&old.latency, &new.latency);
    let median_ns = (quantile(old, 0.5)?, quantile(new, 0.5)?);
    // Not that of the means: one pause of the machine is enough to move them.
    let difference_ns = (ratio - 1.0).abs() * median_ns.0 as f64;
    (difference_ns >= limits.latency_difference_ns_min as f64).then_some(())?;
    let tested = passed.map(|p| Tested { effect: effect(&old.latency, &new.latency), p });
    Some(LatencyChange {
        mean_ns,
        median_ns,
        p95_ns: (quantile(old, 0.95)?, quantile(new, 0.95)?),
        ratio,
        direction: direction(ratio, mean_ns),
        tested,
    })
}

fn is_testable(old: &Profile, new: &Profile, limits: &Limits) -> bool {
    old.ended_count().min(new.ended_count()) >= limits.tested_calls_min
}

/// Whether every call of one side took longer than every call of the other, and by much.
fn is_plainly_apart(old: &Profile, new: &Profile) -> bool {
    let above = |low: &Profile, high: &Profile| {
        let factor = high.latency_ns_min as f64 / low.latency_ns_max.max(1) as f64;
        let difference = high.latency_ns_min.saturating_sub(low.latency_ns_max);
        factor >= UNTESTED_RATIO && difference >= UNTESTED_DIFFERENCE_NS
    };
    above(old, new) || above(new, old)
}

/// The middle of a bucket may lie beyond the durations that are in it.
fn quantile(profile: &Profile, quantile: f64) -> Option<u64> {
    let middle = profile.latency.quantile_ns(quantile)?;
    Some(middle.min(profile.latency_ns_max).max(profile.latency_ns_min))
}

fn direction(ratio: f64, (before, after): (u64, u64)) -> Direction {
    match (ratio < 1.0, after > before) {
        (true, true) => Direction::FasterWithSlowCalls,
        (true, false) => Direction::Faster,
        (false, true) => Direction::Slower,
        (false, false) if before == after => Direction::Slower,
        (false, false) => Direction::SlowerWithoutSlowCalls,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::bucket_index;

    fn profile(durations: &[u64]) -> Profile {
        let mut profile = Profile::default();
        for &ns in durations {
            profile.latency.add(bucket_index(ns), 1);
        }
        profile.latency_ns_sum = durations.iter().sum();
        profile.latency_ns_min = durations.iter().copied().min().unwrap_or(0);
        profile.latency_ns_max = durations.iter().copied().max().unwrap_or(0);
        profile
    }

    const MS: u64 = 1_000_000;

    #[test]
    fn few_calls_far_apart_are_said_without_a_test() {
        let limits = Limits::default();
        let (old, new) = (profile(&[100 * MS]), profile(&[900 * MS]));
        assert_eq!(test(&old, &new, &limits), None);
        let found = change(&old, &new, None, &limits).unwrap();
        assert_eq!((found.direction, found.tested), (Direction::Slower, None));
        assert_eq!(change(&old, &profile(&[190 * MS]), None, &limits), None);
        assert_eq!(change(&profile(&[1_000]), &profile(&[9_000]), None, &limits), None);
        assert_eq!(change(&old, &profile(&[]), None, &limits), None);
    }

    #[test]
    fn less_than_observing_costs_is_no_change() {
        let limits = Limits::default();
        let [old, new] = [40, 90].map(|ns| profile(&[ns; 500]));
        assert!(test(&old, &new, &limits).is_some_and(|p| p < 1e-9));
        assert_eq!(change(&old, &new, Some(1e-9), &limits), None);
    }

    #[test]
    fn a_pause_of_the_machine_is_no_change() {
        let mut paused = vec![460; 500];
        paused[0] = 50 * MS;
        let (old, new) = (profile(&[400; 500]), profile(&paused));
        assert_eq!(change(&old, &new, Some(1e-9), &Limits::default()), None);
    }

    #[test]
    fn a_mean_that_contradicts_the_typical_call_is_named() {
        let old = profile(&[10 * MS; 20]);
        let mut durations = [5 * MS; 20];
        durations[0] = 500 * MS;
        let found = change(&old, &profile(&durations), Some(0.001), &Limits::default()).unwrap();
        assert_eq!(found.direction, Direction::FasterWithSlowCalls);
        assert!(found.ratio < 0.6 && found.tested.unwrap().effect < -0.8);
    }
}
