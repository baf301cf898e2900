//! Totals of spans as rows: one table for routes, one for statements, one for flows.
//!
//! A row holds what a process came to so far; it is replaced, never added to.

use std::collections::HashMap;
use std::hash::Hash;

use ghost_model::{
    Durations, FlowKey, FlowTotals, RouteKey, RouteTotals, Span, StatementKey, StatementTotals,
};
use rusqlite::{Connection, Row, params};

use crate::histogram_text;
use crate::recording_rows::{damage, each, text};
use crate::unsigned::Unsigned;

/// Totals with a table of their own.
pub(crate) trait Totals: Default + std::fmt::Debug {
    /// What spans are added together by.
    type Key: Clone + Eq + Hash + std::fmt::Debug;
    /// Reads all rows: `ring_id` first.
    const SELECT: &str;

    /// What a span is added to.
    fn key(span: &Span) -> Self::Key;
    /// What stands for all keys beyond the bound.
    fn beyond() -> Self::Key;
    /// Adds a span.
    fn add(&mut self, span: &Span);
    /// Adds others with the same key.
    fn merge(&mut self, other: &Self);
    /// Writes the row.
    fn write(&self, conn: &Connection, ring_id: i64, key: &Self::Key) -> rusqlite::Result<()>;
    /// Reads a row of [`Self::SELECT`].
    fn read(row: &Row<'_>) -> rusqlite::Result<(Self::Key, Self)>;
}

/// Every row with the ring it belongs to.
pub(crate) fn all<T: Totals>(conn: &Connection) -> rusqlite::Result<Vec<(i64, T::Key, T)>> {
    let mut rows = Vec::new();
    each(conn, T::SELECT, |row| {
        let (key, totals) = T::read(row)?;
        rows.push((row.get(0)?, key, totals));
        Ok(())
    })?;
    Ok(rows)
}

/// All processes together.
pub(crate) fn merged<T: Totals>(conn: &Connection) -> rusqlite::Result<Vec<(T::Key, T)>> {
    let mut sums: HashMap<T::Key, T> = HashMap::new();
    for (_, key, totals) in all::<T>(conn)? {
        sums.entry(key).or_default().merge(&totals);
    }
    Ok(sums.into_iter().collect())
}

fn durations(row: &Row<'_>, sum: usize) -> rusqlite::Result<Durations> {
    let mut durations = Durations {
        ns_sum: number(row, sum)?,
        ns_max: number(row, sum + 1)?,
        ..Durations::default()
    };
    histogram_text::add_text(&mut durations.buckets, text(row, sum + 2)?)
        .ok_or_else(|| damage("bad histogram"))?;
    Ok(durations)
}

fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, Unsigned>(column).map(|Unsigned(number)| number)
}

impl Totals for RouteTotals {
    type Key = RouteKey;
    const SELECT: &str = "SELECT * FROM routes";

    fn key(span: &Span) -> RouteKey {
        RouteKey::of(span)
    }

    fn beyond() -> RouteKey {
        RouteKey::beyond()
    }

    fn add(&mut self, span: &Span) {
        self.add(span);
    }

    fn merge(&mut self, other: &Self) {
        self.merge(other);
    }

    fn write(&self, conn: &Connection, ring_id: i64, key: &RouteKey) -> rusqlite::Result<()> {
        let sql = "INSERT OR REPLACE INTO routes
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        conn.prepare_cached(sql)?.execute(params![
            ring_id,
            key.route,
            key.method,
            key.framework,
            Unsigned(self.request_count),
            Unsigned(self.error_count),
            Unsigned(self.duration.ns_sum),
            Unsigned(self.duration.ns_max),
            histogram_text::to_text(&self.duration.buckets),
            Unsigned(self.bytes_in),
            Unsigned(self.bytes_out),
            Unsigned(self.query_count),
            Unsigned(self.query_ns),
            Unsigned(self.repeated_query_count_max),
            self.repeated_query,
            status_text(&self.status_classes),
        ])?;
        Ok(())
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<(RouteKey, Self)> {
        let key = RouteKey { route: row.get(1)?, method: row.get(2)?, framework: row.get(3)? };
        let totals = Self {
            request_count: number(row, 4)?,
            error_count: number(row, 5)?,
            duration: durations(row, 6)?,
            bytes_in: number(row, 9)?,
            bytes_out: number(row, 10)?,
            query_count: number(row, 11)?,
            query_ns: number(row, 12)?,
            repeated_query_count_max: number(row, 13)?,
            repeated_query: row.get(14)?,
            status_classes: status_classes(text(row, 15)?).ok_or_else(|| damage("bad statuses"))?,
        };
        Ok((key, totals))
    }
}

/// `{"2":14,"5":1}`.
fn status_text(classes: &[u64; 5]) -> String {
    let counted = classes.iter().zip(1..).filter(|(count, _)| **count > 0);
    let pairs: Vec<String> = counted.map(|(count, class)| format!("\"{class}\":{count}")).collect();
    format!("{{{}}}", pairs.join(","))
}

fn status_classes(text: &str) -> Option<[u64; 5]> {
    let mut classes = [0; 5];
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    for pair in inner.split(',').filter(|pair| !pair.is_empty()) {
        let (class, count) = pair.strip_prefix('"')?.split_once("\":")?;
        let index = class.parse::<usize>().ok()?.checked_sub(1)?;
        *classes.get_mut(index)? = count.parse().ok()?;
    }
    Some(classes)
}

/// The column that files from before it lack: there, no rows may be those of no query.
const ROWS_KNOWN: usize = 12;

impl Totals for StatementTotals {
    type Key = StatementKey;
    const SELECT: &str = "SELECT * FROM statements";

