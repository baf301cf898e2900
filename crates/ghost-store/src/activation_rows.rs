//! Sampled activations as rows: each inserted once, the newest of each function kept.
//!
//! The sequence numbers of a process rise by one from 1; a number that never arrives was
//! overwritten in the ring before it was seen.

use std::collections::HashMap;

use ghost_model::{Activation, FunctionId, Outcome, Signature, TypeId};
use rusqlite::{Connection, params};

use crate::interner::Interner;
use crate::run_folder::EventsKept;
use crate::unsigned::Unsigned;

/// How many rows each function has, so that only those with too many are trimmed.
pub(crate) type RowCounts = HashMap<FunctionId, u64>;

/// Where a process's ids and its stream of activations stand.
pub(crate) struct Stream<'a> {
    pub(crate) process_id: i64,
    pub(crate) types: &'a [TypeId],
    pub(crate) functions: &'a [FunctionId],
    /// Newest sequence number seen so far; 0 before the first.
    pub(crate) last_sequence: u64,
}

/// What became of the activations of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Arrived {
    pub(crate) last_sequence: u64,
    /// Numbers that were skipped.
    pub(crate) missed: u64,
    /// Whether a row was written.
    pub(crate) stored: bool,
}

/// Stores what arrived since the last time. `activations` are oldest first.
pub(crate) fn write(
    conn: &Connection,
    interner: &mut Interner,
    counts: &mut RowCounts,
    stream: &Stream<'_>,
    activations: &[Activation],
    kept: EventsKept,
) -> rusqlite::Result<Arrived> {
    let new = since(activations, stream.last_sequence);
    let Some(last) = new.last() else {
        return Ok(Arrived { last_sequence: stream.last_sequence, ..Arrived::default() });
    };
    let arrived = Arrived {
        last_sequence: last.sequence,
        missed: (last.sequence - stream.last_sequence).saturating_sub(new.len() as u64),
        stored: false,
    };
    let limit = match kept {
        EventsKept::Nothing => return Ok(arrived),
        EventsKept::Everything => u64::MAX,
        EventsKept::PerFunction(limit) => u64::from(limit),
    };
    let newest = newest_per_function(new, limit);
    let mut added = RowCounts::new();
    for activation in &newest {
        insert(conn, interner, stream, activation)?;
        *added.entry(function_of(stream, activation.function)).or_default() += 1;
    }
    for (function, added) in added {
        let count = counts.entry(function).or_default();
        *count += added;
        if *count > limit {
            trim(conn, function, limit)?;
            *count = limit;
        }
    }
    Ok(Arrived { stored: !newest.is_empty(), ..arrived })
}

/// What arrived after `last_sequence`. `activations` are oldest first.
pub(crate) fn since(activations: &[Activation], last_sequence: u64) -> &[Activation] {
    &activations[activations.partition_point(|a| a.sequence <= last_sequence)..]
}

/// The newest `limit` of each function, so that no row is written only to be trimmed.
fn newest_per_function(activations: &[Activation], limit: u64) -> Vec<&Activation> {
    let mut seen: HashMap<FunctionId, u64> = HashMap::new();
    let mut newest: Vec<&Activation> = activations
        .iter()
        .rev()
        .filter(|activation| {
            let count = seen.entry(activation.function).or_default();
            *count += 1;
            *count <= limit
        })
        .collect();
    newest.reverse();
    newest
}

pub(crate) fn function_of(stream: &Stream<'_>, id: FunctionId) -> FunctionId {
    stream.functions.get(id.index()).copied().unwrap_or(FunctionId::ROOT)
}

fn insert(
    conn: &Connection,
    interner: &mut Interner,
    stream: &Stream<'_>,
    activation: &Activation,
) -> rusqlite::Result<()> {
    let type_of = |id: TypeId| stream.types.get(id.index()).copied().unwrap_or(TypeId::OVERFLOW);
    let signature: Signature = activation.args.iter().map(|id| type_of(*id)).collect();
    let signature_id = interner.store_signature(conn, &signature)?;
    let (type_id, is_exception) = match activation.outcome {
        Outcome::Returned(id) => (type_of(id), false),
        Outcome::Raised(id) => (type_of(id), true),
    };
    let sql = "INSERT OR REPLACE INTO activations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    conn.prepare_cached(sql)?.execute(params![
        function_of(stream, activation.function).0,
        stream.process_id,
        Unsigned(activation.sequence),
        function_of(stream, activation.caller).0,
        signature_id,
        type_id.0,
        is_exception,
        Unsigned(activation.start_unix_ns),
        Unsigned(activation.latency_ns),
    ])?;
    Ok(())
}

/// Removes all but the newest `limit` rows of a function, over all processes.
fn trim(conn: &Connection, function: FunctionId, limit: u64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM activations WHERE function_id = ?1 AND (process_id, sequence) IN (
                   SELECT process_id, sequence FROM activations WHERE function_id = ?1
                    ORDER BY start_unix_ns DESC, sequence DESC, process_id DESC
                    LIMIT -1 OFFSET ?2)";
    conn.prepare_cached(sql)?.execute(params![function.0, Unsigned(limit)])?;
    Ok(())
}
