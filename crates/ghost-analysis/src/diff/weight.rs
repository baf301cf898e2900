//! How much a change matters: the share of the run that is different because of it.
//!
//! Latency is weighed by time (calls × change of the mean, as a share of all observed time), all else
//! by calls (those concerned, as a share of all calls). Both are shares, so they can be added.

use ghost_model::Profile;

use super::{Called, FunctionChange};

/// What is the whole of the larger session.
pub(super) struct Scale {
    time_ns: f64,
    calls: f64,
}

impl Scale {
    pub(super) fn new(both: &[(Called<'_>, Called<'_>)]) -> Self {
        let time = |of: fn(&(Called<'_>, Called<'_>)) -> u64| {
            both.iter().map(|pair| of(pair) as f64).sum::<f64>()
        };
        let time_ns =
            time(|(old, _)| old.profile.self_ns).max(time(|(_, new)| new.profile.self_ns));
        let calls = time(|(old, _)| old.call_count).max(time(|(_, new)| new.call_count));
        Self { time_ns: time_ns.max(1.0), calls: calls.max(1.0) }
    }

    /// The weight of a change; between zero and the number of things that can change.
    pub(super) fn weight(
        &self,
        change: &FunctionChange,
        old: &Called<'_>,
        new: &Called<'_>,
    ) -> f64 {
        let calls = old.call_count.max(new.call_count) as f64;
        let latency = change.latency.as_ref().map_or(0.0, |latency| {
            let mean = |profile: &Profile| profile.latency_ns_mean().unwrap_or(0) as f64;
            let mean_change = (mean(new.profile) - mean(old.profile)).abs();
            let typical = (latency.ratio - 1.0).abs() * mean(old.profile);
            (mean_change.max(typical) * calls / self.time_ns).min(1.0)
        });
        let rate = change.exception_rate.map_or(0.0, |rate| {
            let (before, after) = rate.shares();
            (after - before).abs() * calls
        });
        let traffic = if change.calls.is_notable {
            old.call_count.abs_diff(new.call_count) as f64
        } else {
            0.0
        };
        let novel = [
            change.exceptions.calls(),
            change.signatures.calls(),
            change.returns.calls(),
            change.callers.calls(),
        ];
        let novel = novel.iter().map(|&calls| calls as f64).sum::<f64>();
        latency + (rate + traffic + novel) / self.calls
    }
}
