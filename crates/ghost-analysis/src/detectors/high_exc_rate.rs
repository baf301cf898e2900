//! `high_exc_rate`: functions that end by an exception more often than a threshold.

use crate::detector::Detector;
use crate::evidence::Evidence;
use crate::finding::Finding;

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
        ""
    }

    fn detect(&self, _evidence: &Evidence<'_>) -> Vec<Finding> {
        Vec::new()
    }
}
