//! Everything that is kept of each session, readable or not, and what it takes up.
//!
//! Unlike [`crate::SessionIndex`] it also finds what has no session file any more: run folders left
//! behind, logs and displaced files. Changes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ghost_model::{Session, SessionId};

use crate::data_dir::DataDir;
use crate::removal::is_in_use;
use crate::session_reader::SessionReader;
use crate::store_error::StoreError;

/// What is kept of one session.
#[derive(Debug)]
pub struct Holding {
    /// Its id.
    pub id: SessionId,
    /// What its file says, or why it cannot be read.
    pub session: Result<Session, StoreError>,
    /// Whether its `ghost run` or one of its processes is still there.
    pub is_running: bool,
    /// Bytes of all its files.
    pub bytes: u64,
    /// When any of them was last written, nanoseconds since the Unix epoch; 0 where nobody can tell.
    pub modified_unix_ns: u64,
}

/// All sessions and remains of sessions, newest first.
pub fn inventory(data_dir: &DataDir) -> Result<Vec<Holding>, StoreError> {
    let mut files: BTreeMap<SessionId, Vec<PathBuf>> = BTreeMap::new();
    for path in entries(&data_dir.sessions_dir())? {
        if let Some(id) = id_before(&path, ".db") {
            files.entry(id).or_default().push(path);
        }
    }
    for path in entries(&data_dir.runs_dir())? {
        if let Some(id) = id_before(&path, "") {
            files.entry(id).or_default().extend(entries(&path)?.into_iter().chain([path]));
        }
    }
    let holding = |(id, files): (SessionId, Vec<PathBuf>)| Holding::of(data_dir, id, &files);
    Ok(files.into_iter().rev().map(holding).collect())
}

impl Holding {
    fn of(data_dir: &DataDir, id: SessionId, files: &[PathBuf]) -> Self {
        // Asked before reading: what begins in between is newer than any limit.
        let is_running = is_in_use(data_dir, &id);
        let session = SessionReader::open(data_dir, &id).map(|reader| reader.session().clone());
        let found = || files.iter().filter_map(|path| fs::symlink_metadata(path).ok());
        Self {
            id,
            session,
            is_running,
            bytes: found().filter(fs::Metadata::is_file).map(|file| file.len()).sum(),
            modified_unix_ns: found().map(|file| modified_unix_ns(&file)).max().unwrap_or(0),
        }
    }
}

pub(crate) fn modified_unix_ns(found: &fs::Metadata) -> u64 {
    let seconds = u64::try_from(found.mtime()).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(found.mtime_nsec().cast_unsigned())
}

/// The files of a session file at `path`: itself, its logs, and what was displaced by it.
pub(crate) fn files_of(path: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let Some((folder, name)) = path.parent().zip(path.file_name()) else { return Ok(Vec::new()) };
    let belongs = |other: &PathBuf| {
        other
            .file_name()
            .is_some_and(|other| other.as_encoded_bytes().starts_with(name.as_encoded_bytes()))
    };
    Ok(entries(folder)?.into_iter().filter(belongs).collect())
}

pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries.flatten().map(|entry| entry.path()).collect()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(StoreError::io("read", folder)(error)),
    }
}

/// The id a name begins with, where `ending` follows it.
fn id_before(path: &Path, ending: &str) -> Option<SessionId> {
    let name = path.file_name()?.to_str()?;
    if ending.is_empty() {
        return name.parse().ok();
    }
    name.split_once(ending)?.0.parse().ok()
}
