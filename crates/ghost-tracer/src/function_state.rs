//! One function's counters: created on first use, shared by every code object that is this function.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use ghost_ledger::layout::{BLOCK_BUCKETS, CellKind};
use ghost_ledger::{Counter, FunctionSlots, HistogramBlock, Ledger, Slot};
use ghost_model::bucket_index;

use crate::limits::{CALLERS_MAX, OUTCOMES_MAX, SIGNATURES_MAX};

/// Blocks of 32 buckets that are told apart; the last takes everything longer (4.9 hours).
const BLOCKS: usize = 11;

/// A function as the ledger knows it. Lives as long as the process.
#[derive(Debug)]
pub(crate) struct FunctionState {
    pub(crate) id: u32,
    pub(crate) slots: &'static FunctionSlots,
    blocks: [Cell<Option<&'static HistogramBlock>>; BLOCKS],
    cells: RefCell<HashMap<(CellKind, u32, u32), Slot>>,
}

impl FunctionState {
    pub(crate) fn new(id: u32, slots: &'static FunctionSlots) -> Self {
        Self { id, slots, blocks: Default::default(), cells: RefCell::default() }
    }

    /// Records the duration of an ended activation.
    #[inline]
    pub(crate) fn add_latency(&self, ledger: &mut Ledger, latency_ns: u64) {
        self.slots.add_latency(latency_ns);
        let bucket = bucket_index(latency_ns).min((BLOCKS * BLOCK_BUCKETS) as u32 - 1);
        let block = bucket as usize / BLOCK_BUCKETS;
        match self.blocks[block].get() {
            Some(block) if !block.add_one(bucket) => {}
            _ => self.add_latency_slowly(ledger, bucket),
        }
    }

    /// Makes the block, or notes that a bucket went past 2³².
    #[cold]
    fn add_latency_slowly(&self, ledger: &mut Ledger, bucket: u32) {
        let place = &self.blocks[bucket as usize / BLOCK_BUCKETS];
        if place.get().is_some() {
            self.cell(ledger, CellKind::BucketWraps, bucket, 0).add(1);
            return;
        }
        let first = bucket / BLOCK_BUCKETS as u32 * BLOCK_BUCKETS as u32;
        if let Some(block) = ledger.add_histogram(self.id, first) {
            place.set(Some(block));
            block.add_one(bucket);
        }
    }

    /// The counter for `key`, made on first use; that of the overflow where the bound is reached.
    pub(crate) fn cell(&self, ledger: &mut Ledger, kind: CellKind, key: u32, second: u32) -> Slot {
        if let Some(&slot) = self.cells.borrow().get(&(kind, key, second)) {
            return slot;
        }
        if self.count(kind) >= bound(kind) {
            let refused = refused(ledger, kind);
            refused.add(1);
            let key = overflow_key(kind);
            return self.existing_or_new(ledger, kind, key, 0).unwrap_or(refused);
        }
        let slot = self.existing_or_new(ledger, kind, key, second);
        slot.unwrap_or_else(|| refused(ledger, kind))
    }

    /// Whether one more of this kind would go beyond the bound.
    pub(crate) fn is_full(&self, kind: CellKind) -> bool {
        self.count(kind) >= bound(kind)
    }

    /// Whether there is a counter for `key`.
    pub(crate) fn has_cell(&self, kind: CellKind, key: u32) -> bool {
        self.cells.borrow().contains_key(&(kind, key, 0))
    }

    fn existing_or_new(
        &self,
        ledger: &mut Ledger,
        kind: CellKind,
        key: u32,
        second: u32,
    ) -> Option<Slot> {
        let mut cells = self.cells.borrow_mut();
        if let Some(&slot) = cells.get(&(kind, key, second)) {
            return Some(slot);
        }
        let slot = ledger.add_cell(kind, self.id, key, second)?;
        cells.insert((kind, key, second), slot);
        Some(slot)
    }

    fn count(&self, kind: CellKind) -> usize {
        self.cells.borrow().keys().filter(|(k, _, _)| *k == kind).count()
    }
}

fn bound(kind: CellKind) -> usize {
    match kind {
        CellKind::Args => SIGNATURES_MAX,
        CellKind::Caller => CALLERS_MAX,
        CellKind::BucketWraps => usize::MAX,
        CellKind::Return | CellKind::Yield | CellKind::Exception | CellKind::Handled => {
            OUTCOMES_MAX
        }
    }
}

fn overflow_key(kind: CellKind) -> u32 {
    match kind {
        CellKind::Caller => OVERFLOW_FUNCTION,
        _ => 0,
    }
}

/// Number of the function that stands for all beyond the bound: the one after the root.
pub(crate) const OVERFLOW_FUNCTION: u32 = 1;

/// Where refused counts of a kind are counted.
fn refused(ledger: &Ledger, kind: CellKind) -> Slot {
    ledger.counter(match kind {
        CellKind::Args => Counter::SignaturesRefused,
        CellKind::Caller => Counter::CallersRefused,
        _ => Counter::TypesRefused,
    })
}
