//! What became of the spans that one sink was offered.

use ghost_model::SpanLoss;

/// Counts of one sink: what was offered is exported, lost or waiting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LaneCounts {
    /// Spans that were offered.
    pub(crate) offered: u64,
    /// Spans that arrived.
    pub(crate) exported: u64,
    /// Spans that are in the queue or being sent.
    pub(crate) waiting: u64,
    lost: [u64; SpanLoss::ALL.len()],
}

impl LaneCounts {
    /// Counts spans that did not arrive.
    pub(super) fn lose(&mut self, why: SpanLoss, count: u64) {
        if let Some(lost) = self.lost.get_mut(why as usize) {
            *lost += count;
        }
    }

    /// Spans that did not arrive, by reason.
    pub(crate) fn lost(&self) -> Vec<(SpanLoss, u64)> {
        let pairs = SpanLoss::ALL.into_iter().zip(self.lost);
        pairs.filter(|(_, count)| *count > 0).collect()
    }
}
