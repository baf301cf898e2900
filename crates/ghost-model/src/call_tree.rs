//! The call tree: what ran below what, as a tree of places.
//!
//! A place is a function below the path of its nearest observed callers. Knows no names and draws
//! nothing; what is done with a tree is the business of `ghost-analysis` and `ghost-export`.

use std::collections::HashMap;

use crate::FunctionId;

/// One place of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallTreeNode {
    /// Index of the place it is below; 0 for those nobody observed called, and for the root itself.
    pub parent: u32,
    /// The function that ran here.
    pub function: FunctionId,
    /// Activations begun here.
    pub call_count: u64,
    /// Time on the stack here, and in everything below.
    pub total_ns: u64,
    /// Time on the stack here that was not spent in observed callees.
    pub self_ns: u64,
}

/// All places of a program.
///
/// Invariants: the first is the root, each place comes after the one it is below, and `total_ns` of
/// each is its `self_ns` plus the `total_ns` of all directly below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallTree {
    nodes: Vec<CallTreeNode>,
}

impl Default for CallTree {
    fn default() -> Self {
        Self { nodes: vec![CallTreeNode::default()] }
    }
}

impl CallTree {
    /// A tree of these places, whose times are summed up here. The first stands for the root, whatever
    /// it is; one below a place that does not come before it is put below the root.
    pub fn of(nodes: Vec<CallTreeNode>) -> Self {
        let mut tree = Self { nodes };
        match tree.nodes.first_mut() {
            Some(root) => *root = CallTreeNode::default(),
            None => tree.nodes.push(CallTreeNode::default()),
        }
        tree.sum_up();
        tree
    }

    fn sum_up(&mut self) {
        for (index, node) in self.nodes.iter_mut().enumerate() {
            node.total_ns = node.self_ns;
            if node.parent as usize >= index {
                node.parent = 0;
            }
        }
        for index in (1..self.nodes.len()).rev() {
            let CallTreeNode { parent, total_ns, .. } = self.nodes[index];
            let above = &mut self.nodes[parent as usize].total_ns;
            *above = above.saturating_add(total_ns);
        }
    }

    /// The places, the root first, each after the one it is below.
    pub fn nodes(&self) -> &[CallTreeNode] {
        &self.nodes
    }

