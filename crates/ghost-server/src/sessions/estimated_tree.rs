//! Who calls whom as a tree, estimated from edges: a session that kept no call tree knows how often a caller
//! called a function, not how long those calls took.
//!
//! Time is divided among callers by their calls. The most expensive branches are unfolded first, until there are
//! enough; what is folded is counted.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use ghost_analysis::call_tree::TreeCut;
use ghost_model::{FunctionId, FunctionKind, Recording};

use super::callees::Callees;

/// A function below its caller.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TreeNode {
    pub(crate) function: FunctionId,
    /// Where its caller is in the list.
    pub(crate) parent: Option<usize>,
    pub(crate) depth: usize,
    pub(crate) call_count: f64,
    pub(crate) total_ns: f64,
    pub(crate) self_ns: f64,
    /// Callees that are not in the list.
    pub(crate) elided_count: usize,
}

impl TreeNode {
    /// A function that was not called.
    pub(crate) fn nothing(function: FunctionId) -> Self {
        Self {
            function,
            parent: None,
            depth: 0,
            call_count: 0.0,
            total_ns: 0.0,
            self_ns: 0.0,
            elided_count: 0,
        }
    }
}

/// A node that may be unfolded; those that took longest come first, then those that were found first.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Candidate {
    total_ns: f64,
    place: usize,
}

impl Eq for Candidate {}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.total_ns.total_cmp(&other.total_ns).then_with(|| other.place.cmp(&self.place))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The tree below a function, or below all entries into the program; the root comes first, every other node after
/// its caller.
pub(crate) fn estimated_tree(
    recording: &Recording,
    callees: &Callees,
    root: Option<FunctionId>,
    cut: TreeCut,
) -> Vec<TreeNode> {
    let mut tree = Tree { recording, callees, nodes: Vec::new() };
    let mut waiting = BinaryHeap::new();
    match root {
        Some(function) => tree.nodes.push(tree.whole(function)),
        None => tree.add_entries(cut),
    }
    let whole_ns = tree.nodes.first().map_or(0.0, |root| root.total_ns);
    let begin = usize::from(root.is_none());
    waiting.extend((begin..tree.nodes.len()).map(|place| tree.candidate(place)));
    while let Some(Candidate { place, .. }) = waiting.pop() {
        for place in tree.unfold(place, whole_ns, cut) {
            waiting.push(tree.candidate(place));
        }
    }
    tree.nodes
}

struct Tree<'a> {
    recording: &'a Recording,
    callees: &'a Callees,
    nodes: Vec<TreeNode>,
}

