//! The tables of a session file. `docs/session-file.md` explains them with examples.
//!
//! Ids are small integers that tables refer to each other by; they are the same for all processes
//! of a session. Per-process tables begin with `function_id`, because everything that is asked is
//! asked of one function over all processes.

use crate::call_tree_rows::{CALL_TREE, CALL_TREE_SINCE};
use crate::span_schema::{ROWS_KNOWN, SPANS, SPANS_SINCE};

/// Marks an `SQLite` file as a session file: `GHOS`.
pub const APPLICATION_ID: i32 = 0x4748_4F53;

/// Version of the tables below, in `PRAGMA user_version`.
///
/// * 1: first.
/// * 2: names and notes of sessions.
/// * 3: signatures and returned types by caller.
/// * 4: the standard error of calls, and what observing has taken.
/// * 5: spans, and what they add up to.
/// * 6: the call tree; of how many queries the rows are known.
/// * 7: how a session came to its program.
pub const SCHEMA_VERSION: i64 = 7;

/// What makes a file of the version before into one of this version, for each version after the
/// first. Only files that are still written to are upgraded.
pub(crate) const UPGRADES: [(i64, &[&str]); 6] = [
    (
        2,
        &["
ALTER TABLE sessions ADD COLUMN name TEXT;
ALTER TABLE sessions ADD COLUMN note TEXT;
"],
    ),
    (BY_CALLER_SINCE, &[BY_CALLER]),
    (
        BUDGET_SINCE,
        &["
ALTER TABLE stats ADD COLUMN call_count_se INTEGER NOT NULL DEFAULT 0;
ALTER TABLE processes ADD COLUMN own_cost_ns INTEGER NOT NULL DEFAULT 0;
"],
    ),
    (SPANS_SINCE, &[SPANS]),
    (CALL_TREE_SINCE, &[CALL_TREE, ROWS_KNOWN]),
    (KIND_SINCE, &["ALTER TABLE sessions ADD COLUMN kind TEXT NOT NULL DEFAULT 'started';"]),
];

/// Tables a session file must have, of any version.
pub(crate) const TABLES: [&str; 14] = [
    "sessions",
    "processes",
    "counters",
    "types",
    "signatures",
    "functions",
    "stats",
    "args",
    "returns",
    "yields",
    "exceptions",
    "handled",
    "callers",
    "activations",
];

/// The version with which `sessions.kind` came.
pub(crate) const KIND_SINCE: i64 = 7;

/// The version with which the numbers of a budget came.
pub(crate) const BUDGET_SINCE: i64 = 4;

/// The version with which [`BY_CALLER`] came.
pub(crate) const BY_CALLER_SINCE: i64 = 3;

/// Tables a session file must have from then on.
pub(crate) const TABLES_BY_CALLER: [&str; 2] = ["args_by_caller", "returns_by_caller"];

/// Who passed which types, and who received which. A new file gets them after [`SCHEMA`].
pub(crate) const BY_CALLER: &str = "
-- Calls per caller and signature: args and callers are the sums.
CREATE TABLE args_by_caller (
    function_id  INTEGER NOT NULL,
    process_id   INTEGER NOT NULL,
    caller_id    INTEGER NOT NULL,    -- function_id
    signature_id INTEGER NOT NULL,
    count        INTEGER NOT NULL,
    PRIMARY KEY (function_id, process_id, caller_id, signature_id)
) WITHOUT ROWID;

-- Returned values per caller and type: returns has the sums.
CREATE TABLE returns_by_caller (
    function_id INTEGER NOT NULL,
    process_id  INTEGER NOT NULL,
    caller_id   INTEGER NOT NULL,     -- function_id
    type_id     INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    PRIMARY KEY (function_id, process_id, caller_id, type_id)
) WITHOUT ROWID;
";

/// What a new file gets after [`SCHEMA`].
pub(crate) const LATER: [&str; 4] = [BY_CALLER, SPANS, CALL_TREE, ROWS_KNOWN];

/// Everything a new file is made with, but for [`LATER`].
pub(crate) const SCHEMA: &str = "
-- The one `ghost run` or `ghost attach` this file is about. One row.
CREATE TABLE sessions (
    session_id     TEXT NOT NULL,
    script_path    TEXT NOT NULL,     -- what was run, without its arguments
    pid            INTEGER NOT NULL,  -- of the program itself
    start_time     REAL NOT NULL,     -- seconds since 1970, for people
    end_time       REAL,              -- NULL while it runs
    total_events   INTEGER NOT NULL,  -- calls over all processes
    exit_code      INTEGER,           -- as a shell reports it: 128 + N for signal N
    state          TEXT NOT NULL,     -- running, finished, killed
    start_unix_ns  INTEGER NOT NULL,
    end_unix_ns    INTEGER,
    schema_version INTEGER NOT NULL,
    ghost_version  TEXT NOT NULL,
    name           TEXT,              -- what the user calls it; NULL: nothing
    note           TEXT,              -- what the user wrote about it; NULL: nothing
    kind           TEXT NOT NULL DEFAULT 'started' -- started or attached
);

-- One row per observed process image: an `exec` begins a new one.
CREATE TABLE processes (
    process_id         INTEGER PRIMARY KEY,
    ledger             TEXT NOT NULL UNIQUE, -- name of the ledger it wrote
    pid                INTEGER NOT NULL,
    parent_pid         INTEGER NOT NULL,
    kernel_start_ticks INTEGER NOT NULL,
    pid_namespace      INTEGER NOT NULL,     -- where these ids mean something; 0: not known
    start_unix_ns      INTEGER NOT NULL,
    end_unix_ns        INTEGER,
    python_version     TEXT NOT NULL,
    call_cost_ps       INTEGER NOT NULL,     -- of observing one call; 0: not measured
    state              TEXT NOT NULL,        -- running, finished, ended, detached
    call_count         INTEGER NOT NULL,
    last_sequence      INTEGER NOT NULL,     -- newest activation seen; 0 before the first
    activations_missed INTEGER NOT NULL,     -- overwritten before they were seen
    own_cost_ns        INTEGER NOT NULL DEFAULT 0 -- what observing has taken; 0: not measured
);

-- What the observer refused, lost or failed at, where it is not zero.
CREATE TABLE counters (
    process_id INTEGER NOT NULL,
    counter    TEXT NOT NULL,
    value      INTEGER NOT NULL,
    PRIMARY KEY (process_id, counter)
) WITHOUT ROWID;

CREATE TABLE types (
    type_id  INTEGER PRIMARY KEY,  -- 0: beyond the bound on types
    module   TEXT NOT NULL,
    qualname TEXT NOT NULL,
    mro      TEXT NOT NULL,        -- names of the method resolution order, one per line
    label    TEXT NOT NULL         -- short name, with its module where another type shares it
);

CREATE TABLE signatures (
    signature_id INTEGER PRIMARY KEY,
    type_ids     TEXT NOT NULL,    -- JSON array
    label        TEXT NOT NULL     -- (int, str)
);

CREATE TABLE functions (
    function_id INTEGER PRIMARY KEY,  -- 0: no Python caller
    fn_key      TEXT NOT NULL,        -- module:qualname:line
    module      TEXT NOT NULL,
    qualname    TEXT NOT NULL,
    line        INTEGER NOT NULL,
    file        TEXT NOT NULL,
    parameters  TEXT NOT NULL,
    kind        TEXT NOT NULL
);

-- Counts and times per function and process; external functions have no row.
CREATE TABLE stats (
    function_id     INTEGER NOT NULL,
    process_id      INTEGER NOT NULL,
    call_count      INTEGER NOT NULL,
    exception_count INTEGER NOT NULL,
    ended_count     INTEGER NOT NULL,
    latency_ns_sum  INTEGER NOT NULL,
    latency_ns_min  INTEGER NOT NULL,
    latency_ns_max  INTEGER NOT NULL,
    total_ns        INTEGER NOT NULL,
    self_ns         INTEGER NOT NULL,
    running_ns      INTEGER NOT NULL,
    latency_buckets TEXT NOT NULL,    -- JSON: bucket i holds durations up to 2^((i+1)/8) ns
    call_count_se   INTEGER NOT NULL DEFAULT 0, -- standard error of call_count; 0: exact
    PRIMARY KEY (function_id, process_id)
) WITHOUT ROWID;

CREATE TABLE args (
    function_id  INTEGER NOT NULL,
    process_id   INTEGER NOT NULL,
    signature_id INTEGER NOT NULL,
    count        INTEGER NOT NULL,
    PRIMARY KEY (function_id, process_id, signature_id)
) WITHOUT ROWID;

CREATE TABLE returns (
    function_id INTEGER NOT NULL,
    process_id  INTEGER NOT NULL,
    type_id     INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    PRIMARY KEY (function_id, process_id, type_id)
) WITHOUT ROWID;

CREATE TABLE yields (
    function_id INTEGER NOT NULL,
    process_id  INTEGER NOT NULL,
    type_id     INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    PRIMARY KEY (function_id, process_id, type_id)
) WITHOUT ROWID;

-- Exceptions that a handler of this function ended.
CREATE TABLE handled (
    function_id INTEGER NOT NULL,
    process_id  INTEGER NOT NULL,
    type_id     INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    PRIMARY KEY (function_id, process_id, type_id)
) WITHOUT ROWID;

-- Exceptions that left this function, and the function that caught them.
CREATE TABLE exceptions (
    function_id INTEGER NOT NULL,
    process_id  INTEGER NOT NULL,
    type_id     INTEGER NOT NULL,
    caught_by   INTEGER,              -- function_id; NULL while nobody has
    count       INTEGER NOT NULL
);
CREATE INDEX exceptions_of_function ON exceptions (function_id, process_id);

CREATE TABLE callers (
    function_id INTEGER NOT NULL,
    process_id  INTEGER NOT NULL,
    caller_id   INTEGER NOT NULL,     -- function_id
    count       INTEGER NOT NULL,
    PRIMARY KEY (function_id, process_id, caller_id)
) WITHOUT ROWID;

-- The latest ended activations of each function.
CREATE TABLE activations (
    function_id   INTEGER NOT NULL,
    process_id    INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,   -- rises within a process
    caller_id     INTEGER NOT NULL,
    signature_id  INTEGER NOT NULL,
    type_id       INTEGER NOT NULL,   -- returned or raised
    is_exception  INTEGER NOT NULL,
    start_unix_ns INTEGER NOT NULL,
    latency_ns    INTEGER NOT NULL,
    PRIMARY KEY (function_id, process_id, sequence)
) WITHOUT ROWID;

-- Every column that is a subquery costs nothing unless it is asked for.
CREATE VIEW profiles AS
SELECT f.fn_key,
       s.call_count,
       s.exception_count,
       ifnull(1.0 * s.exception_count / s.call_count, 0.0) AS exception_rate,
       s.latency_ns_sum / s.ended_count AS mean_latency_ns,
       s.min_latency_ns,
       s.max_latency_ns,
       (SELECT json_group_object(label, count)
          FROM (SELECT g.label, sum(a.count) AS count
                  FROM args a JOIN signatures g USING (signature_id)
                 WHERE a.function_id = f.function_id
                 GROUP BY g.label ORDER BY 2 DESC, 1)) AS arg_type_dist,
       (SELECT json_group_object(label, count)
          FROM (SELECT t.label, sum(r.count) AS count
                  FROM returns r JOIN types t USING (type_id)
                 WHERE r.function_id = f.function_id
                 GROUP BY t.label ORDER BY 2 DESC, 1)) AS ret_type_dist,
       (SELECT json_group_object(label, count)
          FROM (SELECT t.label, sum(y.count) AS count
                  FROM yields y JOIN types t USING (type_id)
                 WHERE y.function_id = f.function_id
                 GROUP BY t.label ORDER BY 2 DESC, 1)) AS yield_type_dist,
       (SELECT json_group_object(label, count)
          FROM (SELECT t.label, sum(e.count) AS count
                  FROM exceptions e JOIN types t USING (type_id)
                 WHERE e.function_id = f.function_id
                 GROUP BY t.label ORDER BY 2 DESC, 1)) AS exc_type_dist,
       (SELECT json_group_object(fn_key, count)
          FROM (SELECT c.fn_key, sum(k.count) AS count
                  FROM callers k JOIN functions c ON c.function_id = k.caller_id
                 WHERE k.function_id = f.function_id
                 GROUP BY c.fn_key ORDER BY 2 DESC, 1)) AS callers,
       s.total_ns, s.self_ns, s.running_ns, s.process_count,
       f.module, f.qualname, f.line, f.file, f.parameters, f.kind
  FROM functions f
  JOIN (SELECT function_id,
               count(*) AS process_count,
               sum(call_count) AS call_count,
               sum(exception_count) AS exception_count,
               sum(ended_count) AS ended_count,
               sum(latency_ns_sum) AS latency_ns_sum,
               min(CASE WHEN ended_count > 0 THEN latency_ns_min END) AS min_latency_ns,
               max(CASE WHEN ended_count > 0 THEN latency_ns_max END) AS max_latency_ns,
               sum(total_ns) AS total_ns,
               sum(self_ns) AS self_ns,
               sum(running_ns) AS running_ns
          FROM stats GROUP BY function_id) s USING (function_id);

CREATE VIEW events AS
SELECT f.fn_key,
       CASE a.is_exception WHEN 0 THEN 'return' ELSE 'exception' END AS event_type,
       g.label AS arg_types,
       CASE a.is_exception WHEN 0 THEN t.label END AS return_type,
       CASE a.is_exception WHEN 1 THEN t.label END AS exception_type,
       a.is_exception,
       a.start_unix_ns AS timestamp_ns,
       c.fn_key AS caller_key,
       a.latency_ns,
       p.pid AS process
  FROM activations a
  JOIN functions f USING (function_id)
  JOIN functions c ON c.function_id = a.caller_id
  JOIN signatures g USING (signature_id)
  JOIN types t USING (type_id)
  JOIN processes p USING (process_id);
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call_tree_rows::TABLES_OF_CALL_TREE;
    use crate::span_schema::TABLES_OF_SPANS;
    use rusqlite::Connection;

    fn columns(conn: &Connection, table: &str) -> Vec<String> {
        let statement = conn.prepare(&format!("SELECT * FROM {table}")).unwrap();
        statement.column_names().map(str::to_owned).collect()
    }

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(SCHEMA).unwrap();
        for sql in LATER {
            conn.execute_batch(sql).unwrap();
        }
        conn
    }

    fn tables() -> Vec<&'static str> {
        let later = TABLES_BY_CALLER.into_iter().chain(TABLES_OF_SPANS).chain(TABLES_OF_CALL_TREE);
        TABLES.into_iter().chain(later).collect()
    }

    #[test]
    fn every_table_is_listed() {
        let conn = database();
        let mut statement =
            conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap();
        let names: Vec<String> = names.map(Result::unwrap).collect();
        assert_eq!(names, {
            let mut expected = tables();
            expected.sort_by_key(|table| names.iter().position(|name| name == table));
            expected
        });
    }

    #[test]
    fn the_columns_of_the_reference_are_there() {
        let conn = database();
        let expected = [
            ("sessions", "session_id script_path pid start_time end_time total_events"),
            (
                "profiles",
                "fn_key call_count exception_count exception_rate mean_latency_ns \
                 min_latency_ns max_latency_ns arg_type_dist ret_type_dist",
            ),
            (
                "events",
                "fn_key event_type arg_types return_type is_exception timestamp_ns caller_key \
                 latency_ns process",
            ),
        ];
        for (table, names) in expected {
            let columns = columns(&conn, table);
            for name in names.split_whitespace() {
                assert!(columns.iter().any(|column| column == name), "{table}.{name}");
            }
        }
    }

    #[test]
    fn every_documented_column_exists() {
        let document = include_str!("../../../docs/session-file.md");
        let conn = database();
        let mut checked = 0;
        let mut table = "";
        for line in document.lines() {
            if let Some(name) = line.strip_prefix("### `").and_then(|rest| rest.split('`').next()) {
                table = name;
            } else if let Some(column) = line.strip_prefix("| `").and_then(|r| r.split('`').next())
            {
                assert!(
                    columns(&conn, table).iter().any(|name| name == column),
                    "{table}.{column}"
                );
                checked += 1;
            }
        }
        let views = ["profiles", "events"];
        let all = tables().into_iter().chain(views).map(|table| columns(&conn, table).len());
        assert_eq!(checked, all.sum::<usize>(), "columns without a line in docs/session-file.md");
    }

    #[test]
    fn the_documented_queries_run() {
        let document = include_str!("../../../docs/session-file.md");
        let conn = database();
        let queries: Vec<&str> = document
            .split("```sql\n")
            .skip(1)
            .filter_map(|rest| rest.split("```").next())
            .collect();
        assert!(queries.len() >= 5);
        for query in queries {
            conn.prepare(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        }
    }
}
