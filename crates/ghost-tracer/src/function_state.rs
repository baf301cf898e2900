//! One function's counters: created on first use, shared by every code object that is this function.

use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};

use ghost_ledger::layout::{BLOCK_BUCKETS, CellKind};
use ghost_ledger::{Counter, FunctionSlots, HistogramBlock, Ledger, Slot};
use ghost_model::bucket_index;

use crate::limits::{CALLERS_MAX, OUTCOMES_MAX, SIGNATURES_MAX};
use crate::type_registry::OVERFLOW;

/// Blocks of 32 buckets: every duration there is.
const BLOCKS: usize = 16;

/// Kinds of cells.
const CELL_KINDS: usize = CellKind::BucketWraps as usize + 1;

/// A function as the ledger knows it. Lives as long as the process.
#[derive(Debug)]
pub(crate) struct FunctionState {
    pub(crate) id: u32,
    pub(crate) slots: &'static FunctionSlots,
    blocks: [Cell<Option<&'static HistogramBlock>>; BLOCKS],
    cells: RefCell<FxHashMap<(CellKind, u32, u32), Slot>>,
    /// Exception type and catcher that were counted last, and their counter.
    pub(crate) caught: Cell<Option<(u32, u32, Slot)>>,
    /// Cells per kind.
    counts: [Cell<usize>; CELL_KINDS],
}

impl FunctionState {
    pub(crate) fn new(id: u32, slots: &'static FunctionSlots) -> Self {
        Self {
            id,
            slots,
            blocks: Default::default(),
            cells: RefCell::default(),
            caught: Cell::new(None),
            counts: Default::default(),
        }
    }

    /// Records the duration of an ended activation.
    #[inline]
    pub(crate) fn add_latency(&self, ledger: &mut Ledger, latency_ns: u64) {
        self.slots.add_latency(latency_ns);
        let bucket = bucket_index(latency_ns);
        match self.blocks[bucket as usize / BLOCK_BUCKETS % BLOCKS].get() {
            Some(block) if !block.add_one(bucket) => {}
            _ => self.add_latency_slowly(ledger, bucket),
        }
    }

    /// Makes the block, or notes that a bucket went past 2³².
    #[cold]
    fn add_latency_slowly(&self, ledger: &mut Ledger, bucket: u32) {
        let place = &self.blocks[bucket as usize / BLOCK_BUCKETS % BLOCKS];
        if place.get().is_some() {
            if let Some(wraps) = self.cell(ledger, CellKind::BucketWraps, bucket, 0) {
                wraps.add(1);
            }
            return;
        }
        let first = bucket / BLOCK_BUCKETS as u32 * BLOCK_BUCKETS as u32;
        if let Some(block) = ledger.add_histogram(self.id, first) {
            place.set(Some(block));
            block.add_one(bucket);
        }
    }

    /// The counter for `key`, made on first use. `None` beyond the bound: see [`Self::overflow`].
    pub(crate) fn cell(
        &self,
        ledger: &mut Ledger,
        kind: CellKind,
        key: u32,
        second: u32,
    ) -> Option<Slot> {
        let known = self.cells.borrow().get(&(kind, key, second)).copied();
        known.or_else(|| {
            let fits = !self.is_full(kind);
            fits.then(|| self.new_cell(ledger, kind, key, second)).flatten()
        })
    }

    /// The counter for everything beyond the bound; notes one more that is counted there.
    pub(crate) fn overflow(&self, ledger: &mut Ledger, kind: CellKind) -> Slot {
        let refused = refused(ledger, kind);
        refused.add(1);
        let key = if kind == CellKind::Caller { OVERFLOW_FUNCTION } else { OVERFLOW };
        let known = self.cells.borrow().get(&(kind, key, 0)).copied();
        known.or_else(|| self.new_cell(ledger, kind, key, 0)).unwrap_or(refused)
    }

    /// Whether another counter of this kind would go beyond the bound.
    pub(crate) fn is_full(&self, kind: CellKind) -> bool {
        self.counts[kind as usize].get() >= bound(kind)
    }

    fn new_cell(&self, ledger: &mut Ledger, kind: CellKind, key: u32, second: u32) -> Option<Slot> {
        let slot = ledger.add_cell(kind, self.id, key, second)?;
        self.cells.borrow_mut().insert((kind, key, second), slot);
        let count = &self.counts[kind as usize];
        count.set(count.get() + 1);
        Some(slot)
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
