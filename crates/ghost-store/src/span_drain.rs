//! Emptying the rings of a run folder: read what is new, have it stored, then tell the writers.
//!
//! What was read stays in memory until it is in the session file, and no more is read meanwhile than
//! memory may take: what a ring then overwrites is counted there.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ghost_ledger::span_ring::{RingBatch, RingError, RingFate, SpanRingReader};
use ghost_model::{Process, Span, SpanLoss};
use ghost_spans::encoding;

use crate::liveness::{is_elsewhere, may_run_elsewhere, running_start_ticks};
use crate::run_folder;
use crate::span_fold::{KnownSpans, SpanBatch};
use crate::store_error::StoreError;

/// Spans that wait in memory until they are stored: about 50 MB. Tests need not fill that.
const WAITING_MAX: usize = if cfg!(test) { 200 } else { 100_000 };

/// How long a process may take to begin its ring; afterwards it never will.
const BEGINNING: Duration = Duration::from_mins(1);

/// Who else is to see the spans, each once and before they are stored.
pub type SpanListener<'a> = &'a mut dyn FnMut(&Process, &[Span]);

/// What emptying the rings brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Spans that were read.
    pub span_count: u64,
    /// Rings there are: while there is one, more may come at any time.
    pub ring_count: u64,
    /// Spans that were found to be lost, by reason, each reported once.
    pub lost: Vec<(SpanLoss, u64)>,
    /// Files that could not be used, where they are now, and why.
    pub broken: Vec<(PathBuf, String)>,
}

/// The rings of one run folder.
#[derive(Debug, Default)]
pub(crate) struct SpanDrain {
    rings: HashMap<String, Ring>,
    /// Those that were read since this pass over the folder began.
    visited: HashSet<String>,
    /// Read but not yet stored, oldest first.
    pub(crate) waiting: Vec<SpanBatch>,
}

#[derive(Debug)]
struct Ring {
    reader: SpanRingReader,
    fate: RingFate,
    last_sequence: u64,
    /// What the writer had refused when it was last asked.
    refused: Vec<(SpanLoss, u64)>,
    /// What was found to be lost and is not reported yet.
    lost_since: Vec<(SpanLoss, u64)>,
    /// Whether its process can still write to it.
    is_alive: bool,
}

impl SpanDrain {
    /// Begins a pass over the rings: each is read once, in as many calls of [`Self::read`] as it takes.
    pub(crate) fn begin_pass(&mut self) {
        self.visited.clear();
    }

    /// Reads what is new in every ring of the folder; false where memory was full before the last.
    pub(crate) fn read(
        &mut self,
        run_dir: &Path,
        known: &KnownSpans,
        listen: SpanListener<'_>,
        drained: &mut Drained,
    ) -> Result<bool, StoreError> {
        let found = run_folder::rings(run_dir)?;
        self.rings.retain(|name, _| found.iter().any(|(other, _)| other == name));
        drained.ring_count = found.len() as u64;
        for (name, path) in &found {
            if self.visited.contains(name) {
                continue;
            }
            if self.waiting_count() >= WAITING_MAX {
                return Ok(false);
            }
            self.visited.insert(name.clone());
            match self.read_ring(name, path, &found, known) {
                Ok(None) => {}
                Ok(Some(batch)) => {
                    drained.span_count += batch.spans.len() as u64;
                    if let Some(ring) = self.rings.get_mut(name) {
                        drained.lost.append(&mut ring.lost_since);
                        listen(ring.reader.process(), &batch.spans);
                    }
                    self.waiting.push(batch);
                }
                Err(error) => drained.broken.push(failed(path, &error)),
            }
        }
        Ok(true)
    }

    fn waiting_count(&self) -> usize {
        self.waiting.iter().map(|batch| batch.spans.len()).sum()
    }

    fn read_ring(
        &mut self,
        name: &str,
        path: &Path,
        found: &[(String, PathBuf)],
        known: &KnownSpans,
    ) -> Result<Option<SpanBatch>, RingError> {
        if !self.rings.contains_key(name) {
            let Some(ring) = Ring::open(path, name, known)? else { return Ok(None) };
            self.rings.insert(name.to_owned(), ring);
        }
        let Some(ring) = self.rings.get_mut(name) else { return Ok(None) };
        // Asked before reading: what is read of a process that is gone by now is all there is.
        ring.is_alive = is_alive(ring.reader.process(), name, path, found);
        ring.read(name)
    }

