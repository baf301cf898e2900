//! Files of older versions, before they are written to: what is missing is added, nothing is changed.
//!
//! Readers never upgrade; they ask [`version`] where it makes a difference.

use rusqlite::Connection;

use crate::schema::UPGRADES;

/// The schema version of a file.
pub(crate) fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings a file to the newest version, one version after the other, each completely or not at all.
pub(crate) fn upgrade(conn: &Connection) -> rusqlite::Result<()> {
    let found = version(conn)?;
    for (next, steps) in UPGRADES.iter().filter(|(next, _)| *next > found) {
        let sql = steps.concat();
        let mark =
            format!("UPDATE sessions SET schema_version = {next}; PRAGMA user_version = {next};");
        let done = conn.execute_batch(&format!("BEGIN IMMEDIATE; {sql} {mark} COMMIT;"));
        done.inspect_err(|_| {
            let _ = conn.execute_batch("ROLLBACK");
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::SCHEMA_VERSION;
    use crate::session_row;
    use crate::stage::{DEAD_PID, Stage, fib, snapshot};
    use crate::{SessionReader, recover};

    /// Takes away what came after the first version.
    const BACK_TO_1: &str = "DROP TABLE args_by_caller;
         DROP TABLE returns_by_caller;
         ALTER TABLE sessions DROP COLUMN name;
         ALTER TABLE sessions DROP COLUMN note;
         ALTER TABLE sessions DROP COLUMN kind;
         ALTER TABLE stats DROP COLUMN call_count_se;
         ALTER TABLE processes DROP COLUMN own_cost_ns;
         DROP TABLE span_rings;
         DROP TABLE span_counters;
         DROP TABLE spans;
         DROP TABLE routes;
         DROP TABLE statements;
         DROP TABLE flows;
         DROP TABLE span_functions;
         DROP TABLE call_tree_nodes;
         UPDATE sessions SET schema_version = 1;
         PRAGMA user_version = 1;";

    #[test]
    fn upgrades_lead_to_the_newest_version_one_by_one() {
        let versions: Vec<i64> = UPGRADES.iter().map(|(version, _)| *version).collect();
        assert_eq!(versions, (2..=SCHEMA_VERSION).collect::<Vec<_>>());
    }

    #[test]
    fn an_old_file_is_read_as_it_is_and_upgraded_when_written() {
        let mut stage = Stage::new("");
        drop(stage.writer());
        Connection::open(stage.path()).unwrap().execute_batch(BACK_TO_1).unwrap();
        let reader = SessionReader::open(&stage.data_dir, &stage.id).unwrap();
        assert_eq!(reader.session().name, None);
        assert_eq!(reader.recording().unwrap().profiles[0].args_by_caller, []);
        assert!(reader.call_tree().unwrap().is_empty());
        drop(reader);
        assert_eq!(version(&Connection::open(stage.path()).unwrap()), Ok(1));

        stage.folder = None;
        let _ = stage.ledger(DEAD_PID, 1, snapshot(DEAD_PID, fib(21)));
        recover(&stage.data_dir).unwrap();
        let conn = Connection::open(stage.path()).unwrap();
        assert_eq!(version(&conn), Ok(SCHEMA_VERSION));
        let schema = "SELECT name, sql FROM sqlite_schema WHERE name = 'sessions'";
        let columns: String = conn.query_row(schema, [], |row| row.get(1)).unwrap();
        assert!(columns.contains("note"), "{columns}");
        assert_eq!(session_row::read(&conn, &stage.id).unwrap().script, "app.py");
        assert_eq!(stage.query("SELECT count(*) FROM args_by_caller"), ["0"]);
        assert_eq!(stage.query("SELECT count(*) FROM call_tree_nodes"), ["0"]);
        assert_eq!(
            stage.query("SELECT schema_version FROM sessions"),
            [SCHEMA_VERSION.to_string()]
        );
    }
}
