//! The reading side of a ring: copy what is new, know what was missed, say what became of it.
//!
//! Runs in another process, with ordinary reads and writes of the file; trusts no byte.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ghost_model::{Process, ProcessState, SpanLoss};

use super::layout::{HEADER_BYTES, LOSSES_MAX, MAGIC, RECORD_HEAD_BYTES, VERSION, header};
use crate::reader::version_text;

/// How often a read that was overtaken is tried again.
const ATTEMPTS: u32 = 4;
/// Rings larger than this are not ours.
const CAPACITY_MAX: u64 = 1 << 30;

/// Why a ring cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// The file could not be read.
    #[error("cannot read spans `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It does not begin like a ring; a process killed while creating it leaves one of these.
    #[error("not a ring of spans, or one that was never begun")]
    NotARing,
    /// It was written by a newer Ghostglass.
    #[error("layout {found} of spans is newer than {VERSION}, the newest this version reads")]
    Newer {
        /// Its layout version.
        found: u32,
    },
}

/// What became of the records of a ring, as its reader says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RingFate {
    /// Records read.
    pub read: u64,
    /// Records that reached every sink they were meant for.
    pub exported: u64,
    /// Records that did not, by reason.
    pub lost: Vec<(SpanLoss, u64)>,
}

/// What one read brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RingBatch {
    /// Records in the order they were written.
    pub records: Vec<Vec<u8>>,
    /// Records that were overwritten since the last read.
    pub missed: u64,
    /// Sequence number of the newest record read or missed; 0 before the first.
    pub last_sequence: u64,
    /// Position up to which the ring is read; give it to [`SpanRingReader::resume`] to go on there.
    pub position: u64,
}

/// Follows one ring.
#[derive(Debug)]
pub struct SpanRingReader {
    file: File,
    path: PathBuf,
    capacity: u64,
    process: Process,
    position: u64,
    last_sequence: u64,
}

impl SpanRingReader {
    /// Opens a ring at its beginning.
    pub fn open(path: &Path) -> Result<Self, RingError> {
        let fail = |source| RingError::Io { path: path.to_owned(), source };
        let no_follow = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        let file = OpenOptions::new().read(true).write(true).custom_flags(no_follow).open(path);
        let file = file.map_err(fail)?;
        let head = read_head(&file).map_err(fail)?;
        if head[..8] != MAGIC {
            return Err(RingError::NotARing);
        }
        let [version, capacity] = halves(&head, header::VERSION);
        if version > VERSION {
            return Err(RingError::Newer { found: version });
        }
        let capacity = u64::from(capacity);
        if !capacity.is_power_of_two() || capacity > CAPACITY_MAX {
            return Err(RingError::NotARing);
        }
        let process = process(&head);
        let path = path.to_owned();
        Ok(Self { file, path, capacity, process, position: 0, last_sequence: 0 })
    }

    /// Goes on where an earlier reader stopped.
    pub fn resume(&mut self, position: u64, last_sequence: u64) {
        self.position = position;
        self.last_sequence = last_sequence;
    }

    /// What an earlier reader published, and how far it had read.
    pub fn published(&self) -> Result<(u64, RingFate), RingError> {
        let fail = |source| RingError::Io { path: self.path.clone(), source };
        let head = read_head(&self.file).map_err(fail)?;
        let lost = |why: SpanLoss| (why, word(&head, header::LOST + 8 * why as usize));
        let fate = RingFate {
            read: word(&head, header::RECORDS_READ),
            exported: word(&head, header::RECORDS_EXPORTED),
            lost: SpanLoss::ALL.map(lost).into_iter().filter(|(_, count)| *count > 0).collect(),
        };
        Ok((word(&head, header::READ), fate))
    }

    /// Who writes it.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads what is new. The cursor moves only in memory: [`Self::publish`] tells the writer.
    pub fn read(&mut self) -> Result<RingBatch, RingError> {
        let fail = |source| RingError::Io { path: self.path.clone(), source };
        let mut batch = RingBatch { last_sequence: self.last_sequence, ..RingBatch::default() };
        for _ in 0..ATTEMPTS {
            let head = read_head(&self.file).map_err(fail)?;
            self.process.end_unix_ns =
                Some(word(&head, header::END_UNIX_NS)).filter(|&end| end > 0);
            let written = word(&head, header::WRITTEN);
            let begin = self.position.max(word(&head, header::TAIL));
            if begin >= written {
                break;
            }
            let bytes = self.copy(begin, written).map_err(fail)?;
            // Everything before the tail may have been overwritten while it was copied.
            let tail = word(&read_head(&self.file).map_err(fail)?, header::TAIL);
            if tail > begin && tail >= written {
                self.position = tail;
                continue;
            }
            let valid = tail.max(begin);
            self.take_records(&bytes[(valid - begin) as usize..], &mut batch);
            self.position = written;
            break;
        }
        batch.position = self.position;
        batch.last_sequence = self.last_sequence;
        Ok(batch)
    }

