//! Rows back into the words of the model: all but profiles, which have a file of their own.
//!
//! Believes nothing: what no version of ours writes is an error, never a panic.

use std::collections::HashMap;

use ghost_model::{
    Activation, Counter, Function, FunctionId, FunctionKey, FunctionKind, Outcome, Process,
    ProcessState, Signature, SpanId, TypeId, TypeName,
};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, Row};

use crate::fold::{Known, KnownProcess};
use crate::interner::Interner;
use crate::schema::BUDGET_SINCE;
use crate::unsigned::Unsigned;
use crate::{span_function_rows, upgrade};

/// Everything the writer must know of a file somebody else wrote.
pub(crate) fn load_known(conn: &Connection) -> rusqlite::Result<Known> {
    let interner = Interner::load(types(conn)?, functions(conn)?, signatures(conn)?);
    let mut known = Known { interner, ..Known::default() };
    let sql = "SELECT ledger, process_id, last_sequence, activations_missed FROM processes";
    each(conn, sql, |row| {
        let (Unsigned(last_sequence), Unsigned(missed)) = (row.get(2)?, row.get(3)?);
        let process = KnownProcess::stored(row.get(1)?, last_sequence, missed);
        known.processes.insert(row.get(0)?, process);
        Ok(())
    })?;
    each(conn, "SELECT DISTINCT function_id FROM stats", |row| {
        known.observed.insert(FunctionId(row.get(0)?));
        Ok(())
    })?;
    known.span_function_count = span_function_rows::count(conn)?;
    each(conn, "SELECT function_id, count(*) FROM activations GROUP BY 1", |row| {
        let Unsigned(count) = row.get(1)?;
        known.row_counts.insert(FunctionId(row.get(0)?), count);
        Ok(())
    })?;
    Ok(known)
}

/// The types of the session, by number.
pub(crate) fn types(conn: &Connection) -> rusqlite::Result<Vec<TypeName>> {
    let mut types = Vec::new();
    each(conn, "SELECT type_id, module, qualname, mro FROM types ORDER BY type_id", |row| {
        expect_number(row, types.len())?;
        let mro: String = row.get(3)?;
        let mro = mro.split('\n').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        types.push(TypeName { module: row.get(1)?, qualname: row.get(2)?, mro });
        Ok(())
    })?;
    if types.is_empty() { Err(damage("no types")) } else { Ok(types) }
}

/// The functions of the session, by number.
pub(crate) fn functions(conn: &Connection) -> rusqlite::Result<Vec<Function>> {
    let sql = "SELECT function_id, module, qualname, line, file, parameters, kind
                 FROM functions ORDER BY function_id";
    let mut functions = Vec::new();
    each(conn, sql, |row| {
        expect_number(row, functions.len())?;
        let key = FunctionKey { module: row.get(1)?, qualname: row.get(2)?, line: row.get(3)? };
        let kind = FunctionKind::from_word(text(row, 6)?).ok_or_else(|| damage("unknown kind"))?;
        functions.push(Function { key, file: row.get(4)?, parameters: row.get(5)?, kind });
        Ok(())
    })?;
    if functions.is_empty() { Err(damage("no functions")) } else { Ok(functions) }
}

/// The signatures of the session, by number.
pub(crate) fn signatures(conn: &Connection) -> rusqlite::Result<Vec<Signature>> {
    let mut signatures = Vec::new();
    each(conn, "SELECT signature_id, type_ids FROM signatures ORDER BY signature_id", |row| {
        expect_number(row, signatures.len())?;
        signatures.push(signature(text(row, 1)?).ok_or_else(|| damage("bad signature"))?);
        Ok(())
    })?;
    Ok(signatures)
}

fn signature(type_ids: &str) -> Option<Signature> {
    let inner = type_ids.strip_prefix('[')?.strip_suffix(']')?;
    let ids = inner.split(',').filter(|id| !id.is_empty());
    ids.map(|id| id.parse().ok().map(TypeId)).collect()
}

/// The processes of the session in the order they were first folded, with their row numbers.
pub(crate) fn processes(conn: &Connection) -> rusqlite::Result<Vec<(i64, Process)>> {
    let mut counters: HashMap<i64, Vec<(Counter, u64)>> = HashMap::new();
    each(conn, "SELECT process_id, counter, value FROM counters", |row| {
        let Unsigned(value) = row.get(2)?;
        // A counter of a later version is not ours to interpret.
        if let Some(counter) = Counter::from_word(text(row, 1)?) {
            counters.entry(row.get(0)?).or_default().push((counter, value));
        }
        Ok(())
    })?;
    let budget = upgrade::version(conn)? >= BUDGET_SINCE;
    let own_cost_ns = if budget { "own_cost_ns" } else { "0" };
    let sql = format!(
        "SELECT process_id, pid, parent_pid, kernel_start_ticks, start_unix_ns, end_unix_ns,
                python_version, state, pid_namespace, call_cost_ps, {own_cost_ns}
           FROM processes ORDER BY process_id"
    );
    let mut processes = Vec::new();
    each(conn, &sql, |row| {
        let process_id = row.get(0)?;
        let mut counters = counters.remove(&process_id).unwrap_or_default();
        counters.sort_by_key(|(counter, _)| *counter as u8);
        processes.push((process_id, Process { counters, ..process(row)? }));
        Ok(())
    })?;
    Ok(processes)
}

