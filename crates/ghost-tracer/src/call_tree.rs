//! The call tree of this process: which nodes there are, and which is below which.
//!
//! A node is a function below the path of its nearest observed callers; a function that calls itself
//! stays on its node. Knows no events: [`crate::tracer`] counts on the nodes it is given.
//!
//! What is beyond the bounds is told apart by function only, below one node `…`, so that the calls of
//! all nodes of a function are always all its calls.

use rustc_hash::FxHashMap;

use ghost_ledger::{Ledger, NodeSlots};

use crate::function_registry::ROOT_FUNCTION;
use crate::function_state::OVERFLOW_FUNCTION;
use crate::limits::{CALL_TREE_DEPTH_MAX, NODES_MAX};

/// A node's place.
#[derive(Clone, Copy, Debug)]
struct Place {
    number: u32,
    depth: usize,
}

/// All nodes of the process.
#[derive(Debug, Default)]
pub(crate) struct CallTree {
    /// By the address of the node above, 0 for the root, and the function.
    below: FxHashMap<(usize, u32), &'static NodeSlots>,
    /// By the node's address. Those beyond the bounds have none.
    places: FxHashMap<usize, Place>,
    /// The node `…`; `None` where there was no room even for it.
    beyond: Option<(u32, &'static NodeSlots)>,
    /// Those below it, by function.
    beyond_of: FxHashMap<u32, &'static NodeSlots>,
}

/// The node of a function below another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    /// `None` where there is no room for anything.
    pub(crate) node: Option<&'static NodeSlots>,
    /// Whether it is below `…`. No cache may hold such a node: each call there is noted.
    pub(crate) is_refused: bool,
}

impl CallTree {
    /// Begins with the root and the node `…`.
    pub(crate) fn begin(ledger: &mut Ledger) -> Self {
        let root = ledger.add_node(0, ROOT_FUNCTION);
        let beyond = root.and_then(|(root, _)| ledger.add_node(root, OVERFLOW_FUNCTION));
        Self { beyond, ..Self::default() }
    }

    /// The node of a function below the one at this address, 0 for the root.
    pub(crate) fn find(&mut self, ledger: &mut Ledger, above: usize, function: u32) -> Found {
        if let Some(&node) = self.below.get(&(above, function)) {
            return Found { node: Some(node), is_refused: false };
        }
        match self.add(ledger, above, function) {
            Some(node) => Found { node: Some(node), is_refused: false },
            None => Found { node: self.add_beyond(ledger, function), is_refused: true },
        }
    }

    /// `None` beyond the bounds, and below what is.
    fn add(
        &mut self,
        ledger: &mut Ledger,
        above: usize,
        function: u32,
    ) -> Option<&'static NodeSlots> {
        let root = Place { number: 0, depth: 0 };
        let Place { number, depth } = if above == 0 { root } else { *self.places.get(&above)? };
        if self.places.len() >= NODES_MAX || depth >= CALL_TREE_DEPTH_MAX {
            return None;
        }
        let (number, node) = ledger.add_node(number, function)?;
        self.places.insert(node.address(), Place { number, depth: depth + 1 });
        self.below.insert((above, function), node);
        // A function that calls itself.
        self.below.insert((node.address(), function), node);
        Some(node)
    }

    fn add_beyond(&mut self, ledger: &mut Ledger, function: u32) -> Option<&'static NodeSlots> {
        if let Some(&node) = self.beyond_of.get(&function) {
            return Some(node);
        }
        let (number, beyond) = self.beyond?;
        let Some((_, node)) = ledger.add_node(number, function) else { return Some(beyond) };
        self.beyond_of.insert(function, node);
        Some(node)
    }
}
