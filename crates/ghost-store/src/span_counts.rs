//! How many spans there were, and what became of them.

use std::collections::BTreeMap;

use ghost_model::SpanLoss;
use rusqlite::Connection;

use crate::unsigned::Unsigned;
use crate::{span_fold, span_rows};

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
    pub(crate) fn read(conn: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT ifnull(sum(received_count), 0), ifnull(sum(unsampled_count), 0)
                     FROM span_rings";
        let (Unsigned(received_count), Unsigned(unsampled_count)) =
            conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut losses: BTreeMap<SpanLoss, u64> = BTreeMap::new();
        for (_, loss, count) in span_fold::losses(conn)? {
            let sum = losses.entry(loss).or_default();
            *sum = sum.saturating_add(count);
        }
        let losses = losses.into_iter().collect();
        let kept_count = span_rows::count(conn)?;
        Ok(Self { received_count, unsampled_count, kept_count, losses })
    }

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
