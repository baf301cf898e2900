//! From the node above to the node of this function below it: what spares a start the look into the
//! call tree.
//!
//! Nodes live as long as the process and are never another's, so nothing here is ever forgotten.

use std::cell::Cell;

use ghost_ledger::NodeSlots;

use crate::limits::INLINE_WAYS;
use crate::slot_cache::UNUSED;

/// The node above by its address, 0 for none, and the node below it.
type Way = (Cell<usize>, Cell<Option<&'static NodeSlots>>);

/// Filled front to back, then overwritten in turn.
#[derive(Debug)]
pub(crate) struct NodeCache {
    ways: [Way; INLINE_WAYS],
    next: Cell<u8>,
}

impl Default for NodeCache {
    fn default() -> Self {
        let unused = || (Cell::new(UNUSED), Cell::new(None));
        Self { ways: std::array::from_fn(|_| unused()), next: Cell::new(0) }
    }
}

impl NodeCache {
    /// The node below the one at this address.
    #[inline]
    pub(crate) fn below(&self, above: usize) -> Option<&'static NodeSlots> {
        for (key, node) in &self.ways {
            if key.get() == above {
                return node.get();
            }
        }
        None
    }

    pub(crate) fn remember(&self, above: usize, node: &'static NodeSlots) {
        let way = &self.ways[usize::from(self.next.get()) % INLINE_WAYS];
        self.next.set(self.next.get().wrapping_add(1));
        way.0.set(above);
        way.1.set(Some(node));
    }
}
