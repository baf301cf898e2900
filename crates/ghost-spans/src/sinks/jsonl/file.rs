//! The file that is being written to: appending, noticing that it was replaced, cutting off a torn line.
//!
//! Its owner holds a lock on it while it lives, which tells a file in use from one left behind.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, OFlags, flock};

/// How much is read at once when the end of the last line is looked for.
const TAIL_BYTES: u64 = 4096;

/// See the top of this file.
#[derive(Debug)]
pub(super) struct ActiveFile {
    file: File,
    path: PathBuf,
    /// Complete lines.
    bytes: u64,
    opened: Instant,
}

/// How far an attempt to append came.
#[derive(Debug)]
pub(super) struct Appended {
    pub(super) written: usize,
    pub(super) error: Option<io::Error>,
}

impl ActiveFile {
    /// Opens or makes a file that nobody else writes to, and cuts off a torn last line. `None` where
    /// somebody does.
    pub(super) fn open(path: &Path) -> io::Result<Option<Self>> {
        let Some(file) = open_locked(path, true)? else { return Ok(None) };
        let bytes = repair(&file)?;
        let active = Self { file, path: path.to_owned(), bytes, opened: Instant::now() };
        // It may have been renamed between opening and locking.
        Ok(active.still_in_place())
    }

    /// Repairs a file whose owner is gone.
    pub(super) fn repair_left_behind(path: &Path) -> io::Result<()> {
        match open_locked(path, false)? {
            Some(file) => repair(&file).map(drop),
            None => Ok(()),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    /// Appends complete lines.
    pub(super) fn append(&mut self, text: &[u8]) -> Appended {
        let mut written = 0;
        while written < text.len() {
            match self.file.write(&text[written..]) {
                Ok(0) => return Appended { written, error: Some(ErrorKind::WriteZero.into()) },
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Appended { written, error: Some(error) },
            }
        }
        self.bytes += written as u64;
        Appended { written, error: None }
    }

    /// After a failed append: keeps the complete lines of it. `None` where that fails too.
    pub(super) fn cut_torn(mut self, complete_bytes: u64) -> Option<Self> {
        self.bytes += complete_bytes;
        self.file.set_len(self.bytes).ok().map(|()| self)
    }

    /// The file itself, unless it was moved away or removed: then its place is free for a new one.
    pub(super) fn still_in_place(mut self) -> Option<Self> {
        let at_path = std::fs::symlink_metadata(&self.path).ok()?;
        let ours = self.file.metadata().ok()?;
        let is_same = (at_path.dev(), at_path.ino()) == (ours.dev(), ours.ino());
        // Somebody may have emptied it.
        self.bytes = self.bytes.min(ours.len());
        is_same.then_some(self)
    }
}

/// Opens a file that nobody else holds the lock of. Links are not followed: the folder may be shared.
fn open_locked(path: &Path, make: bool) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(make).mode(0o600);
    options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        // Some file systems have no locks; the name is still this process' own.
        _ => Ok(Some(file)),
    }
}

/// Cuts off what follows the last end of line; returns what is left.
fn repair(mut file: &File) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let mut end = length;
    let mut tail = Vec::new();
    while end > 0 {
        let begin = end.saturating_sub(TAIL_BYTES);
        file.seek(SeekFrom::Start(begin))?;
        tail.clear();
        file.take(end - begin).read_to_end(&mut tail)?;
        if let Some(last) = tail.iter().rposition(|byte| *byte == b'\n') {
            end = begin + last as u64 + 1;
            break;
        }
        end = begin;
    }
    if end < length {
        file.set_len(end)?;
    }
    Ok(end)
}