fn process(row: &Row<'_>) -> rusqlite::Result<Process> {
    let (Unsigned(kernel_start_ticks), Unsigned(start_unix_ns)) = (row.get(3)?, row.get(4)?);
    let word = text(row, 7)?;
    let states = [
        ProcessState::Running,
        ProcessState::Finished,
        ProcessState::Ended,
        ProcessState::Detached,
    ];
    let state = states.into_iter().find(|state| state.as_str() == word);
    Ok(Process {
        pid: row.get(1)?,
        parent_pid: row.get(2)?,
        kernel_start_ticks,
        pid_namespace: row.get::<_, Unsigned>(8)?.0,
        call_cost_ps: row.get::<_, Unsigned>(9)?.0,
        own_cost_ns: row.get::<_, Unsigned>(10)?.0,
        start_unix_ns,
        end_unix_ns: row.get::<_, Option<Unsigned>>(5)?.map(|Unsigned(end)| end),
        python_version: row.get(6)?,
        state: state.ok_or_else(|| damage("unknown process state"))?,
        counters: Vec::new(),
    })
}

/// The newest activations of a function over all processes, newest first.
pub(crate) fn activations(
    conn: &Connection,
    function: FunctionId,
) -> rusqlite::Result<Vec<Activation>> {
    let sql =
        "SELECT sequence, caller_id, type_ids, type_id, is_exception, start_unix_ns, latency_ns
                 FROM activations JOIN signatures USING (signature_id)
                WHERE function_id = ?
                ORDER BY start_unix_ns DESC, sequence DESC, process_id DESC";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([function.0])?;
    let mut activations = Vec::new();
    while let Some(row) = rows.next()? {
        let type_id = TypeId(row.get(3)?);
        let (Unsigned(sequence), Unsigned(start_unix_ns)) = (row.get(0)?, row.get(5)?);
        let Unsigned(latency_ns) = row.get(6)?;
        activations.push(Activation {
            sequence,
            function,
            caller: FunctionId(row.get(1)?),
            args: signature(text(row, 2)?).ok_or_else(|| damage("bad signature"))?,
            outcome: if row.get(4)? {
                Outcome::Raised(type_id)
            } else {
                Outcome::Returned(type_id)
            },
            start_unix_ns,
            latency_ns,
            // `span_functions` tells.
            span_id: SpanId::NONE,
        });
    }
    Ok(activations)
}

/// The activations that are kept, with the process each belongs to, in no particular order.
pub(crate) fn all_activations(conn: &Connection) -> rusqlite::Result<Vec<(i64, Activation)>> {
    let signatures = signatures(conn)?;
    let sql = "SELECT sequence, caller_id, signature_id, type_id, is_exception, start_unix_ns,
                      latency_ns, function_id, process_id FROM activations";
    let mut activations = Vec::new();
    each(conn, sql, |row| {
        let type_id = TypeId(row.get(3)?);
        let (Unsigned(sequence), Unsigned(start_unix_ns)) = (row.get(0)?, row.get(5)?);
        let Unsigned(latency_ns) = row.get(6)?;
        let signature = signatures.get(row.get::<_, u32>(2)? as usize);
        let raised: bool = row.get(4)?;
        let activation = Activation {
            sequence,
            function: FunctionId(row.get(7)?),
            caller: FunctionId(row.get(1)?),
            args: signature.cloned().ok_or_else(|| damage("no signature"))?,
            outcome: if raised { Outcome::Raised(type_id) } else { Outcome::Returned(type_id) },
            start_unix_ns,
            latency_ns,
            // `span_functions` tells.
            span_id: SpanId::NONE,
        };
        activations.push((row.get(8)?, activation));
        Ok(())
    })?;
    Ok(activations)
}

/// Runs a query and hands every row on.
pub(crate) fn each(
    conn: &Connection,
    sql: &str,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

/// A text column without a copy.
pub(crate) fn text<'row>(row: &'row Row<'_>, column: usize) -> rusqlite::Result<&'row str> {
    Ok(row.get_ref(column)?.as_str()?)
}

/// The error for a content that no version of ours writes.
pub(crate) fn damage(what: &'static str) -> rusqlite::Error {
    FromSqlError::Other(what.into()).into()
}

/// Ids are indices: the first column must count from 0 without gaps.
fn expect_number(row: &Row<'_>, expected: usize) -> rusqlite::Result<()> {
    let number: i64 = row.get(0)?;
    if usize::try_from(number) == Ok(expected) { Ok(()) } else { Err(damage("missing number")) }
}