impl Tree<'_> {
    fn whole(&self, function: FunctionId) -> TreeNode {
        self.node(function, None, 0, 1.0)
    }

    fn node(
        &self,
        function: FunctionId,
        parent: Option<usize>,
        depth: usize,
        share: f64,
    ) -> TreeNode {
        let profile = self.recording.profiles.get(function.index());
        let number = |number: Option<u64>| number.unwrap_or(0) as f64 * share;
        TreeNode {
            function,
            parent,
            depth,
            call_count: number(profile.map(ghost_model::Profile::call_count)),
            total_ns: number(profile.map(|profile| profile.total_ns)),
            self_ns: number(profile.map(|profile| profile.self_ns)),
            elided_count: 0,
        }
    }

    /// A root that is no function, and below it what was called by nothing that is observed.
    fn add_entries(&mut self, cut: TreeCut) {
        let is_observed = |id: FunctionId| {
            id != FunctionId::ROOT && self.recording.function(id).kind != FunctionKind::External
        };
        let mut entries: Vec<TreeNode> = Vec::new();
        for (id, _, profile) in self.recording.observed() {
            let from = profile.callers.iter().filter(|(caller, _)| !is_observed(*caller));
            let calls = from.fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
            if calls > 0 {
                let share = calls as f64 / profile.call_count().max(1) as f64;
                entries.push(self.node(id, Some(0), 1, share.min(1.0)));
            }
        }
        entries.sort_by(|a, b| {
            b.total_ns.total_cmp(&a.total_ns).then_with(|| a.function.cmp(&b.function))
        });
        let mut root = TreeNode { self_ns: 0.0, ..self.whole(FunctionId::ROOT) };
        root.total_ns = entries.iter().map(|entry| entry.total_ns).sum();
        root.call_count = entries.iter().map(|entry| entry.call_count).sum();
        let least_ns = root.total_ns * cut.min_share;
        let count = entries.len();
        entries.retain(|entry| entry.total_ns >= least_ns);
        entries.truncate(cut.limit.saturating_sub(1));
        root.elided_count = count - entries.len();
        self.nodes.push(root);
        self.nodes.append(&mut entries);
    }

    fn candidate(&self, place: usize) -> Candidate {
        Candidate { total_ns: self.nodes.get(place).map_or(0.0, |node| node.total_ns), place }
    }

    /// Adds the callees of a node, and says where they are.
    fn unfold(&mut self, place: usize, whole_ns: f64, cut: TreeCut) -> std::ops::Range<usize> {
        let first = self.nodes.len();
        let Some(node) = self.nodes.get(place).cloned() else { return first..first };
        let all = self.recording.profiles.get(node.function.index());
        let calls = all.map_or(0, ghost_model::Profile::call_count).max(1) as f64;
        let share = node.call_count / calls;
        let mut elided = 0;
        for &(callee, count) in self.callees.by(node.function) {
            if self.is_above(place, callee) {
                // Recursion is folded: its time is in the node it comes back to.
                continue;
            }
            let profile = self.recording.profiles.get(callee.index());
            let called = profile.map_or(0, ghost_model::Profile::call_count).max(1) as f64;
            let part = (count as f64 * share / called).min(1.0);
            let mut child = self.node(callee, Some(place), node.depth + 1, part);
            // The rest was somewhere else: a callee cannot take longer than its caller.
            child.total_ns = child.total_ns.min(node.total_ns);
            child.self_ns = child.self_ns.min(child.total_ns);
            let is_shown = child.depth <= cut.depth
                && child.total_ns >= whole_ns * cut.min_share
                && self.nodes.len() < cut.limit;
            if is_shown {
                self.nodes.push(child);
            } else {
                elided += 1;
            }
        }
        if let Some(node) = self.nodes.get_mut(place) {
            node.elided_count = elided;
        }
        first..self.nodes.len()
    }

    fn is_above(&self, place: usize, function: FunctionId) -> bool {
        let mut current = Some(place);
        while let Some(node) = current.and_then(|place| self.nodes.get(place)) {
            if node.function == function {
                return true;
            }
            current = node.parent;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::staging::{profile, shop};
    use proptest::prelude::*;

    const ALL: TreeCut = TreeCut { depth: 64, min_share: 0.0, limit: 1000 };

    fn tree(recording: &Recording, root: Option<u32>, cut: TreeCut) -> Vec<TreeNode> {
        estimated_tree(recording, &Callees::of(recording), root.map(FunctionId), cut)
    }

    #[test]
    fn the_shop_is_a_tree() {
        let nodes = tree(&shop(), None, ALL);
        let mut functions: Vec<(u32, usize)> =
            nodes.iter().map(|node| (node.function.0, node.depth)).collect();
        functions.sort_unstable();
        assert_eq!(functions, [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (6, 3)]);
        let price = nodes.iter().find(|node| node.function.0 == 4).unwrap();
        assert_eq!((price.call_count, price.total_ns), (120.0, 4_800_000.0));
    }

    #[test]
    fn what_is_not_unfolded_is_counted() {
        let shallow = tree(&shop(), Some(2), TreeCut { depth: 1, ..ALL });
        assert_eq!((shallow.len(), shallow[1].elided_count), (3, 2));
        let few = tree(&shop(), Some(2), TreeCut { limit: 2, ..ALL });
        assert_eq!((few.len(), few[0].elided_count), (2, 1));
        let costly = tree(&shop(), Some(2), TreeCut { min_share: 0.5, ..ALL });
        assert_eq!(costly.iter().map(|node| node.function.0).collect::<Vec<_>>(), [2, 3, 4]);
    }

    proptest! {
        #[test]
        fn it_ends_and_keeps_its_bounds(
            edges in prop::collection::vec(prop::collection::btree_map(0_u32..7, 1_u64..99, 0..4), 1..7),
            limit in 1_usize..40,
            depth in 1_usize..9,
        ) {
            let mut recording = Recording::default();
            for callers in &edges {
                let mut function = shop().functions[2].clone();
                function.key.line = recording.functions.len() as u32;
                recording.functions.push(function);
                let calls: u64 = callers.values().sum();
                let mut profile = profile(FunctionId::ROOT, calls, 100);
                profile.callers = callers.iter().map(|(id, n)| (FunctionId(*id), *n)).collect();
                recording.profiles.push(profile);
            }
            let cut = TreeCut { depth, limit, min_share: 0.0 };
            let nodes = tree(&recording, None, cut);
            prop_assert!(nodes.len() <= limit);
            for (place, node) in nodes.iter().enumerate().skip(1) {
                let parent = node.parent.unwrap();
                prop_assert!(parent < place && nodes[parent].depth + 1 == node.depth);
                prop_assert!(node.depth <= depth && node.total_ns <= nodes[parent].total_ns + 1e-6);
                prop_assert!(node.self_ns >= 0.0 && node.call_count >= 0.0);
            }
        }
    }
}
