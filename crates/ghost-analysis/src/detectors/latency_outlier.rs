//! `latency_outlier`: functions whose mean latency lies far above that of their module.
//!
//! Compares logarithms of means by median and median absolute deviation, and blames a function only
//! for time of its own. Reasons and numbers: `docs/detectors/latency_outlier.md`.

use std::collections::HashMap;

use ghost_model::{Function, FunctionId, FunctionKind, Profile, counted, human_duration};

use crate::detector::Detector;
use crate::evidence::Evidence;
use crate::finding::{FactValue, Finding, Severity};
use crate::own_time::OwnTime;
use crate::sparkline::sparkline;
use crate::statistics::robust_scale::RobustScale;

/// A single call has no mean worth the name; programs begin with functions that are called once.
const CALLS_MIN: u64 = 3;
/// Fewer other functions have no spread. A smaller module is compared with the whole session.
const PEERS_MIN: usize = 4;
/// Spread of log means below which modules are taken to be: means differ by a fifth for no reason.
const SIGMA_MIN: f64 = 0.2;
/// Share of its time that a function spends itself, not in observed callees: else they are slow.
const OWN_SHARE_MIN: f64 = 0.5;
/// Nobody notices less per call …
const LATENCY_NS_MIN: u64 = 1_000_000;
/// … unless it is this share of all that the session spent.
const SESSION_SHARE_MIN: f64 = 0.2;
/// From here on people notice that they wait.
const LATENCY_NS_MEDIUM: u64 = 10_000_000;
/// From here on it is `High`: a wait that people notice, and much of the session.
const LATENCY_NS_HIGH: u64 = 100_000_000;
/// Share of the session's time that makes it more severe.
const SESSION_SHARE_MEDIUM: f64 = 0.1;

/// The detector.
#[derive(Debug)]
pub struct LatencyOutlier;

impl Detector for LatencyOutlier {
    fn name(&self) -> &'static str {
        "latency_outlier"
    }

    fn summary(&self) -> &'static str {
        "The mean latency of a function lies far above that of its module."
    }

    fn documentation(&self) -> &'static str {
        include_str!("../../../../docs/detectors/latency_outlier.md")
    }

    fn detect(&self, evidence: &Evidence<'_>) -> Vec<Finding> {
        let measured = measured(evidence);
        let mut modules: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, candidate) in measured.iter().enumerate() {
            modules.entry(&candidate.function.key.module).or_default().push(index);
        }
        let session = Peers::new(&measured, 0..measured.len());
        let mut findings = Vec::new();
        for members in modules.into_values() {
            let module = Peers::new(&measured, members.iter().copied());
            for &index in &members {
                let peers = if module.others() >= PEERS_MIN { &module } else { &session };
                findings.extend(judge(evidence, &measured[index], peers, members.len()));
            }
        }
        findings
    }
}

/// A function that can be compared.
struct Candidate<'a> {
    id: FunctionId,
    function: &'a Function,
    profile: &'a Profile,
    latency_ns_mean: u64,
    /// Share of its time that is its own, 0 to 1.
    own_share: f64,
    /// Share of the own time of all functions that is its own.
    session_share: f64,
}

fn measured<'a>(evidence: &Evidence<'a>) -> Vec<Candidate<'a>> {
    let own_time = OwnTime::of(evidence.recording);
    let mut all = Vec::new();
    for (id, function, profile) in evidence.recording.observed() {
        let is_compared = matches!(function.kind, FunctionKind::Function | FunctionKind::Coroutine)
            && !function.file.starts_with('<');
        let own_ns = own_time.own_ns(id, function, profile);
        if let Some(latency_ns_mean) = profile.latency_ns_mean().filter(|_| is_compared) {
            let own_share = own_ns as f64 / profile.latency_ns_sum.max(1) as f64;
            let own = Candidate {
                id,
                function,
                profile,
                latency_ns_mean,
                own_share,
                session_share: own_ns as f64,
            };
            all.push(own);
        }
    }
    let total: f64 = all.iter().map(|candidate| candidate.session_share).sum();
    for candidate in &mut all {
        candidate.session_share /= total.max(1.0);
    }
    all
}

/// Log means of the functions to compare with, in order.
struct Peers {
    log_means: Vec<f64>,
}

