//! Where in the call tree an activation is.

use ghost_ledger::{Counter, NodeSlots};

use super::Tracer;
use crate::Interpreter;
use crate::call_tree::CallTree;
use crate::code_state::CodeState;
use crate::edge::Edge;

impl<I: Interpreter> Tracer<I> {
    /// Keeps a call tree from now on, of what is started by [`Self::start`] with `TREE`.
    pub fn keep_call_tree(&mut self) {
        // One that was kept before is still in the ledger, with all counts at zero.
        let Self { tree, ledger, .. } = self;
        tree.get_or_insert_with(|| CallTree::begin(ledger));
    }

    /// Address of the node that runs now; 0 where none does.
    #[inline]
    pub(super) fn running_node(&self) -> usize {
        let top = self.stacks.running.entries.last();
        top.and_then(|top| top.node).map_or(0, NodeSlots::address)
    }

    /// Counts an activation that begins on the node `above`; says on which it is.
    #[inline]
    pub(super) fn begin_on_node(
        &mut self,
        code: &CodeState,
        edge: &Edge,
        above: usize,
    ) -> Option<&'static NodeSlots> {
        let node = match edge.nodes.below(above) {
            Some(node) => node,
            None => self.miss_node(code, edge, above, true)?,
        };
        node.add_calls(1);
        Some(node)
    }

    /// The node of an activation that goes on. Nothing is counted: it began elsewhere.
    pub(super) fn resume_on_node(
        &mut self,
        code: &CodeState,
        edge: &Edge,
    ) -> Option<&'static NodeSlots> {
        self.tree.as_ref()?;
        let above = self.running_node();
        edge.nodes.below(above).or_else(|| self.miss_node(code, edge, above, false))
    }

    #[cold]
    #[inline(never)]
    fn miss_node(
        &mut self,
        code: &CodeState,
        edge: &Edge,
        above: usize,
        begins: bool,
    ) -> Option<&'static NodeSlots> {
        let Self { tree, ledger, .. } = self;
        let found = tree.as_mut()?.find(ledger, above, code.function.get().id);
        match found.node {
            Some(node) if !found.is_refused => edge.nodes.remember(above, node),
            _ => self.ledger.counter(Counter::NodesRefused).add(u64::from(begins)),
        }
        found.node
    }
}
