//! `bimodal_latency`: functions whose calls are of two kinds, fast ones and much slower ones.
//!
//! What tells the kinds apart is not recorded; where as many calls had something in common, that is
//! named as a trace. Reasons and numbers: `docs/detectors/bimodal_latency.md`.

use ghost_model::{Function, FunctionId, FunctionKind, Profile, human_duration, thousands};

use crate::detector::Detector;
use crate::evidence::Evidence;
use crate::finding::{FactValue, Finding, Severity};
use crate::own_time::OwnTime;
use crate::sparkline::sparkline;
use crate::statistics::two_modes::{self, Mode};
use crate::test_code::is_about_tests;

/// Slow calls below this are not worth a look: caches and early returns are everywhere.
const SLOW_NS_MIN: u64 = 1_000_000;
/// From here on somebody waits for the slow calls.
const SLOW_NS_MEDIUM: u64 = 100_000_000;
/// Share of its time that a function spends itself: else its callees are of two kinds, not it.
const OWN_SHARE_MIN: f64 = 0.5;
/// Counts that differ by less are about the same.
const SAME_COUNT: f64 = 0.05;

/// The detector.
#[derive(Debug)]
pub struct BimodalLatency;

impl Detector for BimodalLatency {
    fn name(&self) -> &'static str {
        "bimodal_latency"
    }

    fn summary(&self) -> &'static str {
        "Calls of a function are of two kinds, fast ones and much slower ones."
    }

    fn documentation(&self) -> &'static str {
        include_str!("../../../../docs/detectors/bimodal_latency.md")
    }

    fn detect(&self, evidence: &Evidence<'_>) -> Vec<Finding> {
        let own_time = OwnTime::of(evidence.recording);
        let observed = evidence.recording.observed();
        let own = observed.filter(|(id, function, profile)| {
            let own_ns = own_time.own_ns(*id, function, profile) as f64;
            is_judged(function) && own_ns >= OWN_SHARE_MIN * profile.latency_ns_sum as f64
        });
        own.filter_map(|(id, _, profile)| finding(evidence, id, profile)).collect()
    }
}

fn is_judged(function: &Function) -> bool {
    matches!(function.kind, FunctionKind::Function | FunctionKind::Coroutine)
        && !function.file.starts_with('<')
        && !is_about_tests(&function.key.module)
}

fn finding(evidence: &Evidence<'_>, id: FunctionId, profile: &Profile) -> Option<Finding> {
    let [fast, slow] = two_modes::find(&profile.latency)?;
    if slow.latency_ns < SLOW_NS_MIN {
        return None;
    }
    let severity = if slow.latency_ns >= SLOW_NS_MEDIUM { Severity::Medium } else { Severity::Low };
    let place = evidence.place(id);
    Some(Finding {
        detector: "bimodal_latency",
        severity,
        place,
        subject: String::new(),
        messages: messages(evidence, profile, fast, slow),
        facts: vec![
            ("fast_count", FactValue::Count(fast.count)),
            ("fast_latency_ns", FactValue::Nanoseconds(fast.latency_ns)),
            ("slow_count", FactValue::Count(slow.count)),
            ("slow_latency_ns", FactValue::Nanoseconds(slow.latency_ns)),
        ],
        related: vec![],
        weight: slow.count,
    })
}

fn messages(evidence: &Evidence<'_>, profile: &Profile, fast: Mode, slow: Mode) -> Vec<String> {
    let factor = slow.latency_ns as f64 / fast.latency_ns.max(1) as f64;
    let described = |mode: Mode| {
        format!("{} calls at {}", thousands(mode.count), human_duration(mode.latency_ns))
    };
    let mut messages = vec![
        format!("{} and {}: {factor:.0}× slower", described(fast), described(slow)),
        format!("distribution: {}", sparkline(&profile.latency)),
    ];
    let traces = traces(evidence, profile, slow.count);
    if let Some(trace) = traces.first() {
        messages.push(format!("about as many as the slow calls {trace}"));
    }
    messages
}

/// What about as many calls had in common.
fn traces(evidence: &Evidence<'_>, profile: &Profile, count: u64) -> Vec<String> {
    let about = |other: u64| other.abs_diff(count) as f64 <= SAME_COUNT * count as f64;
    let label = |id| evidence.type_label(id).to_owned();
    let raised = profile.exceptions.iter().filter(|entry| about(entry.count));
    let raised = raised.map(|entry| format!("raised {}", label(entry.exception)));
    let returned = profile.returns.iter().filter(|(_, other)| about(*other));
    let returned = returned.map(|(id, _)| format!("returned {}", label(*id)));
    let passed = profile.args.iter().filter(|(_, other)| about(*other));
    let passed = passed.map(|(signature, _)| {
        let names: Vec<String> = signature.iter().map(|&id| label(id)).collect();
        format!("got ({})", names.join(", "))
    });
    raised.chain(returned).chain(passed).collect()
}
