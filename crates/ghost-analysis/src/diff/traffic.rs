//! Call counts: which of them changed, and by how much all of them did.
//!
//! A session that ran twice as long has twice the calls of everything; that is said once, and only
//! functions that differ from it are reported.

use super::{Called, Limits};

/// The common ratio is taken over at least so many functions; with fewer, each is its own story.
const FUNCTIONS_FOR_RATIO: usize = 8;

/// Calls in both sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallChange {
    /// Of the first session.
    pub before: u64,
    /// Of the second session.
    pub after: u64,
    /// Whether that is a change worth reporting by itself.
    pub is_notable: bool,
}

impl CallChange {
    pub(super) fn new(
        before: u64,
        after: u64,
        traffic_ratio: Option<f64>,
        limits: &Limits,
    ) -> Self {
        let far = |ratio: f64| {
            ratio.is_finite() && ratio.ln().abs() >= limits.call_ratio.ln() * (1.0 - 1e-9)
        };
        let ratio = after as f64 / before as f64;
        let is_notable = before.abs_diff(after) >= limits.calls_difference_min
            && far(ratio)
            && traffic_ratio.is_none_or(|common| far(ratio / common));
        Self { before, after, is_notable }
    }

    /// By which factor calls grew.
    pub fn ratio(self) -> Option<f64> {
        (self.before > 0).then(|| self.after as f64 / self.before as f64)
    }
}

/// The median factor by which calls grew, where it is a notable one itself.
pub(super) fn common_ratio(both: &[(Called<'_>, Called<'_>)], limits: &Limits) -> Option<f64> {
    let often = |called: &Called<'_>| called.call_count >= limits.calls_difference_min;
    let mut ratios: Vec<f64> = both
        .iter()
        .filter(|(old, new)| often(old) || often(new))
        .map(|(old, new)| new.call_count as f64 / old.call_count as f64)
        .collect();
    if ratios.len() < FUNCTIONS_FOR_RATIO {
        return None;
    }
    let middle = ratios.len() / 2;
    let (_, median, _) = ratios.select_nth_unstable_by(middle, f64::total_cmp);
    let common = *median;
    (common.ln().abs() >= limits.call_ratio.ln()).then_some(common)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notable(before: u64, after: u64, common: Option<f64>) -> bool {
        CallChange::new(before, after, common, &Limits::default()).is_notable
    }

    #[test]
    fn a_change_is_a_quarter_and_five_calls() {
        assert!(notable(100, 125, None) && notable(100, 80, None) && notable(1, 6, None));
        assert!(!notable(100, 124, None) && !notable(2, 5, None) && !notable(100, 100, None));
    }

    #[test]
    fn a_longer_session_is_no_change_of_each_function() {
        assert!(!notable(100, 200, Some(2.0)) && !notable(1_000, 2_200, Some(2.0)));
        assert!(notable(100, 400, Some(2.0)));
        // Did not grow with the rest, but is what it was.
        assert!(!notable(100, 100, Some(2.0)));
    }
}
