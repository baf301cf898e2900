//! `none_return`: functions that usually return something, and sometimes `None`.
//!
//! What the author wrote decides: an annotation first, then how the body ends. Reasons and numbers:
//! `docs/detectors/none_return.md`.

use std::cmp::Reverse;

use ghost_model::{Function, FunctionId, FunctionKind, Profile, Recording, TypeId, counted};

use crate::annotations::{Program, Verdict};
use crate::detector::Detector;
use crate::evidence::Evidence;
use crate::finding::{FactValue, Finding, Related, Severity};
use crate::source::DefinedFunction;
use crate::test_code::is_about_tests;
use crate::words;

/// Without an annotation: so many calls, before "usually" means anything.
const RETURNS_MIN: u64 = 10;
/// Without an annotation: at most this share is `None`. More often it is an ordinary answer.
const NONE_SHARE_MAX: f64 = 0.25;
/// Where `None` is as common, annotated or not, it breaks much of the traffic.
const NONE_SHARE_HIGH: f64 = 0.5;
/// Callers that are named.
const CALLERS_SHOWN_MAX: usize = 5;

/// The detector.
#[derive(Debug)]
pub struct NoneReturn;

impl Detector for NoneReturn {
    fn name(&self) -> &'static str {
        "none_return"
    }

    fn summary(&self) -> &'static str {
        "A function that should return something returns None now and then."
    }

    fn documentation(&self) -> &'static str {
        include_str!("../../../../docs/detectors/none_return.md")
    }

    fn detect(&self, evidence: &Evidence<'_>) -> Vec<Finding> {
        let recording = evidence.recording;
        let Some(none) = none_type(recording) else { return Vec::new() };
        let program = Program::new(recording, evidence.sources);
        let observed = recording.observed();
        observed
            .filter_map(|(id, function, profile)| {
                let sometimes = Sometimes::of(evidence, none, id, function, profile)?;
                Some(sometimes.finding(sometimes.judged(&program)?))
            })
            .collect()
    }
}

fn none_type(recording: &Recording) -> Option<TypeId> {
    let mut names = recording.types.iter();
    let index = names.position(|name| name.full_name() == "NoneType")?;
    Some(TypeId(index as u32))
}

/// Why `None` is not expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    /// The annotation does not admit it.
    Annotated,
    /// The body reaches its end, where other ways out return a value.
    FallsThrough,
    /// `return None` is written, but it is rare.
    Written,
}

/// A function that returned both.
struct Sometimes<'a> {
    evidence: &'a Evidence<'a>,
    none: TypeId,
    id: FunctionId,
    function: &'a Function,
    profile: &'a Profile,
    none_count: u64,
    total: u64,
}

impl<'a> Sometimes<'a> {
    fn of(
        evidence: &'a Evidence<'a>,
        none: TypeId,
        id: FunctionId,
        function: &'a Function,
        profile: &'a Profile,
    ) -> Option<Self> {
        let is_judged = matches!(function.kind, FunctionKind::Function | FunctionKind::Coroutine)
            && !is_about_tests(&function.key.module);
        let none_count = profile.returns.iter().find(|(id, _)| *id == none)?.1;
        let total = profile.returns.iter().map(|(_, count)| count).sum();
        let both = none_count > 0 && none_count < total;
        (is_judged && both).then_some(Self {
            evidence,
            none,
            id,
            function,
            profile,
            none_count,
            total,
        })
    }

    fn share(&self) -> f64 {
        self.none_count as f64 / self.total.max(1) as f64
    }

