//! `silent_exception`: exceptions that one function raises often and another swallows without a word.
//!
//! That they were swallowed is recorded; that nothing was said is read from the handler's source and
//! from who called logging, as far as that was observed. Reasons and numbers:
//! `docs/detectors/silent_exception.md`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use ghost_model::{Function, FunctionId, FunctionKind, Recording, TypeId, TypeName};

use crate::detector::Detector;
use crate::evidence::Evidence;
use crate::finding::{FactValue, Finding, Related, Severity};
use crate::propagation::Propagation;
use crate::protocol::is_protocol;
use crate::source::{Handler, Trace};
use crate::statistics::proportion::lower_bound;
use crate::test_code::is_about_tests;
use crate::words;

/// Fewer may be an accident.
const RAISED_MIN: u64 = 5;
/// From here on the share of failing calls that is sure is `High`: every fourth call.
const BOUND_HIGH: f64 = 0.25;
/// Beginnings of modules that tell somebody. Whoever calls them is not silent.
const REPORTERS: [&str; 8] = [
    "logging",
    "warnings",
    "traceback",
    "loguru",
    "structlog",
    "sentry_sdk",
    "rich.console",
    "eliot",
];

/// The detector.
#[derive(Debug)]
pub struct SilentException;

impl Detector for SilentException {
    fn name(&self) -> &'static str {
        "silent_exception"
    }

    fn summary(&self) -> &'static str {
        "An exception is raised often and swallowed without a word."
    }

    fn documentation(&self) -> &'static str {
        include_str!("../../../../docs/detectors/silent_exception.md")
    }

    fn detect(&self, evidence: &Evidence<'_>) -> Vec<Finding> {
        let recording = evidence.recording;
        let reporting = reporting(recording);
        let swallowed = swallowed(evidence);
        let silent = swallowed.into_iter().filter(|((catcher, _), _)| {
            let function = recording.function(*catcher);
            let is_ours = !matches!(function.kind, FunctionKind::External | FunctionKind::Overflow);
            is_ours && !reporting.contains(catcher) && !is_about_tests(&function.key.module)
        });
        silent
            .filter_map(|((catcher, exception), raisers)| {
                Swallowed { evidence, catcher, exception, raisers }.finding()
            })
            .collect()
    }
}