    fn key(span: &Span) -> StatementKey {
        StatementKey::of(span)
    }

    fn beyond() -> StatementKey {
        StatementKey::beyond()
    }

    fn add(&mut self, span: &Span) {
        self.add(span);
    }

    fn merge(&mut self, other: &Self) {
        self.merge(other);
    }

    fn write(&self, conn: &Connection, ring_id: i64, key: &StatementKey) -> rusqlite::Result<()> {
        let sql =
            "INSERT OR REPLACE INTO statements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        conn.prepare_cached(sql)?.execute(params![
            ring_id,
            key.statement,
            key.system,
            key.operation,
            key.collection,
            Unsigned(self.query_count),
            Unsigned(self.error_count),
            Unsigned(self.row_count),
            Unsigned(self.duration.ns_sum),
            Unsigned(self.duration.ns_max),
            histogram_text::to_text(&self.duration.buckets),
            Unsigned(self.pool_wait_ns),
            Unsigned(self.rows_known_count),
        ])?;
        Ok(())
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<(StatementKey, Self)> {
        let key = StatementKey {
            statement: row.get(1)?,
            system: row.get(2)?,
            operation: row.get(3)?,
            collection: row.get(4)?,
        };
        let (query_count, row_count) = (number(row, 5)?, number(row, 7)?);
        let is_counted = row.as_ref().column_count() > ROWS_KNOWN;
        let totals = Self {
            query_count,
            error_count: number(row, 6)?,
            row_count,
            rows_known_count: if is_counted {
                number(row, ROWS_KNOWN)?
            } else if row_count > 0 {
                query_count
            } else {
                0
            },
            duration: durations(row, 8)?,
            pool_wait_ns: number(row, 11)?,
        };
        Ok((key, totals))
    }
}

impl Totals for FlowTotals {
    type Key = FlowKey;
    const SELECT: &str = "SELECT * FROM flows";

    fn key(span: &Span) -> FlowKey {
        FlowKey::of(span)
    }

    fn beyond() -> FlowKey {
        FlowKey::beyond()
    }

    fn add(&mut self, span: &Span) {
        self.add(span);
    }

    fn merge(&mut self, other: &Self) {
        self.merge(other);
    }

    fn write(&self, conn: &Connection, ring_id: i64, key: &FlowKey) -> rusqlite::Result<()> {
        let sql = "INSERT OR REPLACE INTO flows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
        conn.prepare_cached(sql)?.execute(params![
            ring_id,
            key.host,
            Unsigned(key.port),
            key.method,
            Unsigned(self.request_count),
            Unsigned(self.error_count),
            Unsigned(self.duration.ns_sum),
            Unsigned(self.duration.ns_max),
            histogram_text::to_text(&self.duration.buckets),
        ])?;
        Ok(())
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<(FlowKey, Self)> {
        let key = FlowKey { host: row.get(1)?, port: number(row, 2)?, method: row.get(3)? };
        let totals = Self {
            request_count: number(row, 4)?,
            error_count: number(row, 5)?,
            duration: durations(row, 6)?,
        };
        Ok((key, totals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_survive_their_text() {
        for (classes, expected) in [([0; 5], "{}"), ([0, 14, 0, 0, 1], r#"{"2":14,"5":1}"#)] {
            assert_eq!(status_text(&classes), expected);
            assert_eq!(status_classes(expected), Some(classes));
        }
        assert_eq!(status_classes(r#"{"6":1}"#), None);
        assert_eq!(status_classes(r#"{"0":1}"#), None);
    }
}
