//! How large all session files are, and how many flows are in them: two numbers that are asked for
//! again and again, so that a file is opened anew only after it changed.
//!
//! One unreadable file does not hide the others. Nothing is kept between two programs.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use ghost_model::SessionId;
use rusqlite::Connection;

use crate::data_dir::DataDir;
use crate::open;
use crate::session_index::SessionIndex;
use crate::span_schema::SPANS_SINCE;
use crate::store_error::StoreError;
use crate::upgrade;

/// The numbers of all sessions together.
#[derive(Debug, Default)]
pub struct HoldingsSize {
    /// `page_count × page_size` over all session files: what is in them, without logs.
    pub db_size_bytes: u64,
    /// `SELECT count(*) FROM flows` over all session files.
    pub flow_count: u64,
    /// Sessions that could not be read, and are not in the numbers.
    pub unreadable: Vec<(SessionId, StoreError)>,
}

/// Keeps what it read of files that did not change.
#[derive(Debug, Default)]
pub struct HoldingsMeter {
    known: HashMap<SessionId, Measured>,
}

#[derive(Clone, Copy, Debug)]
struct Measured {
    stamp: Stamp,
    bytes: u64,
    flows: u64,
}

/// Length and time of a file and its log; tells one content from another.
type Stamp = [Option<(u64, SystemTime)>; 2];

impl HoldingsMeter {
    /// The numbers of this moment. An error means that the sessions cannot even be listed.
    pub fn read(&mut self, data_dir: &DataDir) -> Result<HoldingsSize, StoreError> {
        let index = SessionIndex::read(data_dir)?;
        let mut size = HoldingsSize::default();
        let mut known = HashMap::new();
        for id in index.ids() {
            let path = data_dir.session_path(id);
            match self.measure(id, &path) {
                Ok(measured) => {
                    size.db_size_bytes = size.db_size_bytes.saturating_add(measured.bytes);
                    size.flow_count = size.flow_count.saturating_add(measured.flows);
                    known.insert(id.clone(), measured);
                }
                // Removed since it was listed.
                Err(StoreError::Missing { .. }) => {}
                Err(error) => size.unreadable.push((id.clone(), error)),
            }
        }
        self.known = known;
        Ok(size)
    }

    fn measure(&self, id: &SessionId, path: &Path) -> Result<Measured, StoreError> {
        // Before reading: what is written in between makes the next stamp a different one.
        let stamp = [stamp(path), stamp(&open::log_of(path))];
        if let Some(measured) = self.known.get(id).filter(|known| known.stamp == stamp) {
            return Ok(*measured);
        }
        let conn = open::read_only(path)?;
        let (bytes, flows) = numbers(&conn).map_err(StoreError::sql(path))?;
        Ok(Measured { stamp, bytes, flows })
    }
}

fn stamp(path: &Path) -> Option<(u64, SystemTime)> {
    let found = fs::metadata(path).ok()?;
    Some((found.len(), found.modified().ok()?))
}

fn numbers(conn: &Connection) -> rusqlite::Result<(u64, u64)> {
    let number = |sql: &str| {
        conn.query_row(sql, [], |row| row.get::<_, i64>(0)).map(|value| value.max(0) as u64)
    };
    let bytes = number("PRAGMA page_count")?.saturating_mul(number("PRAGMA page_size")?);
    let has_flows = upgrade::version(conn)? >= SPANS_SINCE;
    Ok((bytes, if has_flows { number("SELECT count(*) FROM flows")? } else { 0 }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{Stage, end};
    use ghost_model::SessionState;

    fn finished() -> Stage {
        let mut stage = Stage::new("");
        stage.writer().finish(end(SessionState::Finished)).unwrap();
        stage.folder = None;
        stage
    }

    #[test]
    fn the_size_is_that_of_the_pages_and_flows_are_rows() {
        let stage = finished();
        let mut meter = HoldingsMeter::default();
        let size = meter.read(&stage.data_dir).unwrap();
        assert_eq!(size.db_size_bytes, fs::metadata(stage.path()).unwrap().len());
        assert_eq!((size.flow_count, size.unreadable.len()), (0, 0));
        let columns = "ring_id, host, port, method, request_count, error_count, duration_ns_sum,
             duration_ns_max, duration_buckets";
        let conn = Connection::open(stage.path()).unwrap();
        for host in ["a", "b"] {
            let row = format!("VALUES (1, '{host}', 80, 'GET', 5, 0, 0, 0, '{{}}')");
            conn.execute(&format!("INSERT INTO flows ({columns}) {row}"), []).unwrap();
        }
        assert_eq!(meter.read(&stage.data_dir).unwrap().flow_count, 2);
    }

    #[test]
    fn an_unchanged_file_is_not_opened_again() {
        let stage = finished();
        let mut meter = HoldingsMeter::default();
        meter.read(&stage.data_dir).unwrap();
        meter.known.values_mut().for_each(|known| known.bytes = 7);
        assert_eq!(meter.read(&stage.data_dir).unwrap().db_size_bytes, 7);
    }

    #[test]
    fn an_unreadable_file_is_told_and_the_others_count() {
        let stage = finished();
        let other = stage.data_dir.sessions_dir().join("1-00000001.db");
        fs::write(other, "no database").unwrap();
        let size = HoldingsMeter::default().read(&stage.data_dir).unwrap();
        assert!(size.db_size_bytes > 0);
        assert_eq!(size.unreadable.len(), 1);
    }

    #[test]
    fn no_folder_is_nothing() {
        let size = HoldingsMeter::default().read(&DataDir::new("/nonexistent/ghost".into()));
        assert_eq!(size.unwrap().db_size_bytes, 0);
    }
}
