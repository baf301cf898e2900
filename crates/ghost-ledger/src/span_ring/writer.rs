//! The writing side of a ring: append, overwrite the oldest, count what was refused.
//!
//! Never waits and never allocates.

use std::path::Path;
use std::sync::atomic::{Ordering, fence};

use ghost_model::SpanLoss;

use super::layout::{HEADER_BYTES, MAGIC, RECORD_HEAD_BYTES, VERSION, header};
use super::reader::RingFate;
use crate::mapping::Mapping;
use crate::writer::unix_ns;
use crate::{Identity, LedgerError};

/// A record may take this part of the ring: one eighth.
const RECORD_SHARE_INVERSE: u64 = 8;

/// The ring of this process. Dropping it leaves file and mapping as they are.
#[derive(Debug)]
pub struct SpanRing {
    mapping: Mapping,
    capacity: u64,
    written: u64,
    tail: u64,
    records: u64,
    /// Whether the oldest records give way to new ones.
    drops_oldest: bool,
}

impl SpanRing {
    /// Creates the file at `path` (which must not exist) with room for at least `capacity` bytes of
    /// records. With `drops_oldest` new records overwrite unread ones; else they are refused.
    pub fn create(
        path: &Path,
        who: &Identity,
        capacity: u32,
        drops_oldest: bool,
    ) -> Result<Self, LedgerError> {
        let capacity = capacity.clamp(4096, 1 << 30).next_power_of_two();
        let mapping = Mapping::create_fixed(path, HEADER_BYTES + capacity as usize)?;
        let capacity = u64::from(capacity);
        let ring = Self { mapping, capacity, written: 0, tail: 0, records: 0, drops_oldest };
        ring.write_header(who);
        Ok(ring)
    }

    /// Appends a record; false where it was refused, which is counted.
    pub fn push(&mut self, record: &[u8]) -> bool {
        let size = (RECORD_HEAD_BYTES + record.len()).next_multiple_of(8) as u64;
        if size > self.capacity / RECORD_SHARE_INVERSE {
            self.refuse(SpanLoss::TooLarge, 1);
            return false;
        }
        let end = self.written + size;
        if !self.drops_oldest && end - self.get(header::READ).min(self.written) > self.capacity {
            self.refuse(SpanLoss::QueueFull, 1);
            return false;
        }
        self.give_way(end);
        self.records += 1;
        self.write_record(size, record);
        self.written = end;
        self.put(header::RECORDS, self.records);
        self.mapping.publish(header::WRITTEN, end);
        true
    }

    /// Counts records that never came here.
    pub fn refuse(&self, why: SpanLoss, count: u64) {
        let at = header::REFUSED + 8 * why as usize;
        self.put(at, self.get(at).saturating_add(count));
    }

    /// Marks the end of the process's spans, and lets go of the file.
    pub fn detach(mut self) {
        self.close();
        // Without memory for it the mapping stays; nobody writes to it any more.
        let _ = self.mapping.release(0);
    }

    /// Records written so far.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Records refused so far, whatever the reason.
    pub fn refused(&self) -> u64 {
        SpanLoss::ALL.into_iter().map(|why| self.refused_for(why)).fold(0, u64::saturating_add)
    }

    /// Records refused so far for one reason.
    pub fn refused_for(&self, why: SpanLoss) -> u64 {
        self.get(header::REFUSED + 8 * why as usize)
    }

    /// What the reader says became of the records.
    pub fn fate(&self) -> RingFate {
        let lost = |why: SpanLoss| (why, self.get(header::LOST + 8 * why as usize));
        RingFate {
            read: self.get(header::RECORDS_READ),
            exported: self.get(header::RECORDS_EXPORTED),
            lost: SpanLoss::ALL.map(lost).into_iter().filter(|(_, count)| *count > 0).collect(),
        }
    }

    /// Whether the reader has read everything.
    pub fn is_drained(&self) -> bool {
        self.get(header::READ) >= self.written
    }

    /// Marks the end of the process.
    pub fn close(&self) {
        self.mapping.publish(header::END_UNIX_NS, unix_ns());
    }

    /// Moves the tail behind what the record that ends at `end` overwrites.
    fn give_way(&mut self, end: u64) {
        if end - self.tail <= self.capacity {
            return;
        }
        while end - self.tail > self.capacity && self.tail < self.written {
            let size = self.get(self.at(self.tail)) & u64::from(u32::MAX);
            self.tail += size.max(RECORD_HEAD_BYTES as u64);
        }
        self.put(header::TAIL, self.tail);
        // A reader that sees any word written from here on, and then looks at the tail, sees this one.
        fence(Ordering::Release);
    }

    fn write_record(&self, size: u64, record: &[u8]) {
        let head = size | (record.len() as u64) << 32;
        self.put(self.at(self.written), head);
        self.put(self.at(self.written + 8), self.records);
        let mut position = self.written + RECORD_HEAD_BYTES as u64;
        let (words, rest) = record.as_chunks::<8>();
        for word in words {
            self.put(self.at(position), u64::from_le_bytes(*word));
            position += 8;
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.put(self.at(position), u64::from_le_bytes(last));
        }
    }

    /// Where a position is kept.
    fn at(&self, position: u64) -> usize {
        HEADER_BYTES + (position & (self.capacity - 1)) as usize
    }

    fn write_header(&self, who: &Identity) {
        let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        self.put(header::VERSION, pair(VERSION, self.capacity as u32));
        self.put(header::PID, pair(who.pid, who.parent_pid));
        self.put(header::KERNEL_START_TICKS, who.kernel_start_ticks);
        self.put(header::START_UNIX_NS, unix_ns());
        self.put(header::PYTHON_VERSION, who.python_hexversion.into());
        self.put(header::PID_NAMESPACE, who.pid_namespace);
        self.mapping.publish(0, u64::from_le_bytes(MAGIC));
    }

    fn get(&self, offset: usize) -> u64 {
        self.mapping.word(offset).map_or(0, |word| word.load(Ordering::Relaxed))
    }

    fn put(&self, offset: usize, value: u64) {
        if let Some(word) = self.mapping.word(offset) {
            word.store(value, Ordering::Relaxed);
        }
    }
}
