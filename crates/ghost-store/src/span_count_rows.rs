//! Counts of spans, out of the tables that hold them.

use std::collections::BTreeMap;

use ghost_model::{SpanCounts, SpanLoss};
use rusqlite::Connection;

use crate::unsigned::Unsigned;
use crate::{span_fold, span_rows};

/// Those of a session, all processes together.
pub(crate) fn read(conn: &Connection) -> rusqlite::Result<SpanCounts> {
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
    Ok(SpanCounts { received_count, unsampled_count, kept_count, losses })
}