    /// Records that were refused before they came into the ring, by reason.
    pub fn refused(&self) -> Result<Vec<(SpanLoss, u64)>, RingError> {
        let fail = |source| RingError::Io { path: self.path.clone(), source };
        let head = read_head(&self.file).map_err(fail)?;
        let refused = |why: SpanLoss| (why, word(&head, header::REFUSED + 8 * why as usize));
        Ok(SpanLoss::ALL.map(refused).into_iter().filter(|(_, count)| *count > 0).collect())
    }

    /// Records that were written, read or not.
    pub fn records_written(&self) -> Result<u64, RingError> {
        let fail = |source| RingError::Io { path: self.path.clone(), source };
        Ok(word(&read_head(&self.file).map_err(fail)?, header::RECORDS))
    }

    /// Tells the writer how far the ring is read, and what became of it so far.
    pub fn publish(&self, fate: &RingFate) -> Result<(), RingError> {
        let mut lost = [0; LOSSES_MAX];
        for (why, count) in &fate.lost {
            lost[*why as usize] = *count;
        }
        let words = [self.position, fate.read, fate.exported];
        let write = |at: usize, words: &[u64]| {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            self.file.write_all_at(&bytes, at as u64)
        };
        write(header::LOST, &lost)
            .and_then(|()| write(header::READ, &words))
            .map_err(|source| RingError::Io { path: self.path.clone(), source })
    }

    /// The bytes from one position to another.
    fn copy(&self, begin: u64, end: u64) -> io::Result<Vec<u8>> {
        let bytes = (end - begin).min(self.capacity);
        let at = begin & (self.capacity - 1);
        let first = bytes.min(self.capacity - at);
        let mut copied = vec![0; bytes as usize];
        let (head, rest) = copied.split_at_mut(first as usize);
        self.file.read_exact_at(head, HEADER_BYTES as u64 + at)?;
        self.file.read_exact_at(rest, HEADER_BYTES as u64)?;
        Ok(copied)
    }

    /// Cuts the stream into records. What makes no sense ends it.
    fn take_records(&mut self, mut bytes: &[u8], batch: &mut RingBatch) {
        while bytes.len() >= RECORD_HEAD_BYTES {
            let [size, length] = halves(bytes, 0).map(|half| half as usize);
            let sequence = word(bytes, 8);
            let content = bytes.get(RECORD_HEAD_BYTES..RECORD_HEAD_BYTES.saturating_add(length));
            let (Some(content), true) = (content, size >= RECORD_HEAD_BYTES + length) else {
                return;
            };
            batch.missed += sequence.saturating_sub(self.last_sequence).saturating_sub(1);
            self.last_sequence = self.last_sequence.max(sequence);
            batch.records.push(content.to_vec());
            bytes = bytes.get(size..).unwrap_or_default();
        }
    }
}

fn read_head(file: &File) -> io::Result<[u8; 640]> {
    let mut head = [0; 640];
    file.read_exact_at(&mut head, 0)?;
    Ok(head)
}

fn process(head: &[u8]) -> Process {
    let [pid, parent_pid] = halves(head, header::PID);
    let [hexversion, _] = halves(head, header::PYTHON_VERSION);
    Process {
        pid,
        parent_pid,
        kernel_start_ticks: word(head, header::KERNEL_START_TICKS),
        pid_namespace: word(head, header::PID_NAMESPACE),
        start_unix_ns: word(head, header::START_UNIX_NS),
        end_unix_ns: Some(word(head, header::END_UNIX_NS)).filter(|&end| end > 0),
        python_version: version_text(hexversion),
        state: ProcessState::Running,
        ..Process::default()
    }
}

fn word(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..)
        .and_then(|bytes| bytes.first_chunk())
        .map_or(0, |word| u64::from_le_bytes(*word))
}

fn halves(bytes: &[u8], at: usize) -> [u32; 2] {
    let word = word(bytes, at);
    [word as u32, (word >> 32) as u32]
}
