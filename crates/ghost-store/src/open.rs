//! Opening session files: read-only and distrustful for readers, private and in WAL for the writer.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::call_tree_rows::{CALL_TREE_SINCE, TABLES_OF_CALL_TREE};
use crate::data_dir::create_private_file;
use crate::schema::{
    APPLICATION_ID, BY_CALLER_SINCE, LATER, SCHEMA, SCHEMA_VERSION, TABLES, TABLES_BY_CALLER,
};
use crate::span_schema::{SPANS_SINCE, TABLES_OF_SPANS};
use crate::store_error::StoreError;
use crate::upgrade;

/// How long to wait for another program's lock; a fold that fails is tried again later anyway.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// Half of what `SQLite` would choose: a file has about twenty tables and indexes, each at least a
/// page, and most sessions are small.
const PAGE_BYTES: u32 = 2048;

/// Prepared statements kept; the writer uses about thirty.
const STATEMENTS_KEPT: usize = 48;

/// Opens a session file for reading. Never changes it, and believes nothing in it.
pub(crate) fn read_only(path: &Path) -> Result<Connection, StoreError> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        Err(error) => return Err(StoreError::io("read", path)(error)),
        Ok(_) => {}
    }
    match try_read_only(path, "mode=ro") {
        // In a folder that cannot be written, a file left in WAL mode opens only as unchanging;
        // with a log beside it that would hide the log's content.
        Err(StoreError::Unusable { .. }) if !has_log(path) => {
            try_read_only(path, "mode=ro&immutable=1")
        }
        result => result,
    }
}

fn try_read_only(path: &Path, mode: &str) -> Result<Connection, StoreError> {
    let fail = StoreError::sql(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(uri(path, mode), flags).map_err(&fail)?;
    conn.busy_timeout(LOCK_WAIT).map_err(&fail)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    let guard = || -> rusqlite::Result<()> {
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        conn.execute_batch(
            "PRAGMA query_only = ON; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;
             PRAGMA temp_store = MEMORY;",
        )
    };
    guard().map_err(&fail)?;
    check_format(&conn, path)?;
    Ok(conn)
}

/// Opens an existing session file for writing.
pub(crate) fn writable(path: &Path) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing { path: path.to_owned() });
    }
    let fail = StoreError::sql(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(&fail)?;
    conn.busy_timeout(LOCK_WAIT).map_err(&fail)?;
    check_format(&conn, path)?;
    use_log(&conn).map_err(&fail)?;
    upgrade::upgrade(&conn).map_err(&fail)?;
    Ok(conn)
}

/// Makes a new session file; fails where one exists.
pub(crate) fn create(path: &Path) -> Result<Connection, StoreError> {
    // SQLite would make it readable for everybody; its log takes over the mode of the file.
    match create_private_file(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(StoreError::Exists { path: path.to_owned() });
        }
        result => drop(result.map_err(StoreError::io("make", path))?),
    }
    let made = fill(path);
    if made.is_err() {
        // Half a file of ours would only be reported as damaged later.
        let _ = fs::remove_file(path);
    }
    made
}

fn fill(path: &Path) -> Result<Connection, StoreError> {
    let fail = StoreError::sql(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(&fail)?;
    conn.busy_timeout(LOCK_WAIT).map_err(&fail)?;
    conn.pragma_update(None, "page_size", PAGE_BYTES).map_err(&fail)?;
    // The program waits for this: nothing is lost with an empty file when the power fails.
    conn.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL;").map_err(&fail)?;
    let header = format!(
        "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"
    );
    conn.execute_batch(&format!("BEGIN; {header} {SCHEMA} {} COMMIT;", LATER.concat()))
        .map_err(&fail)?;
    use_log(&conn).map_err(&fail)?;
    Ok(conn)
}

fn use_log(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;",
    )
}

/// Closes the writer's connection and leaves one plain file, which can be copied and read anywhere.
pub(crate) fn close_plain(conn: Connection) -> rusqlite::Result<()> {
    tidy_up(&conn, "PRAGMA optimize");
    tidy_up(&conn, "PRAGMA wal_checkpoint(TRUNCATE)");
    // Refused while somebody reads; the file then stays in WAL mode, which is as good.
    let _ = conn.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()));
    conn.close().map_err(|(_, error)| error)
}

