//! `high_exc_rate`: functions that end by an exception more often than a threshold.
//!
//! Exceptions by which Python programs talk (`StopIteration` of `__next__`, `SystemExit`) are not
//! counted. Reasons and numbers: `docs/detectors/high_exc_rate.md`.

use std::cmp::Reverse;

use ghost_model::{ExceptionCount, Function, FunctionId, FunctionKind, Profile, TypeId};

use crate::detector::Detector;
use crate::evidence::Evidence;
use crate::finding::{FactValue, Finding, Related, Severity};
use crate::propagation::Propagation;
use crate::protocol::is_protocol;
use crate::statistics::proportion::lower_bound;
use crate::test_code::is_about_tests;
use crate::words;

/// One exception is an event, not a rate.
const EXCEPTIONS_MIN: u64 = 2;
/// From here on the rate that is sure is `High`: every fourth call fails.
const BOUND_HIGH: f64 = 0.25;
/// Fewer calls never make more than `Low`: their bound is mostly guessed.
const CALLS_MIN: u64 = 5;
/// Exception types that get a line of their own.
const TYPES_SHOWN_MAX: usize = 3;

/// The detector.
#[derive(Debug)]
pub struct HighExcRate;

impl Detector for HighExcRate {
    fn name(&self) -> &'static str {
        "high_exc_rate"
    }

    fn summary(&self) -> &'static str {
        "A function ends by an exception more often than the threshold."
    }

    fn documentation(&self) -> &'static str {
        include_str!("../../../../docs/detectors/high_exc_rate.md")
    }

    fn detect(&self, evidence: &Evidence<'_>) -> Vec<Finding> {
        let propagation = Propagation::of(evidence.recording);
        let observed = evidence.recording.observed();
        observed
            .filter_map(|(id, function, profile)| {
                Failing::of(evidence, id, function, profile)?.finding(evidence, &propagation)
            })
            .collect()
    }
}

/// A function that failed, without what is part of a protocol.
struct Failing {
    id: FunctionId,
    exceptions: Vec<ExceptionCount>,
    failed: u64,
    calls: u64,
    /// Exceptions that are part of a protocol.
    expected: u64,
}

impl Failing {
    fn of(
        evidence: &Evidence<'_>,
        id: FunctionId,
        function: &Function,
        profile: &Profile,
    ) -> Option<Self> {
        if profile.exceptions.is_empty() || function.kind == FunctionKind::Overflow {
            return None;
        }
        let types = &evidence.recording.types;
        let is_expected = |exception: &&ExceptionCount| {
            let name = types.get(exception.exception.index());
            name.is_some_and(|name| is_protocol(&function.key, name))
        };
        let (expected, exceptions): (Vec<_>, Vec<_>) =
            profile.exceptions.iter().partition(is_expected);
        let sum = |counts: &[ExceptionCount]| counts.iter().map(|entry| entry.count).sum();
        Some(Self {
            id,
            failed: sum(&exceptions),
            exceptions,
            calls: profile.call_count(),
            expected: sum(&expected),
        })
    }

    fn finding(&self, evidence: &Evidence<'_>, propagation: &Propagation) -> Option<Finding> {
        let threshold = evidence.thresholds.exc_threshold;
        let rate = self.failed as f64 / self.calls.max(1) as f64;
        if self.failed < EXCEPTIONS_MIN || rate <= threshold {
            return None;
        }
        let bound = lower_bound(self.failed, self.calls);
        let origins = self.origins(propagation);
        let is_weak = !origins.is_empty() || bound <= threshold || self.calls < CALLS_MIN;
        let severity = if is_weak || self.is_about_tests(evidence) {
            Severity::Low
        } else if bound >= BOUND_HIGH {
            Severity::High
        } else {
            Severity::Medium
        };
        let place = evidence.place(self.id);
        Some(Finding {
            detector: "high_exc_rate",
            severity,
            subject: String::new(),
            messages: self.messages(evidence, bound, &origins),
            facts: self.facts(evidence, rate, bound),
            related: self.related(evidence, &origins),
            weight: self.failed,
            place,
        })
    }

    /// Whether a test raises or catches all of it: tests fail on purpose.
    fn is_about_tests(&self, evidence: &Evidence<'_>) -> bool {
        let of_tests = |id: FunctionId| is_about_tests(&evidence.recording.function(id).key.module);
        of_tests(self.id)
            || self.exceptions.iter().all(|entry| entry.caught_by.is_some_and(of_tests))
    }

