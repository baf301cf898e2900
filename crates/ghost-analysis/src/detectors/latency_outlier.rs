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
use crate::test_code::is_about_tests;

/// A single call has no mean worth the name; programs begin with functions that are called once.
const CALLS_MIN: u64 = 3;
/// Fewer other functions have no spread. A smaller module is compared with the whole session.
const PEERS_MIN: usize = 4;
/// Standard deviations that lie empty below the outliers: the slowest of many is no outlier.
const GAP_MIN: f64 = 2.0;
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
        let mut findings = Vec::new();
        // Coroutines wait by their nature: they are compared with each other only.
        for kind in [FunctionKind::Function, FunctionKind::Coroutine] {
            let alike: Vec<&Candidate<'_>> =
                measured.iter().filter(|candidate| candidate.function.kind == kind).collect();
            findings.extend(outliers(evidence, &alike));
        }
        findings
    }
}

fn outliers(evidence: &Evidence<'_>, candidates: &[&Candidate<'_>]) -> Vec<Finding> {
    let mut modules: HashMap<&str, Vec<&Candidate<'_>>> = HashMap::new();
    for candidate in candidates {
        modules.entry(&candidate.function.key.module).or_default().push(candidate);
    }
    let session = Peers::new(Whose::Session, candidates);
    let mut findings = Vec::new();
    for members in modules.into_values() {
        let module = Peers::new(Whose::Module, &members);
        let peers = if module.others() >= PEERS_MIN { &module } else { &session };
        findings.extend(members.iter().filter_map(|candidate| judge(evidence, candidate, peers)));
    }
    findings
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
            && !function.file.starts_with('<')
            && !is_about_tests(&function.key.module)
            && profile.ended_count() >= CALLS_MIN;
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

/// Logarithms of what calls of the functions to compare with take themselves, in order. Their own
/// time, because whoever calls the slow one is slow, too.
struct Peers {
    whose: Whose,
    log_means: Vec<f64>,
}

/// Where the functions to compare with are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Module,
    Session,
}

impl Whose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Session => "session",
        }
    }
}

impl Peers {
    fn new(whose: Whose, members: &[&Candidate<'_>]) -> Self {
        let mut log_means: Vec<f64> = members.iter().map(|candidate| log_mean(candidate)).collect();
        log_means.sort_by(f64::total_cmp);
        Self { whose, log_means }
    }

    fn others(&self) -> usize {
        self.log_means.len().saturating_sub(1)
    }

    /// Middle and spread of all but the given one, which is among them.
    fn without(&self, log_mean: f64) -> Option<RobustScale> {
        let mut others = self.log_means.clone();
        others.remove(others.iter().position(|other| other.to_bits() == log_mean.to_bits())?);
        RobustScale::of(&others)
    }

    /// How far the slowest below this line and the fastest above it are apart.
    fn gap_at(&self, line: f64) -> f64 {
        let above = self.log_means.partition_point(|&log_mean| log_mean <= line);
        let neighbours = (above.checked_sub(1))
            .map(|below| (self.log_means.get(below), self.log_means.get(above)));
        match neighbours {
            Some((Some(below), Some(above))) => above - below,
            _ => 0.0,
        }
    }
}

fn log_mean(candidate: &Candidate<'_>) -> f64 {
    (candidate.latency_ns_mean as f64 * candidate.own_share.min(1.0)).max(1.0).ln()
}

fn judge(evidence: &Evidence<'_>, candidate: &Candidate<'_>, peers: &Peers) -> Option<Finding> {
    let matters =
        candidate.latency_ns_mean >= LATENCY_NS_MIN || candidate.session_share >= SESSION_SHARE_MIN;
    let is_candidate =
        matters && candidate.own_share >= OWN_SHARE_MIN && peers.others() >= PEERS_MIN;
    if !is_candidate {
        return None;
    }
    let scale = peers.without(log_mean(candidate))?;
    let z = (log_mean(candidate) - scale.middle) / scale.sigma;
    let required = scale.required(evidence.thresholds.latency_z);
    let gap = peers.gap_at(scale.middle + required * scale.sigma);
    if z <= required || gap < GAP_MIN * scale.sigma {
        return None;
    }
    Some(finding(evidence, candidate, &scale, z, peers.whose))
}

fn finding(
    evidence: &Evidence<'_>,
    candidate: &Candidate<'_>,
    scale: &RobustScale,
    z: f64,
    whose: Whose,
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
            ("compared_with", FactValue::Text(whose.as_str().to_owned())),
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
    whose: Whose,
) -> Vec<String> {
    let profile = candidate.profile;
    let limit = evidence.thresholds.latency_z;
    let whom = match whose {
        Whose::Module => "its module",
        Whose::Session => "the session",
    };
    let others = counted(scale.count as u64, "other function", "other functions");
    let middle = human_duration(scale.middle.exp().round() as u64);
    let quantile = |share| {
        let ns: u64 = profile.latency.quantile_ns(share).unwrap_or(0);
        human_duration(ns.max(profile.latency_ns_min).min(profile.latency_ns_max))
    };
    vec![
        format!(
            "mean latency {} is {z:.1}σ above {whom} (threshold {limit}σ; {others}, median {middle})",
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::dice::Dice;

    /// Whether the slowest of these is an outlier.
    fn has_outlier(log_means: Vec<f64>) -> bool {
        let slowest = log_means.iter().copied().fold(f64::MIN, f64::max);
        let mut peers = Peers { whose: Whose::Module, log_means };
        peers.log_means.sort_by(f64::total_cmp);
        let scale = peers.without(slowest).unwrap();
        let required = scale.required(2.5);
        let line = scale.middle + required * scale.sigma;
        slowest > line && peers.gap_at(line) >= GAP_MIN * scale.sigma
    }

    #[test]
    fn modules_without_an_outlier_stay_quiet_as_often_as_documented() {
        let mut dice = Dice::new(7);
        for (functions, spread) in [(5, 0.3), (5, 1.0), (10, 1.0), (20, 1.0), (40, 2.0), (7, 2.0)] {
            let noisy = (0..2_000).filter(|_| {
                has_outlier((0..functions).map(|_| 10.0 + spread * dice.normal()).collect())
            });
            let noisy = noisy.count();
            assert!(noisy <= 120, "{noisy} of 2000 with {functions} functions, spread {spread}");
        }
    }

    #[test]
    fn an_outlier_among_ten_is_found() {
        let mut dice = Dice::new(8);
        let found = (0..500).filter(|_| {
            let fast = (0..10).map(|_| 7.0 + 0.8 * dice.normal());
            // A thousand times slower.
            has_outlier(fast.chain([7.0 + 6.9]).collect())
        });
        let found = found.count();
        assert!(found >= 450, "{found} of 500");
    }
}
