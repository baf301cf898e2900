//! Sampled activations that began within a span, as rows: what gives a trace its functions.

use ghost_model::{Activation, FunctionId, Outcome, SpanFunction, SpanId};
use rusqlite::{Connection, params};

use crate::activation_rows::{Stream, function_of};
use crate::recording_rows::{damage, each, text};
use crate::unsigned::Unsigned;

/// Rows kept: two hundred requests in detail.
const ROWS_MAX: u64 = 40_000;
/// Rows beyond that before the oldest are removed, since finding them means sorting all.
const ROWS_TRIMMED_AT: u64 = ROWS_MAX + ROWS_MAX / 8;

/// Stores those of the activations that began within a span, and tells how many.
pub(crate) fn write(
    conn: &Connection,
    stream: &Stream<'_>,
    activations: &[Activation],
) -> rusqlite::Result<u64> {
    let within: Vec<&Activation> =
        activations.iter().filter(|activation| activation.span_id.is_some()).collect();
    let newest = &within[within.len().saturating_sub(ROWS_MAX as usize)..];
    let sql = "INSERT OR REPLACE INTO span_functions VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let mut insert = conn.prepare_cached(sql)?;
    for activation in newest {
        insert.execute(params![
            stream.process_id,
            Unsigned(activation.sequence),
            activation.span_id.to_string(),
            function_of(stream, activation.function).0,
            function_of(stream, activation.caller).0,
            Unsigned(activation.start_unix_ns),
            Unsigned(activation.latency_ns),
            matches!(activation.outcome, Outcome::Raised(_)),
        ])?;
    }
    Ok(newest.len() as u64)
}

/// Removes the oldest where there are too many of these `count` rows, and tells how many are left.
pub(crate) fn trim(conn: &Connection, count: u64) -> rusqlite::Result<u64> {
    if count <= ROWS_TRIMMED_AT {
        return Ok(count);
    }
    let sql = "DELETE FROM span_functions WHERE (process_id, sequence) IN (
                   SELECT process_id, sequence FROM span_functions
                    ORDER BY start_unix_ns DESC LIMIT -1 OFFSET ?)";
    conn.prepare_cached(sql)?.execute([Unsigned(ROWS_MAX)])?;
    Ok(ROWS_MAX)
}

/// How many there are.
pub(crate) fn count(conn: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT count(*) FROM span_functions";
    conn.query_row(sql, [], |row| row.get(0)).map(|Unsigned(count)| count)
}

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

#[cfg(test)]
mod tests {
    use ghost_model::{SessionState, SpanId};

    use super::*;
    use crate::stage::{DEAD_PID, Stage, activation, end, fib, snapshot};

    fn within(sequence: u64, span_id: u64) -> Activation {
        Activation { span_id: SpanId(span_id), ..activation(sequence, 1000 + sequence) }
    }

    #[test]
    fn activations_within_spans_are_kept_whatever_examples_are() {
        let stage = Stage::new("events_per_function=1\n");
        let mut ledger = snapshot(DEAD_PID, fib(9));
        ledger.activations = vec![within(1, 7), within(2, 0), within(3, 7), within(4, 8)];
        stage.ledger(DEAD_PID, 1, ledger);
        stage.writer().finish(end(SessionState::Finished)).unwrap();
        let functions = stage.reader().span_functions().unwrap();
        let spans: Vec<(u64, u64)> =
            functions.iter().map(|it| (it.span_id.0, it.start_unix_ns)).collect();
        assert_eq!(spans, [(7, 1001), (7, 1003), (8, 1004)]);
        assert_eq!(stage.reader().activations(FunctionId(1)).unwrap().len(), 1);
    }

    #[test]
    fn the_oldest_give_way() {
        let stage = Stage::new("");
        let mut ledger = snapshot(DEAD_PID, fib(9));
        ledger.activations = (1..=ROWS_MAX).map(|sequence| within(sequence, 7)).collect();
        let mut writer = stage.writer();
        stage.live_ledger(fib(9));
        stage.ledger(DEAD_PID, 1, ledger.clone());
        writer.fold(&stage.run_dir()).unwrap();
        ledger.activations =
            (1..=ROWS_MAX / 8 + 1).map(|sequence| within(sequence + ROWS_MAX, 7)).collect();
        stage.ledger(DEAD_PID, 2, ledger);
        writer.fold(&stage.run_dir()).unwrap();
        assert_eq!(stage.query("SELECT count(*) FROM span_functions"), [ROWS_MAX.to_string()]);
        let oldest = stage.query("SELECT min(start_unix_ns) FROM span_functions");
        assert_eq!(oldest, [(1000 + 1 + ROWS_MAX / 8 + 1).to_string()]);
    }
}
