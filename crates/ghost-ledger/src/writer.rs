//! The writing side: append records, hand out their counters.
//!
//! Every method but the counters' own is cold: called once per function, type, signature or edge.
//! Running out of room is an answer (`None`), never an error: the caller then counts under `…`.

use std::ops::Range;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use ghost_model::{Counter, FunctionKind};

use crate::layout::{
    CELL_BYTES, CELL_COUNT, CellKind, FUNCTION_BYTES, FUNCTION_SLOTS, HEADER_BYTES,
    HISTOGRAM_BYTES, HISTOGRAM_COUNTS, MAGIC, NODE_BYTES, NODE_SLOTS, RING_ENTRIES,
    RING_ENTRY_BYTES, RING_ENTRY_CHECKED, RING_WRITTEN, RecordKind, VERSION, header, ring_check,
};
use crate::mapping::{Mapping, MappingError};
use crate::slot::{FunctionSlots, HistogramBlock, NodeSlots, Slot};
use crate::sync::Ordering::Relaxed;

/// Names longer than this are cut: no name in a source is, and a made-up one may be huge.
const TEXT_BYTES_MAX: usize = 1024;
/// Room for the first records, so that small programs never grow their ledger.
const FIRST_BYTES: usize = 256 << 10;

/// Why a ledger cannot be begun.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct LedgerError(#[from] MappingError);

/// Which process writes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity {
    /// Process id.
    pub pid: u32,
    /// Its parent's.
    pub parent_pid: u32,
    /// Kernel start time in clock ticks.
    pub kernel_start_ticks: u64,
    /// Inode of the namespace in which these ids mean something; 0 where it is not known.
    pub pid_namespace: u64,
    /// `sys.hexversion`.
    pub python_hexversion: u32,
}

/// One activation for the ring. Ids are those the ledger handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivationEntry {
    /// Start, nanoseconds since the Unix epoch.
    pub start_unix_ns: u64,
    /// Duration.
    pub latency_ns: u64,
    /// Function number.
    pub function: u32,
    /// Caller's function number.
    pub caller: u32,
    /// Signature number.
    pub signature: u32,
    /// Type of the returned value or of the exception.
    pub outcome_type: u32,
    /// Whether it is an exception.
    pub raised: bool,
    /// The span in which it began; 0 for none.
    pub span_id: u64,
}

/// The ring's place in the file.
#[derive(Clone, Copy, Debug)]
struct Ring {
    offset: usize,
    capacity: u64,
    written: u64,
}

/// The ledger of this process.
#[derive(Debug)]
pub struct Ledger {
    mapping: Mapping,
    /// End of the published records. Kept here, not read back: after a fork the file is the
    /// parent's, and goes on growing.
    used: usize,
    texts: u32,
    types: u32,
    functions: u32,
    signatures: u32,
    nodes: u32,
    ring: Option<Ring>,
    call_cost_ps: u64,
}

impl Ledger {
    /// Creates the file at `path` (which must not exist) with room for `ring_capacity` activations.
    pub fn create(path: &Path, who: &Identity, ring_capacity: u32) -> Result<Self, LedgerError> {
        let ring_bytes = ring_capacity as usize * RING_ENTRY_BYTES;
        let mapping = Mapping::create(path, FIRST_BYTES + ring_bytes)?;
        let mut ledger = Self {
            mapping,
            used: HEADER_BYTES,
            texts: 0,
            types: 0,
            functions: 0,
            signatures: 0,
            nodes: 0,
            ring: None,
            call_cost_ps: 0,
        };
        ledger.write_header(who);
        ledger.add_ring(ring_capacity);
        Ok(ledger)
    }

    /// Continues in a forked child: the same records in a new file, every counter zero.
    /// Where the file cannot be made the child counts in memory only.
    pub fn begin_child(&mut self, path: &Path, who: &Identity) -> Result<(), LedgerError> {
        let mut kept = self.mapping.copy(self.used);
        // Whoever finds the new file before its header is written must not take it for a ledger,
        // and it must never hold a count of the parent: this process may be killed at any point.
        forget_counts(&mut kept);
        if let Some(ring) = &mut self.ring {
            ring.written = 0;
        }
        let outcome = self.mapping.rebase(path, &kept);
        self.write_header(who);
        self.note_volatile();
        Ok(outcome?)
    }

    /// Starts counting from zero, now that it is known what observing a call costs.
    pub fn begin_counting(&mut self, call_cost_ps: u64) {
        self.call_cost_ps = call_cost_ps;
        self.zero_counters();
        for counter in Counter::ALL {
            self.put(header::COUNTERS + 8 * counter as usize, 0);
        }
        self.put(header::CALL_COST_PS, call_cost_ps);
    }

    /// Notes what observing has taken so far, where that is measured.
    pub fn set_own_cost_ns(&self, own_cost_ns: u64) {
        self.put(header::OWN_COST_NS, own_cost_ns);
    }

