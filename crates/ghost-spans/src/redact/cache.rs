//! Statements that were seen before: one hash instead of a pass over the text.
//!
//! Keeps fingerprints and results, not statements, so that no value outlives its query. Two statements
//! with one fingerprint (one in 2⁶⁴, and equally long) would share a redacted text; no value would show.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::{Redacted, redact};

/// Statements that are remembered. A program has some hundred; more have values in them.
const ENTRIES_MAX: usize = 1024;
/// Bytes of texts that are remembered: four times what 1,024 ordinary statements need.
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Entries among which the oldest makes room: eight are as good as all, and quickly compared.
const WAYS: usize = 8;

/// Results of [`redact`] by the content of the statement. For one thread at a time.
#[derive(Debug)]
pub struct RedactionCache {
    entries: Vec<Option<Entry>>,
    bytes: usize,
    /// Counts uses, to tell which entry is the oldest.
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    fingerprint: Fingerprint,
    used: u64,
    redacted: Redacted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fingerprint {
    hash: u64,
    length: usize,
}

impl Default for RedactionCache {
    fn default() -> Self {
        Self {
            entries: std::iter::repeat_with(|| None).take(ENTRIES_MAX).collect(),
            bytes: 0,
            clock: 0,
        }
    }
}

impl RedactionCache {
    /// As [`redact`], which is asked only if the answer is not remembered.
    pub fn redact(&mut self, system: &str, statement: &str) -> Redacted {
        self.clock += 1;
        let fingerprint = Fingerprint::of(system, statement);
        let first = fingerprint.hash as usize % (ENTRIES_MAX / WAYS) * WAYS;
        let ways = self.entries.get_mut(first..first + WAYS).unwrap_or_default();
        let known = ways.iter_mut().flatten().find(|entry| entry.fingerprint == fingerprint);
        if let Some(entry) = known {
            entry.used = self.clock;
            return entry.redacted.clone();
        }
        let redacted = redact(system, statement);
        self.remember(first, Entry { fingerprint, used: self.clock, redacted: redacted.clone() });
        redacted
    }

    /// Puts `entry` in place of the oldest of its ways.
    fn remember(&mut self, first: usize, entry: Entry) {
        if self.bytes + entry.bytes() > BYTES_MAX {
            *self = Self { clock: self.clock, ..Self::default() };
        }
        self.bytes += entry.bytes();
        let ways = self.entries.get_mut(first..first + WAYS).unwrap_or_default();
        let oldest = ways.iter_mut().min_by_key(|way| way.as_ref().map(|entry| entry.used));
        if let Some(replaced) = oldest.and_then(|way| way.replace(entry)) {
            self.bytes -= replaced.bytes();
        }
    }
}

impl Entry {
    fn bytes(&self) -> usize {
        let texts = [&self.redacted.text, &self.redacted.collection];
        texts.into_iter().flatten().map(|text| text.len()).sum()
    }
}

impl Fingerprint {
    fn of(system: &str, statement: &str) -> Self {
        let mut hasher = FxHasher::default();
        hasher.write(system.as_bytes());
        hasher.write(statement.as_bytes());
        Self { hash: hasher.finish(), length: statement.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_has_the_same_answer_without_another_copy() {
        let mut cache = RedactionCache::default();
        let first = cache.redact("sqlite", "SELECT 1 FROM t");
        let second = cache.redact("sqlite", &String::from("SELECT 1 FROM t"));
        assert_eq!(first, second);
        assert!(std::ptr::eq(first.text.as_deref().unwrap(), second.text.as_deref().unwrap()));
        assert_eq!(first, redact("sqlite", "SELECT 1 FROM t"));
    }

    #[test]
    fn the_dialect_is_part_of_the_content() {
        let mut cache = RedactionCache::default();
        let statement = "SELECT \"a\" FROM t";
        assert_eq!(cache.redact("mysql", statement), redact("mysql", statement));
        assert_eq!(cache.redact("postgresql", statement), redact("postgresql", statement));
    }

    #[test]
    fn it_does_not_grow_and_keeps_what_is_used() {
        let mut cache = RedactionCache::default();
        let used = cache.redact("sqlite", "SELECT used");
        for n in 0..3_000 {
            // Long texts of names, so that bytes are the tighter bound.
            let name = "n".repeat(100);
            let names = format!("SELECT {n}, {}", [name.as_str(); 39].join(", "));
            let redacted = cache.redact("sqlite", &names);
            assert!(redacted.text.is_some());
            assert!(cache.bytes <= BYTES_MAX && cache.entries.len() == ENTRIES_MAX);
            if n < 500 {
                let again = cache.redact("sqlite", "SELECT used");
                assert!(std::ptr::eq(again.text.unwrap().as_ref(), used.text.as_deref().unwrap()));
            }
        }
    }
}