    /// Callees that raised all of it, where this function only let it pass.
    fn origins(&self, propagation: &Propagation) -> Vec<FunctionId> {
        let mut origins: Vec<FunctionId> = Vec::new();
        for entry in &self.exceptions {
            let passed = propagation.passed(self.id, entry.exception, entry.caught_by);
            if passed.iter().map(|(_, count)| count).sum::<u64>() < entry.count {
                return Vec::new();
            }
            origins.extend(passed.into_iter().map(|(callee, _)| callee));
        }
        origins.sort();
        origins.dedup();
        origins
    }

    fn messages(&self, evidence: &Evidence<'_>, bound: f64, origins: &[FunctionId]) -> Vec<String> {
        let limit = evidence.thresholds.exc_threshold;
        let (failed, calls) = (self.failed, self.calls);
        let mut messages = vec![format!(
            "exception rate {} ({failed}/{calls} calls) exceeds threshold {}",
            words::percent(failed, calls),
            words::threshold(limit)
        )];
        messages.extend(self.type_lines(evidence));
        if !origins.is_empty() {
            let names: Vec<String> =
                origins.iter().map(|&id| words::function(evidence.recording, id)).collect();
            messages.push(format!("passed on from {}", words::list(&names)));
        }
        if bound <= limit {
            let sure = 100.0 * bound;
            messages.push(format!("few calls: a rate of {sure:.1}% would explain as many"));
        }
        if self.expected > 0 {
            messages.push(format!("{} more belong to a protocol", self.expected));
        }
        messages
    }

    /// The counts by type, the commonest first.
    fn by_type(&self) -> Vec<(TypeId, u64)> {
        let mut counts: Vec<(TypeId, u64)> = Vec::new();
        for entry in &self.exceptions {
            match counts.iter_mut().find(|(exception, _)| *exception == entry.exception) {
                Some((_, count)) => *count += entry.count,
                None => counts.push((entry.exception, entry.count)),
            }
        }
        counts.sort_by_key(|&(exception, count)| (Reverse(count), exception));
        counts
    }

    /// `ValueError 18 times: caught in sync_orders (line 28)`
    fn type_lines(&self, evidence: &Evidence<'_>) -> Vec<String> {
        let counts = self.by_type();
        let line = |&(exception, count): &(TypeId, u64)| {
            let name = evidence.type_label(exception);
            format!("{name} {}: {}", words::times(count), self.ends(evidence, exception))
        };
        let mut lines: Vec<String> = counts.iter().take(TYPES_SHOWN_MAX).map(line).collect();
        let more = counts.len().saturating_sub(TYPES_SHOWN_MAX);
        if more > 0 {
            let rest = ghost_model::counted(more as u64, "more type", "more types");
            lines.push(format!("and {rest} of exceptions"));
        }
        lines
    }

    fn ends(&self, evidence: &Evidence<'_>, exception: TypeId) -> String {
        let mut entries: Vec<&ExceptionCount> =
            self.exceptions.iter().filter(|entry| entry.exception == exception).collect();
        entries.sort_by_key(|entry| (Reverse(entry.count), entry.caught_by));
        let several = entries.len() > 1;
        let mut ends: Vec<String> = Vec::new();
        for entry in entries {
            let count = if several { format!("{} ", entry.count) } else { String::new() };
            ends.push(match entry.caught_by {
                Some(id) => {
                    format!("{count}caught in {}", words::function(evidence.recording, id))
                }
                None => format!("{count}caught by no Python function that was seen"),
            });
        }
        words::list(&ends)
    }

    fn facts(
        &self,
        evidence: &Evidence<'_>,
        rate: f64,
        bound: f64,
    ) -> Vec<(&'static str, FactValue)> {
        let counts = self.by_type().into_iter();
        let named = counts.map(|(id, count)| (evidence.type_label(id).to_owned(), count));
        vec![
            ("call_count", FactValue::Count(self.calls)),
            ("exception_count", FactValue::Count(self.failed)),
            ("exception_rate", FactValue::Real(rate)),
            ("exception_rate_bound", FactValue::Real(bound)),
            ("exc_threshold", FactValue::Real(evidence.thresholds.exc_threshold)),
            ("exc_type_dist", FactValue::Counts(named.collect())),
        ]
    }

    fn related(&self, evidence: &Evidence<'_>, origins: &[FunctionId]) -> Vec<Related> {
        let mut catchers: Vec<FunctionId> =
            self.exceptions.iter().filter_map(|entry| entry.caught_by).collect();
        catchers.sort();
        catchers.dedup();
        let related = |note: &str, id: FunctionId| Related {
            place: evidence.place(id),
            note: note.to_owned(),
        };
        let raised = origins.iter().map(|&id| related("raises it", id));
        raised.chain(catchers.into_iter().map(|id| related("catches it", id))).collect()
    }
}
