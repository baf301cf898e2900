//! One profile of one process as rows.
//!
//! Counts only grow, so rows are inserted or replaced. Those of exceptions are written anew: one
//! that is caught moves from "nobody" to its catcher, and one raised again takes back its handling.

use ghost_model::{FunctionId, FunctionKind, Profile, TypeId};
use rusqlite::{Connection, params};

use crate::fold::Change;
use crate::histogram_text;
use crate::interner::Interner;
use crate::unsigned::Unsigned;

/// Tables with rows of what a process counted.
const PROFILE_TABLES: [&str; 10] = [
    "stats",
    "args",
    "returns",
    "yields",
    "handled",
    "exceptions",
    "callers",
    "args_by_caller",
    "returns_by_caller",
    "call_tree_nodes",
];

const FORGET_EXCEPTIONS: [&str; 2] = [
    "DELETE FROM exceptions WHERE function_id = ? AND process_id = ?",
    "DELETE FROM handled WHERE function_id = ? AND process_id = ?",
];

/// Writes the totals of `function` in a process; ids are those of the session.
pub(crate) fn write(
    conn: &Connection,
    interner: &mut Interner,
    process_id: i64,
    function_id: FunctionId,
    change: &Change,
) -> rusqlite::Result<()> {
    let profile = &change.profile;
    if change.kind != FunctionKind::External {
        write_stats(conn, process_id, function_id, profile)?;
    }
    if change.had_exceptions {
        for sql in FORGET_EXCEPTIONS {
            conn.prepare_cached(sql)?.execute(params![function_id.0, process_id])?;
        }
    }
    let counted = Counted { conn, process_id, function_id };
    for (signature, count) in &profile.args {
        let id = interner.store_signature(conn, signature)?;
        counted.write("INSERT OR REPLACE INTO args VALUES (?, ?, ?, ?)", id, *count)?;
    }
    counted.write_types("INSERT OR REPLACE INTO returns VALUES (?, ?, ?, ?)", &profile.returns)?;
    counted.write_types("INSERT OR REPLACE INTO yields VALUES (?, ?, ?, ?)", &profile.yields)?;
    counted.write_types("INSERT OR REPLACE INTO handled VALUES (?, ?, ?, ?)", &profile.handled)?;
    for (caller, count) in &profile.callers {
        counted.write("INSERT OR REPLACE INTO callers VALUES (?, ?, ?, ?)", caller.0, *count)?;
    }
    for ((caller, signature), count) in &profile.args_by_caller {
        let id = interner.store_signature(conn, signature)?;
        let sql = "INSERT OR REPLACE INTO args_by_caller VALUES (?, ?, ?, ?, ?)";
        counted.write_pair(sql, *caller, id, *count)?;
    }
    for ((caller, class), count) in &profile.returns_by_caller {
        let sql = "INSERT OR REPLACE INTO returns_by_caller VALUES (?, ?, ?, ?, ?)";
        counted.write_pair(sql, *caller, class.0, *count)?;
    }
    write_exceptions(conn, process_id, function_id, profile)
}

/// The two numbers every row of a count begins with.
struct Counted<'a> {
    conn: &'a Connection,
    process_id: i64,
    function_id: FunctionId,
}

impl Counted<'_> {
    fn write(&self, sql: &str, key: u32, count: u64) -> rusqlite::Result<()> {
        let values = params![self.function_id.0, self.process_id, key, Unsigned(count)];
        self.conn.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    fn write_pair(
        &self,
        sql: &str,
        caller: FunctionId,
        key: u32,
        count: u64,
    ) -> rusqlite::Result<()> {
        let values = params![self.function_id.0, self.process_id, caller.0, key, Unsigned(count)];
        self.conn.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    fn write_types(&self, sql: &str, counts: &[(TypeId, u64)]) -> rusqlite::Result<()> {
        counts.iter().try_for_each(|(id, count)| self.write(sql, id.0, *count))
    }
}

fn write_stats(
    conn: &Connection,
    process_id: i64,
    function_id: FunctionId,
    profile: &Profile,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO stats VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    conn.prepare_cached(sql)?.execute(params![
        function_id.0,
        process_id,
        Unsigned(profile.call_count()),
        Unsigned(profile.exception_count()),
        Unsigned(profile.ended_count()),
        Unsigned(profile.latency_ns_sum),
        Unsigned(profile.latency_ns_min),
        Unsigned(profile.latency_ns_max),
        Unsigned(profile.total_ns),
        Unsigned(profile.self_ns),
        Unsigned(profile.running_ns),
        histogram_text::to_text(&profile.latency),
        Unsigned(profile.call_count_se),
    ])?;
    Ok(())
}

fn write_exceptions(
    conn: &Connection,
    process_id: i64,
    function_id: FunctionId,
    profile: &Profile,
) -> rusqlite::Result<()> {
    let mut insert = conn.prepare_cached("INSERT INTO exceptions VALUES (?, ?, ?, ?, ?)")?;
    for exception in &profile.exceptions {
        insert.execute(params![
            function_id.0,
            process_id,
            exception.exception.0,
            exception.caught_by.map(|id| id.0),
            Unsigned(exception.count),
        ])?;
    }
    Ok(())
}

/// Removes what a process has, for when it is not known which of it still holds.
pub(crate) fn clear(conn: &Connection, process_id: i64) -> rusqlite::Result<()> {
    for table in PROFILE_TABLES {
        conn.execute(&format!("DELETE FROM {table} WHERE process_id = ?"), [process_id])?;
    }
    Ok(())
}
