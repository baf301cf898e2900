//! Whether a share of calls that failed changed by more than chance.
//!
//! Fisher's exact test where a cell of the two by two table expects fewer than ten calls, else the
//! normal approximation with pooled variance (A. Agresti, *Categorical Data Analysis*, chapter 3).

use super::Called;

/// From so many expected calls in each cell on, the normal approximation is as good as exact.
const EXPECTED_FOR_NORMAL: f64 = 10.0;

/// Share of calls ended by an exception, in both sessions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateChange {
    /// Failed calls, then calls, of the first session.
    pub before: (u64, u64),
    /// The same of the second session.
    pub after: (u64, u64),
    /// Adjusted p-value.
    pub p: f64,
}

impl RateChange {
    pub(super) fn new(old: &Called<'_>, new: &Called<'_>, p: f64) -> Self {
        Self { before: counts(old), after: counts(new), p }
    }

    /// The two shares.
    pub fn shares(self) -> (f64, f64) {
        let share = |(failed, calls): (u64, u64)| {
            if calls == 0 { 0.0 } else { failed as f64 / calls as f64 }
        };
        (share(self.before), share(self.after))
    }

    /// Whether more of the calls fail.
    pub fn is_higher(self) -> bool {
        let (before, after) = self.shares();
        after > before
    }
}

fn counts(called: &Called<'_>) -> (u64, u64) {
    // A failed call may have begun before the first one that was counted.
    let failed = called.profile.exception_count().min(called.call_count);
    (failed, called.call_count)
}

/// The p-value of "the share is the same". `None` where no call failed on either side, or all did.
pub(super) fn test(old: &Called<'_>, new: &Called<'_>) -> Option<f64> {
    p_value(counts(old), counts(new))
}

fn p_value(old: (u64, u64), new: (u64, u64)) -> Option<f64> {
    let failed = old.0 as f64 + new.0 as f64;
    let calls = [old.1 as f64, new.1 as f64];
    let total = calls[0] + calls[1];
    if failed == 0.0 || failed >= total || calls.contains(&0.0) {
        return None;
    }
    let smallest = calls[0].min(calls[1]) * failed.min(total - failed) / total;
    Some(if smallest >= EXPECTED_FOR_NORMAL {
        normal(old, new, failed / total)
    } else {
        fisher(old, new)
    })
}

fn normal(old: (u64, u64), new: (u64, u64), pooled: f64) -> f64 {
    let (old_calls, new_calls) = (old.1 as f64, new.1 as f64);
    let difference = (new.0 as f64 / new_calls - old.0 as f64 / old_calls).abs();
    let deviation = (pooled * (1.0 - pooled) * (1.0 / old_calls + 1.0 / new_calls)).sqrt();
    libm::erfc(difference / deviation / std::f64::consts::SQRT_2)
}

/// Two-sided: the probability of every table with the same margins that is no likelier than this.
fn fisher(old: (u64, u64), new: (u64, u64)) -> f64 {
    let failed = old.0 + new.0;
    let log_choose = |n: u64, k: u64| {
        let log_factorial = |n: u64| libm::lgamma(n as f64 + 1.0);
        log_factorial(n) - log_factorial(k) - log_factorial(n - k)
    };
    let all = log_choose(old.1 + new.1, failed);
    let probability = |k: u64| (log_choose(old.1, k) + log_choose(new.1, failed - k) - all).exp();
    // Equal tables differ in their last digits.
    let seen = probability(old.0) * (1.0 + 1e-7);
    let possible = failed.saturating_sub(new.1)..=failed.min(old.1);
    possible.map(probability).filter(|&p| p <= seen).sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_lady_tasting_tea() {
        // R. A. Fisher, The Design of Experiments: 3 of 4 right is no proof.
        let p = p_value((3, 4), (1, 4)).unwrap();
        assert!((p - 34.0 / 70.0).abs() < 1e-9, "{p}");
        let p = p_value((4, 4), (0, 4)).unwrap();
        assert!((p - 2.0 / 70.0).abs() < 1e-9, "{p}");
    }

    #[test]
    fn the_two_tests_agree_where_they_meet() {
        for (old, new) in [((40, 200), (60, 200)), ((100, 1000), (80, 1000))] {
            let pooled = (old.0 + new.0) as f64 / (old.1 + new.1) as f64;
            let (exact, approximate) = (fisher(old, new), normal(old, new, pooled));
            assert!((exact - approximate).abs() < 0.03, "{exact} {approximate}");
        }
    }

    #[test]
    fn without_failures_there_is_nothing_to_test() {
        assert_eq!(p_value((0, 9), (0, 9)), None);
        assert_eq!(p_value((9, 9), (9, 9)), None);
        assert_eq!(p_value((0, 0), (1, 9)), None);
        assert!(p_value((18, 30), (2, 25)).unwrap() < 0.001);
    }

    proptest! {
        #[test]
        fn a_p_value_is_a_probability(a in 0..2_000_000_u64, b in 0..2_000_000_u64, c in 0..3_000_u64, d in 0..3_000_u64) {
            for (old, new) in [((a, a + c), (b, b + d)), ((c, a + c), (d, b + d))] {
                if let Some(p) = p_value(old, new) {
                    prop_assert!((0.0..=1.0).contains(&p), "{p}");
                }
            }
        }
    }
}
