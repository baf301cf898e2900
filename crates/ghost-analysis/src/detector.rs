//! The detectors there are, and what each of them must be able to do.
//!
//! A detector is one file in `detectors` and one page in `docs/detectors`, whose fenced cases are run
//! as tests.

use std::cmp::Reverse;

use crate::detectors;
use crate::evidence::Evidence;
use crate::finding::Finding;

/// Finds one kind of defect.
pub trait Detector: Sync {
    /// The word for it: `never_called`.
    fn name(&self) -> &'static str;

    /// What it finds, in one sentence.
    fn summary(&self) -> &'static str;

    /// Its page, as Markdown: what it finds, why, thresholds and severities with their reasons.
    fn documentation(&self) -> &'static str;

    /// All findings, in any order.
    fn detect(&self, evidence: &Evidence<'_>) -> Vec<Finding>;
}

/// Every detector, in the order they are documented.
pub const DETECTORS: &[&dyn Detector] = &[
    &detectors::TypeMismatch,
    &detectors::NeverCalled,
    &detectors::HighExcRate,
    &detectors::LatencyOutlier,
    &detectors::SilentException,
    &detectors::NoneReturn,
    &detectors::NPlusOne,
    &detectors::BimodalLatency,
];

/// What all detectors find: the most severe first, then what concerns the most calls.
pub fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        DETECTORS.iter().flat_map(|detector| detector.detect(evidence)).collect();
    findings.sort_by_cached_key(|finding| {
        let place = &finding.place;
        (
            Reverse((finding.severity, finding.weight)),
            finding.detector,
            (place.file.clone(), place.function.clone()),
            finding.subject.clone(),
        )
    });
    findings
}
