//! Follows the rings of a folder: finds them, hands over what is new, tells the writers what became of
//! it, and removes what a process that ended has left behind.
//!
//! A relay that was killed is succeeded by another: it goes on where the first one had said it was, and
//! what that one had read without saying what became of it counts as `closed`.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ghost_ledger::span_ring::EXTENSION;
use ghost_ledger::{RingError, RingFate, SpanRingReader, liveness};
use ghost_model::{Process, Span, SpanLoss};
use ghost_spans::encoding;

use crate::consumer::SpanConsumer;
use crate::exporting::Exporting;

/// What one look at the rings brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Followed {
    /// Spans that were read.
    pub(crate) spans: u64,
    /// Processes that may still write.
    pub(crate) living: u64,
    /// Rings there are.
    pub(crate) rings: u64,
}

/// The rings of one folder.
#[derive(Debug)]
pub(crate) struct Follower {
    folder: PathBuf,
    rings: HashMap<PathBuf, Ring>,
}

#[derive(Debug)]
struct Ring {
    reader: SpanRingReader,
    /// What became of what earlier readers read.
    before: RingFate,
    /// What was published last.
    published: RingFate,
    /// What the writer had refused when it was last asked.
    refused: Vec<(SpanLoss, u64)>,
    is_alive: bool,
}

impl Follower {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), rings: HashMap::new() }
    }

    /// Reads what is new in every ring.
    pub(crate) fn poll(&mut self, exporting: &mut Exporting) -> io::Result<Followed> {
        let found = self.find()?;
        self.rings.retain(|path, _| found.contains(path));
        let mut followed = Followed { rings: found.len() as u64, ..Followed::default() };
        for path in &found {
            if let Some(ring) = self.ring(path) {
                // Asked before reading: what is read of a process that is gone by now is all there is.
                ring.is_alive = is_alive(ring.reader.process(), path, &found);
                followed.living += u64::from(ring.is_alive);
                // One that cannot be read now may be later.
                followed.spans += ring.read(exporting).unwrap_or_default();
                ring.publish(exporting);
            }
        }
        self.sweep(exporting);
        Ok(followed)
    }

    /// Whether somebody may still write to a ring. Reads none of them.
    pub(crate) fn has_living(&self) -> io::Result<bool> {
        let found = self.find()?;
        let is_living = |path: &PathBuf| {
            let reader = SpanRingReader::open(path).ok();
            reader.is_some_and(|reader| is_alive(reader.process(), path, &found))
        };
        Ok(found.iter().any(is_living))
    }

    /// Removes the rings of processes that ended, once the fate of all their spans is known.
    fn sweep(&mut self, exporting: &mut Exporting) {
        self.rings.retain(|path, ring| {
            let process = ring.reader.process();
            if ring.is_alive || !exporting.is_settled(process) {
                return true;
            }
            // One that cannot be removed is read again, to no effect.
            let _ = fs::remove_file(path);
            exporting.forget(process);
            false
        });
    }

    fn ring(&mut self, path: &Path) -> Option<&mut Ring> {
        if !self.rings.contains_key(path) {
            // A file that is no ring yet is looked at again.
            let ring = Ring::open(path).ok()?;
            self.rings.insert(path.to_owned(), ring);
        }
        self.rings.get_mut(path)
    }

    fn find(&self) -> io::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.folder)?.filter_map(Result::ok).map(|entry| entry.path());
        let is_ring = |path: &PathBuf| path.extension().is_some_and(|known| known == EXTENSION);
        let mut found: Vec<PathBuf> = entries.filter(is_ring).collect();
        found.sort();
        Ok(found)
    }
}

impl Ring {
    fn open(path: &Path) -> Result<Self, RingError> {
        let mut reader = SpanRingReader::open(path)?;
        let (position, mut before) = reader.published()?;
        let missed = count_of(&before.lost, SpanLoss::Overwritten);
        reader.resume(position, before.read + missed);
        let known = before.exported + before.lost.iter().map(|(_, count)| count).sum::<u64>();
        add(&mut before.lost, SpanLoss::Closed, (before.read + missed).saturating_sub(known));
        let (published, refused) = (RingFate::default(), Vec::new());
        Ok(Self { reader, before, published, refused, is_alive: true })
    }

    fn read(&mut self, exporting: &mut Exporting) -> Result<u64, RingError> {
        let batch = self.reader.read()?;
        let refused = self.reader.refused()?;
        let spans: Vec<Span> =
            batch.records.iter().filter_map(|record| encoding::decode(record)).collect();
        let unreadable = (batch.records.len() - spans.len()) as u64;
        let process = self.reader.process();
        for (why, count) in
            [(SpanLoss::Overwritten, batch.missed), (SpanLoss::Unreadable, unreadable)]
        {
            if count > 0 {
                exporting.lose(process, why, count);
            }
        }
        for (why, count) in &refused {
            exporting.miss(*why, count.saturating_sub(count_of(&self.refused, *why)));
        }
        self.refused = refused;
        if !spans.is_empty() {
            exporting.consume(process, &spans);
        }
        Ok(spans.len() as u64 + batch.missed + unreadable)
    }

    /// Tells the writer what became of everything so far. It keeps its spans a while longer if not.
    fn publish(&mut self, exporting: &Exporting) {
        let mut fate = exporting.fate(self.reader.process());
        // Those that were overwritten never were read.
        fate.read = self.before.read + fate.read - count_of(&fate.lost, SpanLoss::Overwritten);
        fate.exported += self.before.exported;
        for (why, count) in &self.before.lost {
            add(&mut fate.lost, *why, *count);
        }
        if fate != self.published && self.reader.publish(&fate).is_ok() {
            self.published = fate;
        }
    }
}

fn count_of(lost: &[(SpanLoss, u64)], wanted: SpanLoss) -> u64 {
    lost.iter().find(|(why, _)| *why == wanted).map_or(0, |(_, count)| *count)
}

fn add(lost: &mut Vec<(SpanLoss, u64)>, why: SpanLoss, count: u64) {
    match lost.iter_mut().find(|(known, _)| *known == why) {
        Some((_, known)) => *known += count,
        None if count > 0 => lost.push((why, count)),
        None => {}
    }
}

/// Whether the process that writes a ring, one of `found`, can still do so.
fn is_alive(process: &Process, path: &Path, found: &[PathBuf]) -> bool {
    if liveness::is_elsewhere(process) {
        return liveness::may_run_elsewhere(process, path);
    }
    let is_running = liveness::running_start_ticks(process.pid) == Some(process.kernel_start_ticks);
    // An `exec` begins another ring under the same process id; names are in the order of time.
    let own = name_of(path);
    let is_later = |other: &PathBuf| name_of(other).0 == own.0 && name_of(other).1 > own.1;
    is_running && !found.iter().any(is_later)
}

/// `<pid>-<hex ns>.spans`.
fn name_of(path: &Path) -> (Option<u32>, Option<u64>) {
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let (pid, start) = name.split_once('-').unwrap_or_default();
    (pid.parse().ok(), u64::from_str_radix(start, 16).ok())
}

#[cfg(test)]
mod tests;
