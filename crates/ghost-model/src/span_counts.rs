//! How many spans there were, and what became of them.

use crate::SpanLoss;

/// Spans of a session, all processes together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanCounts {
    /// Spans that arrived. Totals are of these.
    pub received_count: u64,
    /// Of them those of traces that are not kept: counted only.
    pub unsampled_count: u64,
    /// Of the others those that are still kept.
    pub kept_count: u64,
    /// Spans that did not arrive, by reason.
    pub losses: Vec<(SpanLoss, u64)>,
}

impl SpanCounts {
    /// Spans that arrived and gave way to newer ones.
    pub fn trimmed_count(&self) -> u64 {
        self.received_count.saturating_sub(self.unsampled_count).saturating_sub(self.kept_count)
    }

    /// Spans that should have arrived and did not. Those of traces that were not to be kept are none.
    pub fn lost_count(&self) -> u64 {
        let lost = self.losses.iter().filter(|(loss, _)| *loss != SpanLoss::SampledOut);
        lost.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }
}