impl Peers {
    fn new(measured: &[Candidate<'_>], members: impl Iterator<Item = usize>) -> Self {
        let mut log_means: Vec<f64> = members.map(|index| log_mean(&measured[index])).collect();
        log_means.sort_by(f64::total_cmp);
        Self { log_means }
    }

    fn others(&self) -> usize {
        self.log_means.len().saturating_sub(1)
    }

    /// Middle and spread of all but the given one, which is among them.
    fn without(&self, log_mean: f64) -> Option<RobustScale> {
        let mut others = self.log_means.clone();
        others.remove(others.iter().position(|other| other.to_bits() == log_mean.to_bits())?);
        let scale = RobustScale::of(&others)?;
        Some(RobustScale { sigma: scale.sigma.max(SIGMA_MIN), ..scale })
    }
}

fn log_mean(candidate: &Candidate<'_>) -> f64 {
    (candidate.latency_ns_mean.max(1) as f64).ln()
}

fn judge(
    evidence: &Evidence<'_>,
    candidate: &Candidate<'_>,
    peers: &Peers,
    module_size: usize,
) -> Option<Finding> {
    let matters =
        candidate.latency_ns_mean >= LATENCY_NS_MIN || candidate.session_share >= SESSION_SHARE_MIN;
    let is_candidate = matters
        && candidate.profile.ended_count() >= CALLS_MIN
        && candidate.own_share >= OWN_SHARE_MIN
        && peers.others() >= PEERS_MIN;
    if !is_candidate {
        return None;
    }
    let scale = peers.without(log_mean(candidate))?;
    let z = (log_mean(candidate) - scale.middle) / scale.sigma;
    if z <= scale.required(evidence.thresholds.latency_z) {
        return None;
    }
    let whose = if peers.log_means.len() == module_size { "module" } else { "session" };
    Some(finding(evidence, candidate, &scale, z, whose))
}

fn finding(
    evidence: &Evidence<'_>,
    candidate: &Candidate<'_>,
    scale: &RobustScale,
    z: f64,
    whose: &str,
) -> Finding {
    let middle_ns = scale.middle.exp().round() as u64;
    Finding {
        detector: "latency_outlier",
        severity: severity(candidate),
        place: evidence.place(candidate.id),
        subject: String::new(),
        messages: messages(evidence, candidate, scale, z, whose),
        facts: vec![
            ("mean_latency_ns", FactValue::Nanoseconds(candidate.latency_ns_mean)),
            ("latency_z", FactValue::Real(z)),
            ("latency_z_threshold", FactValue::Real(evidence.thresholds.latency_z)),
            ("compared_with", FactValue::Text(whose.to_owned())),
            ("compared_count", FactValue::Count(scale.count as u64)),
            ("compared_median_ns", FactValue::Nanoseconds(middle_ns)),
            ("own_share", FactValue::Real(candidate.own_share.min(1.0))),
            ("call_count", FactValue::Count(candidate.profile.call_count())),
        ],
        related: vec![],
        weight: candidate.profile.call_count(),
    }
}

fn severity(candidate: &Candidate<'_>) -> Severity {
    let is_much = candidate.session_share >= SESSION_SHARE_MEDIUM;
    if is_much && candidate.latency_ns_mean >= LATENCY_NS_HIGH {
        Severity::High
    } else if is_much || candidate.latency_ns_mean >= LATENCY_NS_MEDIUM {
        Severity::Medium
    } else {
        Severity::Low
    }
}

fn messages(
    evidence: &Evidence<'_>,
    candidate: &Candidate<'_>,
    scale: &RobustScale,
    z: f64,
    whose: &str,
) -> Vec<String> {
    let profile = candidate.profile;
    let limit = evidence.thresholds.latency_z;
    let others = counted(scale.count as u64, "other function", "other functions");
    let middle = human_duration(scale.middle.exp().round() as u64);
    let quantile = |share| {
        let ns: u64 = profile.latency.quantile_ns(share).unwrap_or(0);
        human_duration(ns.max(profile.latency_ns_min).min(profile.latency_ns_max))
    };
    vec![
        format!(
            "mean latency {} is {z:.1}σ above its {whose} (threshold {limit}σ; {others}, median {middle})",
            human_duration(candidate.latency_ns_mean)
        ),
        format!(
            "{}: p50 {}, p95 {}, max {}",
            counted(profile.call_count(), "call", "calls"),
            quantile(0.5),
            quantile(0.95),
            human_duration(profile.latency_ns_max)
        ),
        format!("distribution: {}", sparkline(&profile.latency)),
    ]
}