    /// Marks the end of the process.
    pub fn close(&self) {
        self.mapping.publish(header::END_UNIX_NS, unix_ns());
    }

    /// Marks the end of observing, and lets go of the file. The records stay in memory, for
    /// [`Self::begin_child`] to begin another ledger with.
    pub fn detach(&mut self) -> Result<(), LedgerError> {
        self.put(header::IS_DETACHED, 1);
        self.close();
        Ok(self.mapping.release(self.used)?)
    }

    /// Adds room for activations where there is none yet.
    pub fn ensure_ring(&mut self, capacity: u32) {
        if self.ring.is_none() {
            self.add_ring(capacity);
        }
    }

    /// One of the observer's counters about itself.
    pub fn counter(&self, counter: Counter) -> Slot {
        let word = self.mapping.word(header::COUNTERS + 8 * counter as usize);
        word.map_or_else(Slot::nowhere, Slot::new)
    }

    /// Appends a name; its number is what other records refer to.
    pub fn add_text(&mut self, text: &str) -> Option<u32> {
        let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
        let body = [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
        let offset = self.append(RecordKind::Text, 0, &body)?;
        self.texts += 1;
        u32::try_from(offset).ok()
    }

    /// Appends a type by texts; returns its number.
    pub fn add_type(&mut self, module: u32, qualname: u32, mro: &[u32]) -> Option<u32> {
        let mut words = vec![module, qualname, mro.len() as u32];
        words.extend_from_slice(mro);
        self.append(RecordKind::Type, 0, &bytes_of(&words))?;
        self.types += 1;
        Some(self.types - 1)
    }

    /// Appends a function by texts; returns its number and its slots.
    pub fn add_function(
        &mut self,
        [module, qualname, file, parameters]: [u32; 4],
        line: u32,
        kind: FunctionKind,
    ) -> Option<(u32, &'static FunctionSlots)> {
        let words = [module, qualname, file, parameters, line, kind as u32];
        let mut body = bytes_of(&words);
        body.resize(FUNCTION_BYTES - 8, 0);
        let offset = self.append(RecordKind::Function, 0, &body)?;
        self.functions += 1;
        Some((self.functions - 1, self.mapping.function_slots(offset)?))
    }

    /// Appends a list of types; returns its number.
    pub fn add_signature(&mut self, types: &[u32]) -> Option<u32> {
        let mut words = vec![types.len() as u32];
        words.extend_from_slice(types);
        self.append(RecordKind::Signature, 0, &bytes_of(&words))?;
        self.signatures += 1;
        Some(self.signatures - 1)
    }

    /// Appends a counter of `function`.
    pub fn add_cell(
        &mut self,
        kind: CellKind,
        function: u32,
        key: u32,
        second: u32,
    ) -> Option<Slot> {
        let mut body = bytes_of(&[function, key, second]);
        body.resize(CELL_BYTES - 8, 0);
        let offset = self.append(RecordKind::Cell, kind as u16, &body)?;
        self.mapping.word(offset + CELL_COUNT).map(Slot::new)
    }

    /// Appends the block of histogram buckets that begins with `first_bucket`.
    pub fn add_histogram(
        &mut self,
        function: u32,
        first_bucket: u32,
    ) -> Option<&'static HistogramBlock> {
        let mut body = bytes_of(&[function, first_bucket]);
        body.resize(HISTOGRAM_BYTES - 8, 0);
        let offset = self.append(RecordKind::Histogram, 0, &body)?;
        self.mapping.histogram_block(offset)
    }

    /// Appends a node of the call tree below another, or the root, which is its own parent; returns its
    /// number and its slots.
    pub fn add_node(&mut self, parent: u32, function: u32) -> Option<(u32, &'static NodeSlots)> {
        let mut body = bytes_of(&[parent, function]);
        body.resize(NODE_BYTES - 8, 0);
        let offset = self.append(RecordKind::Node, 0, &body)?;
        self.nodes += 1;
        Some((self.nodes - 1, self.mapping.node_slots(offset)?))
    }

    /// Writes an activation over the oldest of the ring.
    pub fn add_activation(&mut self, entry: &ActivationEntry) {
        let Some(ring) = &mut self.ring else { return };
        let index = (ring.written % ring.capacity) as usize;
        let at = ring.offset + RING_ENTRIES + index * RING_ENTRY_BYTES;
        ring.written += 1;
        let (sequence, head) = (ring.written, ring.offset + RING_WRITTEN);
        self.write_entry(at, sequence, entry);
        self.mapping.publish(head, sequence);
    }