    /// Tells the writers that everything read is safe, and removes the rings of those that ended.
    pub(crate) fn stored(&mut self) {
        self.waiting.clear();
        self.rings.retain(|_, ring| {
            // A writer that is not told keeps its spans a while longer, to no harm.
            let _ = ring.reader.publish(&ring.fate);
            // One that cannot be removed is read again, to no effect.
            ring.is_alive || fs::remove_file(ring.reader.path()).is_err()
        });
    }
}

impl Ring {
    /// Opens a ring where the session file says it was read up to. `None` while it is being begun.
    fn open(path: &Path, name: &str, known: &KnownSpans) -> Result<Option<Self>, RingError> {
        let mut reader = match SpanRingReader::open(path) {
            Ok(reader) => reader,
            Err(RingError::NotARing) if is_beginning(path) => return Ok(None),
            Err(RingError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let place = known.place(name);
        reader.resume(place.position, place.last_sequence);
        let (fate, last_sequence) = (known.fate(name), place.last_sequence);
        Ok(Some(Self {
            reader,
            fate,
            last_sequence,
            refused: Vec::new(),
            lost_since: Vec::new(),
            is_alive: true,
        }))
    }

    /// Everything new as one batch; `None` where there is nothing.
    fn read(&mut self, name: &str) -> Result<Option<SpanBatch>, RingError> {
        let RingBatch { records, missed, last_sequence, position } = self.reader.read()?;
        let refused = self.reader.refused()?;
        if records.is_empty() && missed == 0 && self.refused == refused {
            return Ok(None);
        }
        let spans: Vec<Span> =
            records.iter().filter_map(|record| encoding::decode(record)).collect();
        let unreadable = (records.len() - spans.len()) as u64;
        self.fate.read += records.len() as u64;
        self.fate.exported += spans.len() as u64;
        self.lose(SpanLoss::Overwritten, missed);
        self.lose(SpanLoss::Unreadable, unreadable);
        self.lost_since
            .extend([(SpanLoss::Overwritten, missed), (SpanLoss::Unreadable, unreadable)]);
        for (why, count) in &refused {
            let known = self.refused.iter().find(|(other, _)| other == why);
            let before = known.map_or(0, |(_, before)| *before);
            self.lost_since.push((*why, count.saturating_sub(before)));
        }
        self.lost_since.retain(|(_, count)| *count > 0);
        self.refused.clone_from(&refused);
        let sequence_before = std::mem::replace(&mut self.last_sequence, last_sequence);
        Ok(Some(SpanBatch {
            ring: name.to_owned(),
            pid: self.reader.process().pid,
            sequence_before,
            last_sequence,
            position,
            spans,
            missed,
            unreadable,
            refused,
        }))
    }

    fn lose(&mut self, loss: SpanLoss, count: u64) {
        match self.fate.lost.iter_mut().find(|(other, _)| *other == loss) {
            Some((_, known)) => *known += count,
            None if count > 0 => self.fate.lost.push((loss, count)),
            None => {}
        }
    }
}

/// Whether the process that writes a ring, one of `found`, can still do so.
fn is_alive(process: &Process, name: &str, path: &Path, found: &[(String, PathBuf)]) -> bool {
    let start = |name: &str| {
        let (pid, start) = name.split_once('-')?;
        Some((pid.parse::<u32>().ok()?, u64::from_str_radix(start, 16).ok()?))
    };
    let own = start(name);
    // An `exec` begins another ring under the same process id.
    let is_later = |(other, _): &(String, PathBuf)| match (own, start(other)) {
        (Some(own), Some(other)) => other.0 == own.0 && other.1 > own.1,
        _ => false,
    };
    if is_elsewhere(process) {
        return may_run_elsewhere(process, path);
    }
    let is_running = running_start_ticks(process.pid) == Some(process.kernel_start_ticks);
    is_running && !found.iter().any(is_later)
}

/// Whether a file that is no ring may become one: its process was just making it.
fn is_beginning(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|found| found.modified()).ok();
    modified.and_then(|modified| modified.elapsed().ok()).is_none_or(|age| age < BEGINNING)
}

/// What cannot be read now but may be later stays where it is; anything else would be reported for ever.
fn failed(path: &Path, error: &RingError) -> (PathBuf, String) {
    let kept = match error {
        RingError::NotARing => run_folder::set_aside(path),
        RingError::Io { .. } | RingError::Newer { .. } => path.to_owned(),
    };
    (kept, error.to_string())
}
