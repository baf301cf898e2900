//! One function's counters: created on first use, shared by every code object that is this function.

use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};

use ghost_ledger::layout::{BLOCK_BUCKETS, CellKind};
use ghost_ledger::{Counter, FunctionSlots, HistogramBlock, Ledger, Slot};
use ghost_model::bucket_index;

use crate::TypeAddress;
use crate::edge::{Edge, Edges};
use crate::limits::{CALLERS_MAX, OUTCOMES_MAX, PAIRS_MAX, SIGNATURES_MAX};
use crate::number_set::NumberSet;
use crate::type_registry::OVERFLOW;

/// Blocks of 32 buckets: every duration there is.
const BLOCKS: usize = 16;

/// Kinds of cells.
const CELL_KINDS: usize = CellKind::ALL.len();

/// A function as the ledger knows it. Lives as long as the process.
#[derive(Debug)]
pub(crate) struct FunctionState {
    pub(crate) id: u32,
    pub(crate) slots: &'static FunctionSlots,
    blocks: [Cell<Option<&'static HistogramBlock>>; BLOCKS],
    cells: RefCell<FxHashMap<(CellKind, u32, u32), Slot>>,
    edges: Edges,
    /// Numbers of the signatures that are told apart.
    signatures: NumberSet,
    /// Numbers of the returned types that are told apart.
    returned: NumberSet,
    /// Exception type and catcher that were counted last, and their counter.
    pub(crate) caught: Cell<Option<(u32, u32, Slot)>>,
    /// Cells per kind.
    counts: [Cell<u32>; CELL_KINDS],
}

impl FunctionState {
    pub(crate) fn new(id: u32, slots: &'static FunctionSlots) -> Self {
        Self {
            id,
            slots,
            blocks: Default::default(),
            cells: RefCell::default(),
            edges: Edges::default(),
            signatures: NumberSet::default(),
            returned: NumberSet::default(),
            caught: Cell::new(None),
            counts: Default::default(),
        }
    }

    /// Records the duration of ended activations.
    #[inline]
    pub(crate) fn add_latency(&self, ledger: &mut Ledger, latency_ns: u64, times: u64) {
        self.slots.add_latency(latency_ns, times);
        let bucket = bucket_index(latency_ns);
        match self.blocks[bucket as usize / BLOCK_BUCKETS % BLOCKS].get() {
            Some(block) if !block.add(bucket, times as u32) => {}
            _ => self.add_latency_slowly(ledger, bucket, times as u32),
        }
    }

