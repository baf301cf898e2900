//! The callers of one function: what the end of an activation must know of its beginning, and the
//! inline cache of what a caller received.
//!
//! An edge is made once per function and caller, and kept for the life of the process: shadow stacks
//! refer to it. At most [`crate::limits::CALLERS_MAX`] per function, and one for those beyond.

use rustc_hash::FxHashMap;
use std::cell::{Cell, OnceCell, RefCell};

use crate::node_cache::NodeCache;
use crate::slot_cache::SlotCache;

/// A caller of a function.
#[derive(Debug)]
pub(crate) struct Edge {
    /// Number of the calling function.
    pub(crate) caller: u32,
    /// Types of the values it received.
    pub(crate) returns: SlotCache,
    /// Nodes of the call tree that its calls were on.
    pub(crate) nodes: NodeCache,
}

impl Edge {
    pub(crate) fn leak(caller: u32) -> &'static Self {
        Box::leak(Box::new(Self {
            caller,
            returns: SlotCache::default(),
            nodes: NodeCache::default(),
        }))
    }
}

/// All callers of a function. Small, because most functions have one.
#[derive(Debug, Default)]
pub(crate) struct Edges {
    first: Cell<Option<&'static Edge>>,
    others: OnceCell<Box<RefCell<FxHashMap<u32, &'static Edge>>>>,
}

impl Edges {
    /// The caller with this number; `None` if it is not known and there are `max` already.
    pub(crate) fn of(&self, caller: u32, max: usize) -> Option<&'static Edge> {
        if let Some(known) = self.known(caller) {
            return Some(known);
        }
        let others = self.others.get().map_or(0, |others| others.borrow().len());
        (usize::from(self.first.get().is_some()) + others < max).then(|| self.add(caller))
    }

    /// The caller with this number, however many there are.
    pub(crate) fn always(&self, caller: u32) -> &'static Edge {
        self.known(caller).unwrap_or_else(|| self.add(caller))
    }

    /// Hands every caller on.
    pub(crate) fn each(&self, look: impl Fn(&Edge)) {
        self.first.get().into_iter().for_each(&look);
        if let Some(others) = self.others.get() {
            others.borrow().values().for_each(|edge| look(edge));
        }
    }

    fn known(&self, caller: u32) -> Option<&'static Edge> {
        let first = self.first.get().filter(|edge| edge.caller == caller);
        first.or_else(|| self.others.get()?.borrow().get(&caller).copied())
    }

    fn add(&self, caller: u32) -> &'static Edge {
        let edge = Edge::leak(caller);
        if self.first.get().is_none() {
            self.first.set(Some(edge));
        } else {
            self.others.get_or_init(Box::default).borrow_mut().insert(caller, edge);
        }
        edge
    }
}
