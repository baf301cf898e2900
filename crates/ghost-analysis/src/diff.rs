//! What is different between two sessions: functions that came and went, and what changed in those
//! that stayed.
//!
//! Facts (a type never seen before, a new caller) are reported as they are. Measurements (latency,
//! exception rate) are reported only where chance and the everyday noise of a machine do not explain
//! them; how is written at [`Limits`] and in `docs/diff.md`. Nothing here formats or reads files.

mod false_discovery;
mod joint;
mod latency;
mod matching;
mod novelty;
mod rank_test;
mod rate;
mod traffic;
mod weight;

#[cfg(test)]
mod simulation;

use ghost_model::{FunctionId, FunctionKey, FunctionKind, Profile, Recording};

pub use latency::{Direction, LatencyChange, Tested};
pub use novelty::Novelty;
pub use rate::RateChange;
pub use traffic::CallChange;

use joint::{Joint, Pair};

/// What must be passed for a difference to be reported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Share of wrong reports among all measured changes that are reported (Benjamini–Hochberg).
    /// Where nothing changed at all, it is the probability that anything is reported.
    pub false_discovery_rate: f64,
    /// By how many histogram buckets (of 9 % each) latencies must differ *beyond* chance. Two runs of
    /// one program on one machine differ by some percent; that is no change of the program.
    pub latency_buckets_tolerated: u32,
    /// And by how many nanoseconds a typical call: observing one costs about as much, and is part of what
    /// is measured.
    pub latency_difference_ns_min: u64,
    /// Ended calls on both sides from which the rank test's normal approximation holds (Mann and
    /// Whitney, 1947).
    pub tested_calls_min: u64,
    /// A call count changed where it grew or shrank by this factor, and so many times more or less
    /// than those of most functions did.
    pub call_ratio: f64,
    /// And by at least so many calls.
    pub calls_difference_min: u64,
    /// Bodies of modules and classes, which run once, too.
    pub with_bodies: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            false_discovery_rate: 0.01,
            latency_buckets_tolerated: 1,
            latency_difference_ns_min: 100,
            tested_calls_min: 8,
            call_ratio: 1.25,
            calls_difference_min: 5,
            with_bodies: false,
        }
    }
}

/// Two sessions side by side.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Called in the second session only, the most called first.
    pub added: Vec<OneSided>,
    /// Called in the first session only, the most called first.
    pub removed: Vec<OneSided>,
    /// Called in both and different, what matters most first.
    pub changed: Vec<FunctionChange>,
    /// Called in both, and nothing to say.
    pub unchanged_count: u64,
    /// Bodies of modules and classes that were left out.
    pub body_count: u64,
    /// By which factor the calls of most functions grew, where the sessions are not equally long.
    pub traffic_ratio: Option<f64>,
}

/// A function that was called in one session only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneSided {
    /// Its id in the recording of that session.
    pub id: FunctionId,
    /// What users call it.
    pub key: FunctionKey,
    /// Its source file.
    pub file: String,
    /// Calls.
    pub call_count: u64,
    /// Calls ended by an exception.
    pub exception_count: u64,
    /// Mean duration.
    pub latency_ns_mean: Option<u64>,
}

/// What changed in a function that was called in both sessions.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionChange {
    /// Its id in the first session.
    pub before: FunctionId,
    /// Its id in the second session.
    pub after: FunctionId,
    /// What users call it, as of the second session.
    pub key: FunctionKey,
    /// Its source file, as of the second session.
    pub file: String,
    /// Where it began in the first session.
    pub line_before: u32,
    /// Calls.
    pub calls: CallChange,
    /// Durations, where they changed.
    pub latency: Option<LatencyChange>,
    /// Share of calls ended by an exception, where it changed.
    pub exception_rate: Option<RateChange>,
    /// Types of exceptions that left it.
    pub exceptions: Novelty<String>,
    /// Types of arguments.
    pub signatures: Novelty<String>,
    /// Types of returned values.
    pub returns: Novelty<String>,
    /// Who calls it.
    pub callers: Novelty<FunctionKey>,
    /// How much of the larger session is concerned; orders changes.
    pub weight: f64,
}

impl FunctionChange {
    /// Whether it became slower, at least partly, and the test says so.
    pub fn is_slower(&self) -> bool {
        self.latency.as_ref().is_some_and(|latency| {
            latency.tested.is_some() && latency.direction != Direction::Faster
        })
    }

    /// Whether it fails more often, or in a new way.
    pub fn fails_more(&self) -> bool {
        !self.exceptions.new.is_empty() || self.exception_rate.is_some_and(RateChange::is_higher)
    }

