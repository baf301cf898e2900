//! Sampled activations that began within a span, as rows: what gives a trace its functions.

use ghost_model::{FunctionId, SpanFunction, SpanId};
use rusqlite::Connection;

use crate::recording_rows::{damage, each, text};
use crate::unsigned::Unsigned;

/// All that are kept, by their start.
pub(crate) fn all(conn: &Connection) -> rusqlite::Result<Vec<SpanFunction>> {
    let sql = "SELECT span_id, function_id, caller_id, start_unix_ns, latency_ns, is_exception
                 FROM span_functions ORDER BY start_unix_ns, process_id, sequence";
    let mut functions = Vec::new();
    each(conn, sql, |row| {
        functions.push(SpanFunction {
            span_id: SpanId::parse(text(row, 0)?).ok_or_else(|| damage("bad span id"))?,
            function: FunctionId(row.get(1)?),
            caller: FunctionId(row.get(2)?),
            start_unix_ns: row.get::<_, Unsigned>(3)?.0,
            latency_ns: row.get::<_, Unsigned>(4)?.0,
            is_exception: row.get(5)?,
        });
        Ok(())
    })?;
    Ok(functions)
}
