//! A small cache from an address to its counter.
//!
//! Holds addresses: whoever fills it sees to it that the death of what is there is reported, and
//! calls [`SlotCache::forget`].

use std::cell::Cell;

use ghost_ledger::Slot;

use crate::limits::INLINE_WAYS;

/// No object is at this address: what an unused way of a cache holds.
pub(crate) const UNUSED: usize = usize::MAX;

/// Filled front to back, then overwritten in turn.
#[derive(Debug)]
pub(crate) struct SlotCache {
    ways: [(Cell<usize>, Cell<Slot>); INLINE_WAYS],
    next: Cell<u8>,
}

impl Default for SlotCache {
    fn default() -> Self {
        let unused = || (Cell::new(UNUSED), Cell::new(Slot::nowhere()));
        Self { ways: std::array::from_fn(|_| unused()), next: Cell::new(0) }
    }
}

impl SlotCache {
    /// Adds to the counter of `address`; false where it is not cached.
    #[inline]
    pub(crate) fn count(&self, address: usize, times: u64) -> bool {
        for (key, slot) in &self.ways {
            if key.get() == address {
                slot.get().add(times);
                return true;
            }
        }
        false
    }

    pub(crate) fn remember(&self, address: usize, slot: Slot) {
        let way = &self.ways[usize::from(self.next.get()) % INLINE_WAYS];
        self.next.set(self.next.get().wrapping_add(1));
        way.0.set(address);
        way.1.set(slot);
    }

    pub(crate) fn forget(&self, address: usize) {
        for (key, _) in &self.ways {
            if key.get() == address {
                key.set(UNUSED);
            }
        }
    }

    pub(crate) fn clear(&self) {
        self.ways.iter().for_each(|(key, _)| key.set(UNUSED));
    }
}