    /// Whether types came that were not there before.
    pub fn has_new_types(&self) -> bool {
        !self.signatures.new.is_empty() || !self.returns.new.is_empty()
    }

    fn says_something(&self) -> bool {
        self.calls.is_notable
            || self.latency.is_some()
            || self.exception_rate.is_some()
            || !self.exceptions.is_empty()
            || !self.signatures.is_empty()
            || !self.returns.is_empty()
            || !self.callers.is_empty()
    }
}

/// Compares two recordings.
pub fn compare(before: &Recording, after: &Recording, limits: &Limits) -> Comparison {
    let joint = Joint::new(before, after);
    let mut comparison = Comparison::default();
    let mut both = Vec::new();
    for pair in joint.pairs() {
        if !limits.with_bodies && pair.is_body() {
            comparison.body_count += 1;
            continue;
        }
        match pair {
            Pair { before: Some(old), after: Some(new) } => both.push((old, new)),
            Pair { before: Some(old), after: None } => comparison.removed.push(one_sided(old)),
            Pair { before: None, after: Some(new) } => comparison.added.push(one_sided(new)),
            Pair { before: None, after: None } => {}
        }
    }
    comparison.traffic_ratio = traffic::common_ratio(&both, limits);
    comparison.changed = changes(&joint, &both, comparison.traffic_ratio, limits);
    comparison.unchanged_count = (both.len() - comparison.changed.len()) as u64;
    for side in [&mut comparison.added, &mut comparison.removed] {
        side.sort_by(|a, b| b.call_count.cmp(&a.call_count).then_with(|| a.key.cmp(&b.key)));
    }
    comparison
}

/// A function that was called, on one side.
#[derive(Clone, Copy, Debug)]
struct Called<'a> {
    id: FunctionId,
    function: &'a ghost_model::Function,
    profile: &'a Profile,
    call_count: u64,
}

impl Called<'_> {
    fn is_body(&self) -> bool {
        matches!(self.function.kind, FunctionKind::Module | FunctionKind::ClassBody)
    }
}

fn one_sided(called: Called<'_>) -> OneSided {
    OneSided {
        id: called.id,
        key: called.function.key.clone(),
        file: called.function.file.clone(),
        call_count: called.call_count,
        exception_count: called.profile.exception_count(),
        latency_ns_mean: called.profile.latency_ns_mean(),
    }
}

/// The changes of functions that were called on both sides.
fn changes(
    joint: &Joint<'_>,
    both: &[(Called<'_>, Called<'_>)],
    traffic_ratio: Option<f64>,
    limits: &Limits,
) -> Vec<FunctionChange> {
    let latencies: Vec<_> =
        both.iter().map(|(old, new)| latency::test(old.profile, new.profile, limits)).collect();
    let rates: Vec<_> = both.iter().map(|(old, new)| rate::test(old, new)).collect();
    // One family: the rate of wrong reports is that of the whole comparison.
    let tests = latencies.iter().chain(&rates).copied().collect::<Vec<_>>();
    let adjusted = false_discovery::adjusted(&tests);
    let (of_latency, of_rate) = adjusted.split_at(both.len());
    let scale = weight::Scale::new(both);
    let mut changes: Vec<FunctionChange> = both
        .iter()
        .zip(of_latency.iter().zip(of_rate))
        .filter_map(|((old, new), (&latency_p, &rate_p))| {
            let passed = |p: Option<f64>| p.filter(|&p| p <= limits.false_discovery_rate);
            let mut change = facts(joint, old, new);
            change.calls = CallChange::new(old.call_count, new.call_count, traffic_ratio, limits);
            change.latency = latency::change(old.profile, new.profile, passed(latency_p), limits);
            change.exception_rate = passed(rate_p).map(|p| RateChange::new(old, new, p));
            change.weight = scale.weight(&change, old, new);
            change.says_something().then_some(change)
        })
        .collect();
    changes.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.key.cmp(&b.key)));
    changes
}

/// What needs no test.
fn facts(joint: &Joint<'_>, old: &Called<'_>, new: &Called<'_>) -> FunctionChange {
    FunctionChange {
        before: old.id,
        after: new.id,
        key: new.function.key.clone(),
        file: new.function.file.clone(),
        line_before: old.function.key.line,
        calls: CallChange::default(),
        latency: None,
        exception_rate: None,
        exceptions: joint.exceptions(old.profile, new.profile),
        signatures: joint.signatures(old.profile, new.profile),
        returns: joint.returns(old.profile, new.profile),
        callers: joint.callers(old.profile, new.profile),
        weight: 0.0,
    }
}

#[cfg(test)]
mod tests;