    /// Makes the block, or notes that a bucket went past 2³².
    #[cold]
    fn add_latency_slowly(&self, ledger: &mut Ledger, bucket: u32, times: u32) {
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
            block.add(bucket, times);
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
            let fits = (self.counts[kind as usize].get() as usize) < bound(kind);
            fits.then(|| self.new_cell(ledger, kind, key, second)).flatten()
        })
    }

    /// The counter for everything beyond the bound; notes one more that is counted there.
    pub(crate) fn overflow(&self, ledger: &mut Ledger, kind: CellKind) -> Slot {
        self.refuse(ledger, Counter::TypesRefused, (kind, OVERFLOW, 0))
    }

    /// The number of a signature if it is told apart here; what is not is noted.
    pub(crate) fn signature(&self, ledger: &Ledger, number: Option<u32>) -> Option<u32> {
        let admitted = number.filter(|&number| self.signatures.admits(number, SIGNATURES_MAX));
        if admitted.is_none() {
            ledger.counter(Counter::SignaturesRefused).add(1);
        }
        admitted
    }

    /// Whether a signature that was not seen before would be counted as `…`.
    pub(crate) fn is_full_of_signatures(&self) -> bool {
        self.signatures.is_full(SIGNATURES_MAX)
    }

    /// The number of a returned type as it is counted here: that of `…` beyond the bound.
    pub(crate) fn returned(&self, ledger: &Ledger, number: u32) -> u32 {
        if self.returned.admits(number, OUTCOMES_MAX) {
            return number;
        }
        ledger.counter(Counter::TypesRefused).add(1);
        OVERFLOW
    }

    /// Where calls with a signature by a caller are counted, and as whose. `None` where that is the
    /// caller `…`, of whom there is no telling: see [`Self::refuse_caller`].
    pub(crate) fn start(
        &self,
        ledger: &mut Ledger,
        signature: u32,
        caller: u32,
    ) -> Option<(Slot, &'static Edge)> {
        let edge = self.edge(caller)?;
        let slot = self.cell(ledger, CellKind::ArgsByCaller, signature, caller)?;
        Some((slot, edge))
    }

    /// Where calls with a signature by callers beyond the bound are counted; notes one more.
    pub(crate) fn refuse_caller(
        &self,
        ledger: &mut Ledger,
        signature: u32,
    ) -> (Slot, &'static Edge) {
        let kind = CellKind::ArgsByCaller;
        let cell = (kind, signature, OVERFLOW_FUNCTION);
        let slot = self.refuse(ledger, Counter::CallersRefused, cell);
        (slot, self.edge_beyond_bound())
    }

    /// The callers beyond the bound.
    pub(crate) fn edge_beyond_bound(&self) -> &'static Edge {
        self.edges.always(OVERFLOW_FUNCTION)
    }

    /// Where values of a type that one caller received are counted, and whether that is for good:
    /// beyond the bound nobody in particular received them, and one more is noted.
    pub(crate) fn receive(&self, ledger: &mut Ledger, class: u32, edge: &Edge) -> (Slot, bool) {
        let kind = CellKind::ReturnsByCaller;
        if let Some(slot) = self.cell(ledger, kind, class, edge.caller) {
            return (slot, true);
        }
        let cell = (kind, class, OVERFLOW_FUNCTION);
        if edge.caller == OVERFLOW_FUNCTION {
            // Noted when the activation began.
            let refused = ledger.counter(Counter::CallersRefused);
            return (self.beyond_bound(ledger, cell).unwrap_or(refused), true);
        }
        (self.refuse(ledger, Counter::CallersRefused, cell), false)
    }

    /// The caller with this number, if there is room for it.
    pub(crate) fn edge(&self, caller: u32) -> Option<&'static Edge> {
        self.edges.of(caller, CALLERS_MAX)
    }

    /// Drops what callers' caches hold for a type that died.
    pub(crate) fn forget_returned(&self, class: TypeAddress) {
        self.edges.each(|edge| edge.returns.forget(class.0));
    }

    /// Drops every returned type that is cached.
    pub(crate) fn forget_returns(&self) {
        self.edges.each(|edge| edge.returns.clear());
    }

    /// The counter of a cell for what is beyond a bound; notes one more that is counted there.
    fn refuse(&self, ledger: &mut Ledger, counter: Counter, cell: (CellKind, u32, u32)) -> Slot {
        let refused = ledger.counter(counter);
        refused.add(1);
        self.beyond_bound(ledger, cell).unwrap_or(refused)
    }

    /// The counter of a cell that no bound is held against.
    fn beyond_bound(&self, ledger: &mut Ledger, cell: (CellKind, u32, u32)) -> Option<Slot> {
        let known = self.cells.borrow().get(&cell).copied();
        known.or_else(|| self.new_cell(ledger, cell.0, cell.1, cell.2))
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
        CellKind::ArgsByCaller | CellKind::ReturnsByCaller => PAIRS_MAX,
        CellKind::BucketWraps => usize::MAX,
        CellKind::Yield | CellKind::Exception | CellKind::Handled => OUTCOMES_MAX,
        // Sums of the pairs, which the reader makes.
        CellKind::Args | CellKind::Return | CellKind::Caller => 0,
    }
}

/// Number of the function that stands for all beyond the bound: the one after the root.
pub(crate) const OVERFLOW_FUNCTION: u32 = 1;