    fn defined(&self) -> Option<&'a DefinedFunction> {
        let source = self.evidence.sources.module(&self.function.file)?;
        source.function(&self.function.key.qualname, self.function.key.line)
    }

    /// The type that is returned most often.
    fn usual(&self) -> &str {
        let usual = self.profile.returns.iter().filter(|(id, _)| *id != self.none);
        let usual = usual.max_by_key(|(id, count)| (*count, Reverse(*id)));
        usual.map_or("…", |(id, _)| self.evidence.type_label(*id))
    }

    /// Whether and why `None` is a surprise. Without source nothing is known of what was meant.
    fn judged(&self, program: &Program<'_>) -> Option<Reason> {
        let defined = self.defined()?;
        if defined.returns.is_some() {
            let declared = program.declaration(self.function)?.returned?;
            let none = self.evidence.recording.types.get(self.none.index())?;
            let is_refused = declared.verdict(program, none) == Verdict::No;
            return is_refused.then_some(Reason::Annotated);
        }
        let is_usual = self.total >= RETURNS_MIN && self.share() <= NONE_SHARE_MAX;
        let flow = &defined.flow;
        if !is_usual || !flow.returns_value || is_hook(defined) {
            None
        } else if flow.falls_through {
            Some(Reason::FallsThrough)
        } else {
            let is_written = flow.returns_none && self.usual() != "bool";
            is_written.then_some(Reason::Written)
        }
    }

    fn finding(&self, reason: Reason) -> Finding {
        let receivers = self.receivers();
        let severity = match reason {
            Reason::Annotated if self.share() >= NONE_SHARE_HIGH => Severity::High,
            _ if self.hurts(&receivers) => Severity::High,
            Reason::Annotated | Reason::FallsThrough => Severity::Medium,
            Reason::Written => Severity::Low,
        };
        Finding {
            detector: "none_return",
            severity,
            place: self.evidence.place(self.id),
            subject: String::new(),
            messages: self.messages(reason, &receivers),
            facts: self.facts(&receivers),
            related: receivers.iter().take(CALLERS_SHOWN_MAX).map(|&it| self.related(it)).collect(),
            weight: self.none_count,
        }
    }

    /// Callers that received `None`, those that did most often first.
    fn receivers(&self) -> Vec<(FunctionId, u64)> {
        let joint = self.profile.returns_by_caller.iter();
        let received = joint.filter(|((_, returned), _)| *returned == self.none);
        let mut receivers: Vec<(FunctionId, u64)> =
            received.map(|&((caller, _), count)| (caller, count)).collect();
        receivers.sort_by_key(|&(caller, count)| (Reverse(count), caller));
        receivers
    }

    /// Whether some receiver failed as code does that did not expect `None`.
    fn hurts(&self, receivers: &[(FunctionId, u64)]) -> bool {
        let recording = self.evidence.recording;
        let is_symptom = |id: TypeId| {
            let name = recording.types.get(id.index());
            name.is_some_and(|name| {
                matches!(name.full_name().as_str(), "AttributeError" | "TypeError")
            })
        };
        receivers.iter().any(|(caller, _)| {
            let profile = recording.profiles.get(caller.index());
            profile.is_some_and(|profile| {
                profile.exceptions.iter().any(|entry| is_symptom(entry.exception))
            })
        })
    }

    fn messages(&self, reason: Reason, receivers: &[(FunctionId, u64)]) -> Vec<String> {
        let usual = self.usual();
        let why = match (reason, self.defined().and_then(|defined| defined.returns.as_ref())) {
            (Reason::Annotated, Some(returns)) => format!("annotated as {}", returns.text),
            (Reason::FallsThrough, _) => "the end of its body is reached".to_owned(),
            _ => "`return None` is written, no annotation says so".to_owned(),
        };
        let (count, total) = (self.none_count, self.total);
        let percent = (100.0 * self.share()).round();
        let mut messages = vec![format!(
            "returned None instead of '{usual}' in {count}/{} ({percent}%): {why}",
            counted(total, "return", "returns")
        )];
        if !receivers.is_empty() {
            let named: Vec<String> = receivers.iter().map(|&it| self.receiver(it)).collect();
            messages.push(format!("received by {}", words::list(&named)));
        }
        if self.hurts(receivers) {
            messages.push("and a receiver raised AttributeError or TypeError".to_owned());
        }
        messages
    }

    fn receiver(&self, (caller, count): (FunctionId, u64)) -> String {
        let times = words::times(count);
        format!("{} {times}", words::function(self.evidence.recording, caller))
    }

    fn related(&self, (caller, count): (FunctionId, u64)) -> Related {
        let note = format!("received None {}", words::times(count));
        Related { place: self.evidence.place(caller), note }
    }

    fn facts(&self, receivers: &[(FunctionId, u64)]) -> Vec<(&'static str, FactValue)> {
        let recording = self.evidence.recording;
        let received = receivers.iter();
        let received = received.map(|&(id, count)| (recording.function(id).key.to_string(), count));
        vec![
            ("none_count", FactValue::Count(self.none_count)),
            ("return_count", FactValue::Count(self.total)),
            ("received_by", FactValue::Counts(received.collect())),
        ]
    }
}

/// Whether a protocol of Python decides what is returned: `__exit__`.
fn is_hook(function: &DefinedFunction) -> bool {
    let name = function.name();
    name.starts_with("__") && name.ends_with("__")
}