/// Does what may fail without harm: whoever opens the file next finds everything in its log.
fn tidy_up(conn: &Connection, sql: &str) {
    let done = conn.prepare(sql).and_then(|mut statement| {
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        Ok(())
    });
    if let Err(error) = done {
        tracing::warn!(%error, sql, "cannot tidy up a session file");
    }
}

/// Refuses what is no session file, or a newer one than this version understands.
fn check_format(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let fail = StoreError::sql(path);
    let number = |pragma: &str| conn.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let application_id = number("PRAGMA application_id").map_err(&fail)?;
    if application_id != i64::from(APPLICATION_ID) {
        return Err(StoreError::NotASession { path: path.to_owned() });
    }
    let found = number("PRAGMA user_version").map_err(&fail)?;
    if found > SCHEMA_VERSION {
        let supported = SCHEMA_VERSION;
        return Err(StoreError::Newer { path: path.to_owned(), found, supported });
    }
    // A view in place of a table could make a query run for ever.
    let mut statement = conn
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '% VIRTUAL %'",
        )
        .map_err(&fail)?;
    let names = statement.query_map([], |row| row.get(0)).map_err(&fail)?;
    let names: Vec<String> = names.collect::<Result<_, _>>().map_err(&fail)?;
    let later = if found < BY_CALLER_SINCE { &[][..] } else { &TABLES_BY_CALLER };
    let of_spans = if found < SPANS_SINCE { &[][..] } else { &TABLES_OF_SPANS };
    let of_call_tree = if found < CALL_TREE_SINCE { &[][..] } else { &TABLES_OF_CALL_TREE };
    if TABLES
        .iter()
        .chain(later)
        .chain(of_spans)
        .chain(of_call_tree)
        .all(|table| names.iter().any(|name| name == table))
    {
        Ok(())
    } else {
        Err(StoreError::Damaged { path: path.to_owned(), detail: "tables are missing".to_owned() })
    }
}

/// The write-ahead log that belongs to a session file.
pub(crate) fn log_of(path: &Path) -> PathBuf {
    suffixed(path, "-wal")
}

pub(crate) fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Whether something is in it.
pub(crate) fn has_log(path: &Path) -> bool {
    fs::metadata(log_of(path)).is_ok_and(|log| log.len() > 0)
}

/// A `file:` URI of a path with any bytes in it.
fn uri(path: &Path, mode: &str) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt;
    let mut text = String::from("file:");
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    format!("{text}?{mode}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    fn made(name: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        (folder, path)
    }

    #[test]
    fn a_new_file_is_private_and_so_is_its_log() {
        let (_folder, path) = made("a.db");
        let _open = create(&path).unwrap();
        for file in [path.clone(), log_of(&path)] {
            assert_eq!(fs::metadata(file).unwrap().mode() & 0o777, 0o600);
        }
        assert!(matches!(create(&path), Err(StoreError::Exists { .. })));
    }

    #[test]
    fn a_path_with_odd_bytes_opens() {
        let (_folder, path) = made("a?b#%2e c.db");
        close_plain(create(&path).unwrap()).unwrap();
        let conn = read_only(&path).unwrap();
        assert!(conn.execute("DELETE FROM types", []).is_err());
    }

    #[test]
    fn what_is_no_session_file_is_refused_by_kind() {
        let (_folder, path) = made("a.db");
        assert!(matches!(read_only(&path), Err(StoreError::Missing { .. })));
        fs::write(&path, "no database, and long enough to have a header ".repeat(40)).unwrap();
        assert!(matches!(read_only(&path), Err(StoreError::Damaged { .. })));
        fs::remove_file(&path).unwrap();
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
        assert!(matches!(read_only(&path), Err(StoreError::NotASession { .. })));
    }

    #[test]
    fn a_newer_file_is_refused_and_an_impostor_table_too() {
        let (_folder, path) = made("a.db");
        let conn = create(&path).unwrap();
        conn.execute_batch("PRAGMA user_version = 99").unwrap();
        assert!(matches!(read_only(&path), Err(StoreError::Newer { found: 99, .. })));
        conn.execute_batch("PRAGMA user_version = 1; DROP TABLE types").unwrap();
        conn.execute_batch("CREATE VIEW types AS SELECT 1").unwrap();
        assert!(matches!(read_only(&path), Err(StoreError::Damaged { .. })));
    }
}
