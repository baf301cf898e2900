//! `n_plus_one`: functions that call the same slow function many times per call, where one call for
//! all would do.
//!
//! Needs a callee that waits or works, many calls of it per call of the caller, and most of the
//! caller's time in them. Reasons and numbers: `docs/detectors/n_plus_one.md`.

use std::collections::HashMap;

use ghost_model::{Function, FunctionId, FunctionKind, Profile, counted, human_duration};

use crate::detector::Detector;
use crate::evidence::Evidence;
use crate::finding::{FactValue, Finding, Related, Severity};
use crate::test_code::is_about_tests;
use crate::words;

/// Calls per call of the caller, on average. Fewer are written out one by one.
const RATIO_MIN: f64 = 5.0;
/// The same where the caller ran only once or twice: then it must be plainer.
const RATIO_FEW_MIN: f64 = 20.0;
/// Calls of the caller from which on a ratio is a habit.
const CALLS_MIN: u64 = 3;
/// Share of the caller's time that the calls take: else bundling them gains nothing.
const TIME_SHARE_MIN: f64 = 0.5;
/// What a call to something outside takes at least.
const LATENCY_NS_MIN: u64 = 100_000;
/// The same where the name does not speak of input or output: then it may be plain work.
const LATENCY_NS_UNNAMED_MIN: u64 = 2_000_000;
/// Time per call of the caller from which on people wait.
const WAIT_NS_MEDIUM: u64 = 10_000_000;
/// Time per call of the caller that nobody accepts.
const WAIT_NS_HIGH: u64 = 1_000_000_000;
/// Words in names of functions that ask something outside.
const OUTSIDE: [&str; 29] = [
    "query", "select", "execute", "fetch", "find", "load", "get", "read", "request", "send",
    "post", "put", "save", "insert", "update", "delete", "lookup", "download", "upload", "call",
    "sql", "db", "http", "api", "rpc", "cursor", "row", "ask", "resolve",
];
/// Names of functions that run a whole program: calling often is what they are for.
const PROGRAMS: [&str; 5] = ["main", "run", "cli", "<module>", "__main__"];

/// The detector.
#[derive(Debug)]
pub struct NPlusOne;

impl Detector for NPlusOne {
    fn name(&self) -> &'static str {
        "n_plus_one"
    }

    fn summary(&self) -> &'static str {
        "A function calls the same slow function many times where one call for all would do."
    }

    fn documentation(&self) -> &'static str {
        include_str!("../../../../docs/detectors/n_plus_one.md")
    }

    fn detect(&self, evidence: &Evidence<'_>) -> Vec<Finding> {
        let calls: HashMap<FunctionId, (&Function, &Profile)> = evidence
            .recording
            .observed()
            .map(|(id, function, profile)| (id, (function, profile)))
            .collect();
        let mut findings = Vec::new();
        for (callee_id, callee, profile) in evidence.recording.observed() {
            if !is_asked(callee, profile) {
                continue;
            }
            for &(caller_id, count) in &profile.callers {
                let Some(&(caller, caller_profile)) = calls.get(&caller_id) else { continue };
                let loop_ =
                    Loop { caller_id, caller, caller_profile, callee_id, callee, profile, count };
                findings.extend(loop_.finding(evidence));
            }
        }
        findings
    }
}

/// Whether a function can be one that asks something outside.
fn is_asked(function: &Function, profile: &Profile) -> bool {
    let slow = profile.latency_ns_mean().unwrap_or(0);
    let least = if speaks_of_outside(function) { LATENCY_NS_MIN } else { LATENCY_NS_UNNAMED_MIN };
    matches!(function.kind, FunctionKind::Function | FunctionKind::Coroutine) && slow >= least
}

fn speaks_of_outside(function: &Function) -> bool {
    let key = &function.key;
    let name = key.qualname.rsplit('.').next().unwrap_or_default().to_lowercase();
    let module = key.module.rsplit('.').next().unwrap_or_default().to_lowercase();
    name.split('_').chain(module.split('_')).any(|part| OUTSIDE.contains(&part))
}

/// A caller and the function it calls again and again.
struct Loop<'a> {
    caller_id: FunctionId,
    caller: &'a Function,
    caller_profile: &'a Profile,
    callee_id: FunctionId,
    callee: &'a Function,
    profile: &'a Profile,
    count: u64,
}

impl Loop<'_> {
    fn finding(&self, evidence: &Evidence<'_>) -> Option<Finding> {
        let calls = self.caller_profile.call_count();
        let ratio = self.count as f64 / calls.max(1) as f64;
        let latency_ns = self.profile.latency_ns_mean()?;
        let wait_ns = (latency_ns as f64 * ratio) as u64;
        let elapsed_ns = self.caller_profile.latency_ns_sum as f64 / calls.max(1) as f64;
        let share = wait_ns as f64 / elapsed_ns.max(1.0);
        let is_habit = calls >= CALLS_MIN && ratio >= RATIO_MIN;
        let is_plain = ratio >= RATIO_FEW_MIN && speaks_of_outside(self.callee);
        if !self.is_loop() || share < TIME_SHARE_MIN || !(is_habit || is_plain) {
            return None;
        }
        let severity = match wait_ns {
            _ if !is_habit => Severity::Low,
            WAIT_NS_HIGH.. => Severity::High,
            WAIT_NS_MEDIUM.. => Severity::Medium,
            _ => Severity::Low,
        };
        let callee = words::function(evidence.recording, self.callee_id);
        let messages = vec![
            format!(
                "calls {callee} {ratio:.1} times per call, each {}",
                human_duration(latency_ns)
            ),
            format!(
                "that is {} or {} of its time, in {}",
                human_duration(wait_ns),
                words::percent((share.min(1.0) * 1000.0) as u64, 1000),
                counted(calls, "call", "calls")
            ),
        ];
        Some(Finding {
            detector: "n_plus_one",
            severity,
            place: evidence.place(self.caller_id),
            subject: self.callee.key.qualname.clone(),
            messages,
            facts: vec![
                ("callee", FactValue::Text(self.callee.key.to_string())),
                ("calls_per_call", FactValue::Real(ratio)),
                ("callee_mean_latency_ns", FactValue::Nanoseconds(latency_ns)),
                ("time_share", FactValue::Real(share.min(1.0))),
                ("call_count", FactValue::Count(calls)),
            ],
            related: vec![Related {
                place: evidence.place(self.callee_id),
                note: "is called again and again".to_owned(),
            }],
            weight: self.count,
        })
    }

    /// Whether the caller is code of a program that could call differently.
    fn is_loop(&self) -> bool {
        let name = self.caller.key.qualname.rsplit('.').next().unwrap_or_default();
        let is_body = matches!(
            self.caller.kind,
            FunctionKind::Module | FunctionKind::ClassBody | FunctionKind::Overflow
        );
        self.caller_id != self.callee_id
            && !is_body
            && !PROGRAMS.contains(&name)
            && !is_about_tests(&self.caller.key.module)
            && !self.caller.file.starts_with('<')
    }
}
