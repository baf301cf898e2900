//! The memory behind a ledger as the model checker sees it: files made of atomics of loom.
//!
//! Takes the place of `mapping.rs` under `--cfg loom`, with the same methods and no `unsafe`.
//! Writing a record is a row of relaxed stores, reading a file a row of relaxed loads behind one
//! acquire fence per call, so a word may be as old as the orderings of the real code permit.
//! Not modelled: growth, histogram blocks and time slots (single relaxed words, like a CELL's),
//! and the part of the header that holds no word a test looks at.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use loom::sync::atomic::fence;

use crate::layout::{BLOCK_BUCKETS, HEADER_BYTES};
use crate::slot::{FunctionSlots, HistogramBlock, NodeSlots};
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// Header words that exist: magic to Python version.
const HEADER_WORDS: usize = 8;
/// Room for the records of a model: more would only make it slower.
const RECORD_WORDS: usize = 48;

/// Files by path. Loom switches between its threads at atomics only, never under this lock.
static FILES: Mutex<BTreeMap<PathBuf, &'static [AtomicU64]>> = Mutex::new(BTreeMap::new());

/// A file is missing.
#[derive(Debug, thiserror::Error)]
#[error("no modelled file")]
pub struct MappingError;

/// Makes an empty file, before the threads of a model start. Leaked: references into it are static.
pub(crate) fn format(path: &Path) {
    let words = (0..HEADER_WORDS + RECORD_WORDS).map(|_| AtomicU64::new(0));
    let file: &'static [AtomicU64] = Box::leak(words.collect());
    FILES.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), file);
}

fn open(path: &Path) -> Result<&'static [AtomicU64], MappingError> {
    let files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    files.get(path).copied().ok_or(MappingError)
}

/// Where the word at `offset` is kept.
fn index_of(offset: usize) -> Option<usize> {
    match offset / 8 {
        index if index < HEADER_WORDS => Some(index),
        index => Some(HEADER_WORDS + index.checked_sub(HEADER_BYTES / 8)?),
    }
}

/// One file being written.
#[derive(Debug)]
pub(crate) struct Mapping {
    file: &'static [AtomicU64],
}

impl Mapping {
    pub(crate) fn create(path: &Path, _bytes: usize) -> Result<Self, MappingError> {
        open(path).map(|file| Self { file })
    }

    pub(crate) fn mapped(&self) -> usize {
        HEADER_BYTES + 8 * RECORD_WORDS
    }

    pub(crate) fn volatile(&self) -> usize {
        0
    }

    pub(crate) fn grow_to(&mut self, _bytes: usize) -> bool {
        false
    }

    pub(crate) fn rebase(&mut self, path: &Path, kept: &[u8]) -> Result<(), MappingError> {
        self.file = open(path)?;
        self.store(0, kept);
        Ok(())
    }

    /// No model lets go of its file.
    pub(crate) fn release(&mut self, _kept: usize) -> Result<(), MappingError> {
        Ok(())
    }

    pub(crate) fn copy(&self, bytes: usize) -> Vec<u8> {
        (0..bytes).step_by(8).flat_map(|at| load(self.file, at).to_le_bytes()).collect()
    }

    pub(crate) fn write_unpublished(
        &mut self,
        offset: usize,
        bytes: usize,
        head: [u8; 8],
        body: &[u8],
    ) -> Option<()> {
        let mut record = [&head[..], body].concat();
        record.resize(bytes, 0);
        self.store(offset, &record);
        Some(())
    }

    fn store(&self, offset: usize, bytes: &[u8]) {
        for (index, word) in bytes.chunks_exact(8).enumerate() {
            let value = word.try_into().map_or(0, u64::from_le_bytes);
            if let Some(word) = self.word(offset + 8 * index) {
                word.store(value, Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn word(&self, offset: usize) -> Option<&'static AtomicU64> {
        self.file.get(index_of(offset)?)
    }

    /// Slots of their own, which nobody reads.
    pub(crate) fn function_slots(&self, _offset: usize) -> Option<&'static FunctionSlots> {
        let word = || AtomicU64::new(0);
        Some(Box::leak(Box::new(FunctionSlots {
            latency_ns_sum: word(),
            latency_ns_min: word(),
            latency_ns_max: word(),
            total_ns: word(),
            self_ns: word(),
            running_ns: word(),
            call_count_variance: word(),
            call_count_bias: word(),
        })))
    }

    /// Slots of their own, which nobody reads.
    pub(crate) fn node_slots(&self, _offset: usize) -> Option<&'static NodeSlots> {
        let word = || AtomicU64::new(0);
        Some(Box::leak(Box::new(NodeSlots { call_count: word(), self_ns: word() })))
    }

    /// A block of its own, which nobody reads.
    pub(crate) fn histogram_block(&self, _offset: usize) -> Option<&'static HistogramBlock> {
        let counts: [AtomicU32; BLOCK_BUCKETS] = std::array::from_fn(|_| AtomicU32::new(0));
        Some(Box::leak(Box::new(HistogramBlock::new(counts))))
    }

    pub(crate) fn publish(&self, offset: usize, value: u64) {
        if let Some(word) = self.word(offset) {
            word.store(value, Ordering::Release);
        }
    }
}

fn load(file: &[AtomicU64], offset: usize) -> u64 {
    let word = index_of(offset).and_then(|index| file.get(index));
    word.map_or(0, |word| word.load(Ordering::Relaxed))
}

/// A file being read, as another process does.
pub(crate) struct Reading {
    file: &'static [AtomicU64],
    at: usize,
}

impl Reading {
    pub(crate) fn of(path: &Path) -> Result<Self, MappingError> {
        open(path).map(|file| Self { file, at: 0 })
    }
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        fence(Ordering::Acquire);
        let end = HEADER_BYTES + 8 * RECORD_WORDS;
        let whole = buffer.len().min(end.saturating_sub(self.at)) / 8 * 8;
        assert!(whole > 0 || buffer.len() >= 8 || buffer.is_empty(), "half a word is asked for");
        for word in buffer[..whole].chunks_exact_mut(8) {
            word.copy_from_slice(&load(self.file, self.at).to_le_bytes());
            self.at += 8;
        }
        Ok(whole)
    }
}