/// Functions that call something that reports, as far as such calls were observed.
fn reporting(recording: &Recording) -> HashSet<FunctionId> {
    let is_reporter = |function: &Function| {
        let module = function.key.module.as_str();
        REPORTERS.iter().any(|reporter| {
            module
                .strip_prefix(reporter)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    let reporters = recording.observed().filter(|(_, function, _)| is_reporter(function));
    reporters.flat_map(|(.., profile)| profile.callers.iter().map(|(caller, _)| *caller)).collect()
}

/// Who raised what one function caught of one type: raiser, exceptions, and the calls it had.
type Raisers = Vec<(FunctionId, u64, u64)>;

/// By catcher and type; functions that only let an exception pass are left out.
fn swallowed(evidence: &Evidence<'_>) -> BTreeMap<(FunctionId, TypeId), Raisers> {
    let recording = evidence.recording;
    let propagation = Propagation::of(recording);
    let mut swallowed: BTreeMap<(FunctionId, TypeId), Raisers> = BTreeMap::new();
    for (id, function, profile) in recording.observed() {
        let calls = profile.call_count();
        for entry in &profile.exceptions {
            let Some(catcher) = entry.caught_by else { continue };
            let passed = propagation.passed(id, entry.exception, entry.caught_by);
            let passed: u64 = passed.iter().map(|(_, count)| count).sum();
            let name = recording.types.get(entry.exception.index());
            let is_talk = name.is_none_or(|name| is_protocol(&function.key, name));
            let own = entry.count.saturating_sub(passed);
            if own > 0 && !is_talk {
                swallowed.entry((catcher, entry.exception)).or_default().push((id, own, calls));
            }
        }
    }
    swallowed
}

/// One type of exception in the hands of one catcher.
struct Swallowed<'a> {
    evidence: &'a Evidence<'a>,
    catcher: FunctionId,
    exception: TypeId,
    raisers: Raisers,
}

impl Swallowed<'_> {
    fn finding(mut self) -> Option<Finding> {
        self.raisers.sort_by_key(|&(id, count, _)| (Reverse(count), id));
        let raised: u64 = self.raisers.iter().map(|(_, count, _)| count).sum();
        let &(_, most, calls) = self.raisers.first()?;
        let rate = most as f64 / calls.max(1) as f64;
        if raised < RAISED_MIN || rate <= self.evidence.thresholds.exc_threshold {
            return None;
        }
        let function = self.evidence.recording.function(self.catcher);
        let source = self.evidence.sources.module(&function.file);
        let defined =
            source.and_then(|source| source.function(&function.key.qualname, function.key.line));
        let handler = match defined {
            None => None,
            Some(defined) => Some(self.silent_handler(&defined.flow.handlers)?),
        };
        let severity = match handler.map(|handler| handler.trace) {
            None | Some(Trace::Constant) => Severity::Low,
            Some(_) if lower_bound(most, calls) >= BOUND_HIGH => Severity::High,
            Some(_) => Severity::Medium,
        };
        let mut place = self.evidence.place(self.catcher);
        place.line = handler.map_or(place.line, |handler| handler.line);
        Some(Finding {
            detector: "silent_exception",
            severity,
            place,
            subject: self.evidence.type_label(self.exception).to_owned(),
            messages: self.messages(raised, handler),
            facts: self.facts(raised),
            related: self.raisers.iter().map(|&(id, ..)| self.raiser(id)).collect(),
            weight: raised,
        })
    }

    /// The clause that ended the exceptions, if it leaves no trace of them. A narrow one that does
    /// something is taken for a deliberate answer; so is everything where one of them reports.
    fn silent_handler<'h>(&self, handlers: &'h [Handler]) -> Option<&'h Handler> {
        let name = self.evidence.recording.types.get(self.exception.index())?;
        let mut catching = handlers.iter().filter(|handler| catches(handler, name));
        if catching.clone().any(|handler| handler.trace == Trace::Reported) {
            return None;
        }
        catching.find(|handler| handler.is_broad || handler.trace != Trace::Handled)
    }

    fn messages(&self, raised: u64, handler: Option<&Handler>) -> Vec<String> {
        let recording = self.evidence.recording;
        let name = self.evidence.type_label(self.exception);
        let described = |&(id, count, calls): &(FunctionId, u64, u64)| {
            let share = words::percent(count, calls);
            format!("{} ({share} of its calls)", words::function(recording, id))
        };
        let raisers: Vec<String> = self.raisers.iter().map(described).collect();
        let times = words::times(raised);
        let what = match handler {
            None => "whether its handler says so is not known: no source".to_owned(),
            Some(handler) => {
                format!("the handler in line {} {}", handler.line, does(handler.trace))
            }
        };
        vec![format!("swallows {name} {times}, raised in {}", words::list(&raisers)), what]
    }

    fn facts(&self, raised: u64) -> Vec<(&'static str, FactValue)> {
        let recording = self.evidence.recording;
        let counts = self.raisers.iter();
        let counts = counts.map(|&(id, count, _)| (recording.function(id).key.to_string(), count));
        vec![
            ("exception", FactValue::Text(self.evidence.type_label(self.exception).to_owned())),
            ("exception_count", FactValue::Count(raised)),
            ("raised_in", FactValue::Counts(counts.collect())),
        ]
    }

    fn raiser(&self, id: FunctionId) -> Related {
        Related { place: self.evidence.place(id), note: "raises it".to_owned() }
    }
}

fn does(trace: Trace) -> &'static str {
    match trace {
        Trace::Nothing => "does nothing with it",
        Trace::Constant => "returns a constant instead",
        Trace::Handled | Trace::Reported => "catches everything, and neither reports nor uses it",
    }
}

/// Whether a clause catches this type, by the names of its bases.
fn catches(handler: &Handler, exception: &TypeName) -> bool {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let bases = exception.mro.iter().map(|base| last(base));
    let mut names = bases.chain([last(&exception.qualname)]);
    handler.is_broad
        || names.any(|name| handler.exceptions.iter().any(|caught| last(caught) == name))
}