    fn write_entry(&mut self, at: usize, sequence: u64, entry: &ActivationEntry) {
        let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let words = [
            sequence,
            entry.start_unix_ns,
            entry.latency_ns,
            pair(entry.function, entry.caller),
            pair(entry.signature, entry.outcome_type),
            u64::from(entry.raised),
            entry.span_id,
        ];
        self.mapping.publish(at, 0);
        for (index, &word) in words.iter().enumerate().take(RING_ENTRY_CHECKED).skip(1) {
            self.mapping.publish(at + 8 * index, word);
        }
        self.mapping.publish(at + 56, entry.span_id);
        self.mapping.publish(at + 48, ring_check(&words));
        self.mapping.publish(at, sequence);
    }

    fn add_ring(&mut self, capacity: u32) {
        if capacity == 0 {
            return;
        }
        let mut body = bytes_of(&[capacity]);
        body.resize(RING_ENTRIES - 8 + capacity as usize * RING_ENTRY_BYTES, 0);
        let offset = self.append(RecordKind::Ring, 0, &body);
        self.ring = offset.map(|offset| Ring { offset, capacity: capacity.into(), written: 0 });
    }

    fn append(&mut self, kind: RecordKind, what: u16, body: &[u8]) -> Option<usize> {
        let offset = self.used;
        let size = (8 + body.len()).next_multiple_of(8);
        let end = offset + size;
        if end > self.mapping.mapped() {
            let grown = self.mapping.grow_to(end);
            self.note_volatile();
            if !grown {
                return None;
            }
        }
        let head = u64::from(kind as u16) | u64::from(what) << 16 | (size as u64) << 32;
        self.mapping.write_unpublished(offset, size, head.to_le_bytes(), body)?;
        self.used = end;
        self.mapping.publish(header::USED, end as u64);
        Some(offset)
    }

    fn note_volatile(&self) {
        self.put(
            header::COUNTERS + 8 * Counter::VolatileBytes as usize,
            self.mapping.volatile() as u64,
        );
    }

    fn write_header(&self, who: &Identity) {
        for at in (0..HEADER_BYTES).step_by(8) {
            self.put(at, 0);
        }
        let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        self.put(header::VERSION, pair(VERSION, HEADER_BYTES as u32));
        self.put(header::PID, pair(who.pid, who.parent_pid));
        self.put(header::KERNEL_START_TICKS, who.kernel_start_ticks);
        self.put(header::PID_NAMESPACE, who.pid_namespace);
        self.put(header::CALL_COST_PS, self.call_cost_ps);
        self.put(header::START_UNIX_NS, unix_ns());
        self.put(header::USED, self.used as u64);
        self.put(header::PYTHON_VERSION, who.python_hexversion.into());
        self.mapping.publish(0, u64::from_le_bytes(MAGIC));
    }

    /// Zeroes every counter of every record. Only where no event can arrive meanwhile.
    fn zero_counters(&mut self) {
        let mut at = HEADER_BYTES;
        while at + 8 <= self.used {
            let (counters, size) = counters_of(self.get(at).to_le_bytes());
            counters.step_by(8).for_each(|word| self.put(at + word, 0));
            at += size;
        }
        if let Some(ring) = &mut self.ring {
            ring.written = 0;
        }
    }

    fn get(&self, offset: usize) -> u64 {
        self.mapping.word(offset).map_or(0, |word| word.load(Relaxed))
    }

    fn put(&self, offset: usize, value: u64) {
        if let Some(word) = self.mapping.word(offset) {
            word.store(value, Relaxed);
        }
    }
}

/// Where the counters of a record are, and its size, by its first eight bytes.
fn counters_of([k0, k1, _, _, s0, s1, s2, s3]: [u8; 8]) -> (Range<usize>, usize) {
    let size = u32::from_le_bytes([s0, s1, s2, s3]) as usize;
    let counters = match RecordKind::from_number(u16::from_le_bytes([k0, k1])) {
        Some(RecordKind::Function) => FUNCTION_SLOTS..FUNCTION_BYTES,
        Some(RecordKind::Cell) => CELL_COUNT..CELL_BYTES,
        Some(RecordKind::Histogram) => HISTOGRAM_COUNTS..HISTOGRAM_BYTES,
        Some(RecordKind::Ring) => RING_WRITTEN..size,
        Some(RecordKind::Node) => NODE_SLOTS..NODE_BYTES,
        _ => 0..0,
    };
    (counters, size.max(8))
}

/// Zeroes the header and every counter in a copy of a ledger.
fn forget_counts(ledger: &mut [u8]) {
    let header = HEADER_BYTES.min(ledger.len());
    ledger[..header].fill(0);
    let mut at = HEADER_BYTES;
    while let Some(&head) = ledger.get(at..).and_then(<[u8]>::first_chunk) {
        let (counters, size) = counters_of(head);
        if let Some(counters) = ledger.get_mut(at + counters.start..at + counters.end) {
            counters.fill(0);
        }
        at += size;
    }
}

fn bytes_of(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

pub(crate) fn unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