    /// Whether there is no place but the root: no tree was kept.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 1
    }

    /// All time in the tree.
    pub fn total_ns(&self) -> u64 {
        self.nodes[0].total_ns
    }

    /// For each place whether anything was counted there or below it.
    pub fn used(&self) -> Vec<bool> {
        let counted = |node: &CallTreeNode| node.call_count > 0 || node.self_ns > 0;
        let mut used: Vec<bool> = self.nodes.iter().map(counted).collect();
        for (index, node) in self.nodes.iter().enumerate().rev() {
            used[node.parent as usize] |= used[index];
        }
        used
    }

    /// For each place those directly below it.
    pub fn children(&self) -> Vec<Vec<u32>> {
        let mut children = vec![Vec::new(); self.nodes.len()];
        for (index, node) in (0..).zip(&self.nodes).skip(1) {
            children[node.parent as usize].push(index);
        }
        children
    }

    /// The functions from the root's child down to a place; the lowest `length_max` of them.
    pub fn path(&self, place: u32, length_max: usize) -> Vec<FunctionId> {
        let mut path = Vec::new();
        let mut at = place as usize;
        while let Some(node) = self.nodes.get(at).filter(|_| at > 0 && path.len() < length_max) {
            path.push(node.function);
            at = node.parent as usize;
        }
        path.reverse();
        path
    }

    /// Adds the tree of another process, whose functions are those that `function` says here. Places
    /// where nothing was counted are left out.
    pub fn merge(&mut self, other: &Self, function: impl Fn(FunctionId) -> FunctionId) {
        let known = (0..).zip(&self.nodes).skip(1);
        let mut places: HashMap<(u32, FunctionId), u32> =
            known.map(|(place, node)| ((node.parent, node.function), place)).collect();
        let mut translated = vec![0_u32; other.nodes.len()];
        let used = other.used();
        for (index, node) in
            other.nodes.iter().enumerate().skip(1).filter(|(index, _)| used[*index])
        {
            let parent = translated[node.parent as usize];
            let function = function(node.function);
            let next = self.nodes.len() as u32;
            let place = *places.entry((parent, function)).or_insert(next);
            if place == next {
                self.nodes.push(CallTreeNode { parent, function, ..CallTreeNode::default() });
            }
            let sum = &mut self.nodes[place as usize];
            sum.call_count = sum.call_count.saturating_add(node.call_count);
            sum.self_ns = sum.self_ns.saturating_add(node.self_ns);
            translated[index] = place;
        }
        self.sum_up();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn node(parent: u32, function: u32, call_count: u64, self_ns: u64) -> CallTreeNode {
        CallTreeNode { parent, function: FunctionId(function), call_count, total_ns: 0, self_ns }
    }

    fn root() -> CallTreeNode {
        CallTreeNode::default()
    }

    #[test]
    fn a_place_takes_as_long_as_itself_and_all_below() {
        let tree = CallTree::of(vec![root(), node(0, 1, 1, 5), node(1, 2, 3, 7), node(1, 3, 1, 1)]);
        let totals: Vec<u64> = tree.nodes().iter().map(|node| node.total_ns).collect();
        assert_eq!(totals, [13, 13, 7, 1]);
        assert_eq!(tree.path(2, 9), [FunctionId(1), FunctionId(2)]);
        assert_eq!(tree.path(2, 1), [FunctionId(2)]);
        assert_eq!(tree.children(), [vec![1], vec![2, 3], vec![], vec![]]);
    }

    #[test]
    fn what_is_below_nothing_known_is_below_the_root() {
        let tree = CallTree::of(vec![node(9, 9, 9, 9), node(1, 1, 1, 5), node(7, 2, 1, 5)]);
        assert_eq!(tree.nodes()[0], CallTreeNode { total_ns: 10, ..root() });
        assert!(tree.nodes().iter().all(|node| node.parent == 0));
        assert!(CallTree::of(Vec::new()).is_empty());
    }

    #[test]
    fn trees_of_processes_are_added_by_function() {
        let mut merged = CallTree::default();
        let tree = CallTree::of(vec![root(), node(0, 1, 1, 5), node(1, 2, 3, 7)]);
        merged.merge(&tree, |id| FunctionId([0, 4, 5, 9][id.index()]));
        let unused =
            CallTree::of(vec![root(), node(0, 3, 0, 0), node(0, 1, 1, 1), node(2, 1, 0, 2)]);
        merged.merge(&unused, |id| FunctionId([0, 4, 5, 9][id.index()]));
        let expected = vec![root(), node(0, 4, 2, 6), node(1, 5, 3, 7), node(1, 4, 0, 2)];
        assert_eq!(merged, CallTree::of(expected));
    }

    fn trees() -> impl Strategy<Value = CallTree> {
        let parts = (0_u32..12, 0_u32..4, 0_u64..9, 0_u64..9);
        let nodes = prop::collection::vec(parts.prop_map(|(a, b, c, d)| node(a, b, c, d)), 0..12);
        nodes.prop_map(|nodes| CallTree::of(std::iter::once(root()).chain(nodes).collect()))
    }

    fn sums(tree: &CallTree, function: u32) -> (u64, u64) {
        let nodes = tree.nodes().iter().filter(|node| node.function.0 == function);
        nodes.fold((0, 0), |(calls, ns), node| (calls + node.call_count, ns + node.self_ns))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

        #[test]
        fn merging_loses_and_invents_nothing(one in trees(), other in trees()) {
            let mut merged = one.clone();
            merged.merge(&other, |id| id);
            for function in 0..4 {
                let (a, b) = (sums(&one, function), sums(&other, function));
                prop_assert_eq!(sums(&merged, function), (a.0 + b.0, a.1 + b.1));
            }
            prop_assert_eq!(merged.total_ns(), one.total_ns() + other.total_ns());
            for (index, node) in merged.nodes().iter().enumerate().skip(1) {
                prop_assert!((node.parent as usize) < index);
            }
        }
    }
}
