//! Single spans as rows: the newest of them are kept.

use ghost_model::{Span, SpanId, SpanKind, TraceId};
use rusqlite::{Connection, Row, params};

use crate::attribute_text;
use crate::recording_rows::{damage, each, text};
use crate::unsigned::Unsigned;

/// Writes the spans of one ring from `first_sequence` on.
pub(crate) fn insert(
    conn: &Connection,
    ring_id: i64,
    first_sequence: i64,
    spans: &[&Span],
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut insert = conn.prepare_cached(sql)?;
    for (sequence, span) in (first_sequence..).zip(spans) {
        let parent = Some(span.parent_span_id).filter(|id| id.is_some()).map(|id| id.to_string());
        insert.execute(params![
            sequence,
            ring_id,
            span.trace_id.to_string(),
            span.span_id.to_string(),
            parent,
            span.kind.as_str(),
            span.name,
            Unsigned(span.start_unix_ns),
            Unsigned(span.duration_ns),
            span.is_error,
            attribute_text::to_text(&span.attributes),
        ])?;
    }
    Ok(())
}

/// Removes what lies below `oldest_sequence`.
pub(crate) fn trim(conn: &Connection, oldest_sequence: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM spans WHERE span_sequence < ?")?.execute([oldest_sequence])?;
    Ok(())
}

/// The number the next span gets.
pub(crate) fn next_sequence(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("SELECT ifnull(max(span_sequence), 0) + 1 FROM spans", [], |row| row.get(0))
}

/// The kept spans, in the order they came.
pub(crate) fn all(conn: &Connection) -> rusqlite::Result<Vec<Span>> {
    let mut spans = Vec::new();
    each(conn, &format!("SELECT {COLUMNS} FROM spans ORDER BY span_sequence"), |row| {
        spans.push(span(row)?);
        Ok(())
    })?;
    Ok(spans)
}

/// The kept spans of one trace, in the order they came.
pub(crate) fn of_trace(conn: &Connection, trace_id: TraceId) -> rusqlite::Result<Vec<Span>> {
    let sql = format!("SELECT {COLUMNS} FROM spans WHERE trace_id = ? ORDER BY span_sequence");
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query([trace_id.to_string()])?;
    let mut spans = Vec::new();
    while let Some(row) = rows.next()? {
        spans.push(span(row)?);
    }
    Ok(spans)
}

/// How many spans are kept.
pub(crate) fn count(conn: &Connection) -> rusqlite::Result<u64> {
    conn.query_row("SELECT count(*) FROM spans", [], |row| row.get(0)).map(|Unsigned(count)| count)
}

const COLUMNS: &str = "trace_id, span_id, parent_span_id, kind, name, start_unix_ns, duration_ns,
                       is_error, attributes";

fn span(row: &Row<'_>) -> rusqlite::Result<Span> {
    let span_id = |digits: &str| SpanId::parse(digits).ok_or_else(|| damage("bad span id"));
    let parent: Option<String> = row.get(2)?;
    let attributes = attribute_text::from_text(text(row, 8)?);
    Ok(Span {
        kind: SpanKind::from_word(text(row, 3)?).ok_or_else(|| damage("unknown kind of span"))?,
        trace_id: trace_id(text(row, 0)?)?,
        span_id: span_id(text(row, 1)?)?,
        parent_span_id: parent.map_or(Ok(SpanId::NONE), |digits| span_id(&digits))?,
        start_unix_ns: row.get::<_, Unsigned>(5)?.0,
        duration_ns: row.get::<_, Unsigned>(6)?.0,
        is_error: row.get(7)?,
        is_sampled: true,
        name: row.get(4)?,
        attributes: attributes.ok_or_else(|| damage("bad attributes"))?,
    })
}

/// A span outside any trace has the id of none.
fn trace_id(digits: &str) -> rusqlite::Result<TraceId> {
    if digits.bytes().all(|byte| byte == b'0') {
        return Ok(TraceId::NONE);
    }
    TraceId::parse(digits).ok_or_else(|| damage("bad trace id"))
}
