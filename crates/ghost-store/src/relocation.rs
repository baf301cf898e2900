//! Whether the file being written is still the one at its path.
//!
//! Somebody may delete, move or replace a session file (or its log) under the writer. `SQLite` would
//! go on writing into files nobody can see; the writer looks before each fold instead.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::open;
use crate::store_error::StoreError;

/// Device, inode and length of a session file and its log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    file: Option<Found>,
    log: Option<Found>,
}

#[derive(Clone, Copy, Debug)]
struct Found {
    inode: (u64, u64),
    length: u64,
}

impl Place {
    /// What lies at `path` now. Only asks for metadata: opening and closing the file in this
    /// process would cancel the locks `SQLite` holds on it.
    pub(crate) fn of(path: &Path) -> Self {
        let found = |path: &Path| {
            let found = fs::metadata(path).ok()?;
            Some(Found { inode: (found.dev(), found.ino()), length: found.len() })
        };
        Self { file: found(path), log: found(&open::log_of(path)) }
    }

    /// Whether `now` is the same file and log, neither of them cut short.
    pub(crate) fn still_holds(&self, now: &Self) -> bool {
        let holds = |was: Option<Found>, now: Option<Found>| match (was, now) {
            (Some(was), Some(now)) => was.inode == now.inode && was.length <= now.length,
            (was, _) => was.is_none(),
        };
        holds(self.file, now.file) && holds(self.log, now.log)
    }

    /// Bytes of the log.
    pub(crate) fn log_length(&self) -> u64 {
        self.log.map_or(0, |log| log.length)
    }

    /// Takes over the lengths after a write; neither file shrinks while it is open.
    pub(crate) fn grow(&mut self, now: &Self) {
        if self.still_holds(now) {
            *self = *now;
        }
    }
}

/// Saves what the open but displaced file holds into a new file at its path.
///
/// The descriptors of a deleted file still read, so nothing is lost unless it was overwritten;
/// then the error says so. Whatever lies at the path now is kept beside it.
pub(crate) fn rescue(conn: Connection, path: &Path) -> Result<(), StoreError> {
    let copy = open::suffixed(path, ".rescued");
    let _ = fs::remove_file(&copy);
    drop(crate::data_dir::create_private_file(&copy).map_err(StoreError::io("make", &copy))?);
    let target = copy.to_string_lossy().into_owned();
    let copied = conn.execute("VACUUM INTO ?", [&target]).map_err(StoreError::sql(path));
    // Closing deletes the log at the path by name, so it must come before the new file does.
    drop(conn);
    if let Err(error) = copied {
        let _ = fs::remove_file(&copy);
        return Err(error);
    }
    move_away(path)?;
    fs::rename(&copy, path).map_err(StoreError::io("restore", path))
}

/// Moves a file (and its log) that must not be written to a name beside it.
pub(crate) fn move_away(path: &Path) -> Result<Option<PathBuf>, StoreError> {
    if !path.exists() {
        for leftover in ["-wal", "-shm"] {
            let _ = fs::remove_file(open::suffixed(path, leftover));
        }
        return Ok(None);
    }
    let mut number = 0;
    let mut kept = open::suffixed(path, ".displaced");
    while kept.exists() {
        number += 1;
        kept = open::suffixed(path, &format!(".displaced-{number}"));
    }
    fs::rename(path, &kept).map_err(StoreError::io("move away", path))?;
    for part in ["-wal", "-shm"] {
        let _ = fs::rename(open::suffixed(path, part), open::suffixed(&kept, part));
    }
    Ok(Some(kept))
}
