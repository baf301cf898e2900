//! What is asked of a call tree: what is below a function, which branches matter, where something is.
//!
//! All of it by going through places in order, never by descending: a tree may be as deep as it likes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use ghost_model::{CallTree, CallTreeNode, FunctionId};

/// How much of a tree is wanted.
#[derive(Clone, Copy, Debug)]
pub struct TreeCut {
    /// Levels below the top, at most.
    pub depth: usize,
    /// Of the top's time, at least; of its calls where no time was measured.
    pub min_share: f64,
    /// Places in all, at most, the top included.
    pub limit: usize,
}

/// A place that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its place in the tree.
    pub place: u32,
    /// Where the place above it is in the list; `None` for the top.
    pub parent: Option<usize>,
    /// How many of the places directly below are not in the list.
    pub elided_count: usize,
}

/// The branches below a place that take longest, the top first, each after the one it is below.
pub fn largest_branches(tree: &CallTree, top: u32, cut: TreeCut) -> Vec<Branch> {
    let nodes = tree.nodes();
    let (children, used) = (tree.children(), tree.used());
    let calls = calls_below(tree);
    let weight = |place: u32| (nodes[place as usize].total_ns, calls[place as usize]);
    let Some(whole) = nodes.get(top as usize).map(|_| weight(top)) else { return Vec::new() };
    let is_large = |(ns, calls): (u64, u64)| match whole {
        (0, all) => calls as f64 >= cut.min_share * all as f64,
        (all, _) => ns as f64 >= cut.min_share * all as f64,
    };
    let mut branches: Vec<Branch> = Vec::new();
    // Largest first; of equal ones the earlier place.
    let mut waiting = BinaryHeap::from([(whole, Reverse(top), None::<usize>, 0_usize)]);
    while let Some((_, Reverse(place), parent, depth)) = waiting.pop() {
        if branches.len() >= cut.limit.max(1) {
            break;
        }
        if let Some(above) = parent.and_then(|parent| branches.get_mut(parent)) {
            above.elided_count -= 1;
        }
        let below = || children[place as usize].iter().filter(|child| used[**child as usize]);
        let here = branches.len();
        branches.push(Branch { place, parent, elided_count: below().count() });
        let large = below().filter(|child| depth < cut.depth && is_large(weight(**child)));
        waiting.extend(large.map(|&child| (weight(child), Reverse(child), Some(here), depth + 1)));
    }
    branches
}

/// Calls in each place and below it.
fn calls_below(tree: &CallTree) -> Vec<u64> {
    let mut calls: Vec<u64> = tree.nodes().iter().map(|node| node.call_count).collect();
    for (place, node) in tree.nodes().iter().enumerate().skip(1).rev() {
        calls[node.parent as usize] = calls[node.parent as usize].saturating_add(calls[place]);
    }
    calls
}

/// All that ran below a function, whoever called it: a tree in which it stands once, below the root. Where
/// it called itself through others, the inner calls are below the outer ones.
pub fn below(tree: &CallTree, function: FunctionId) -> CallTree {
    let mut nodes = vec![CallTreeNode::default()];
    let mut places: HashMap<(u32, FunctionId), u32> = HashMap::new();
    // For each place of the whole tree where it is in the new one; 0 for those that are not.
    let mut moved = vec![0_u32; tree.nodes().len()];
    for (place, node) in tree.nodes().iter().enumerate().skip(1) {
        let parent = moved[node.parent as usize];
        if parent == 0 && node.function != function {
            continue;
        }
        let next = nodes.len() as u32;
        let new = *places.entry((parent, node.function)).or_insert(next);
        if new == next {
            let function = node.function;
            nodes.push(CallTreeNode { parent, function, ..CallTreeNode::default() });
        }
        let sum = &mut nodes[new as usize];
        sum.call_count = sum.call_count.saturating_add(node.call_count);
        sum.self_ns = sum.self_ns.saturating_add(node.self_ns);
        moved[place] = new;
    }
    CallTree::of(nodes)
}

/// Where functions are that somebody looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occurrences {
    /// Their places, in the order of the tree.
    pub places: Vec<u32>,
    /// Calls of them.
    pub call_count: u64,
    /// Time in them and all below, where one is below another once.
    pub total_ns: u64,
    /// Time in them alone.
    pub self_ns: u64,
}

/// All places of functions that are wanted.
pub fn occurrences(tree: &CallTree, is_wanted: impl Fn(FunctionId) -> bool) -> Occurrences {
    let mut found = Occurrences::default();
    let mut is_below = vec![false; tree.nodes().len()];
    for (place, node) in (0_u32..).zip(tree.nodes()).skip(1) {
        let above = is_below[node.parent as usize];
        let is_here = is_wanted(node.function);
        is_below[place as usize] = above || is_here;
        if !is_here {
            continue;
        }
        found.places.push(place);
        found.call_count = found.call_count.saturating_add(node.call_count);
        found.self_ns = found.self_ns.saturating_add(node.self_ns);
        if !above {
            found.total_ns = found.total_ns.saturating_add(node.total_ns);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn node(parent: u32, function: u32, call_count: u64, self_ns: u64) -> CallTreeNode {
        CallTreeNode { parent, function: FunctionId(function), call_count, total_ns: 0, self_ns }
    }

    /// `main` calls `load` and `save`, both call `open`, and `open` calls `load` once more.
    fn tree() -> CallTree {
        CallTree::of(vec![
            CallTreeNode::default(),
            node(0, 1, 1, 10),
            node(1, 2, 2, 20),
            node(1, 3, 1, 5),
            node(2, 4, 4, 40),
            node(3, 4, 1, 15),
            node(4, 2, 1, 10),
            node(0, 5, 0, 0),
        ])
    }

    const ALL: TreeCut = TreeCut { depth: 64, min_share: 0.0, limit: 1000 };

    fn places(branches: &[Branch]) -> Vec<(u32, usize)> {
        branches.iter().map(|branch| (branch.place, branch.elided_count)).collect()
    }

    #[test]
    fn branches_come_largest_first_and_say_what_is_missing() {
        let all = largest_branches(&tree(), 0, ALL);
        assert_eq!(places(&all), [(0, 0), (1, 0), (2, 0), (4, 0), (3, 0), (5, 0), (6, 0)]);
        let few = largest_branches(&tree(), 0, TreeCut { limit: 4, ..ALL });
        assert_eq!(places(&few), [(0, 0), (1, 1), (2, 0), (4, 1)]);
        let shallow = largest_branches(&tree(), 1, TreeCut { depth: 1, ..ALL });
        assert_eq!(places(&shallow), [(1, 0), (2, 1), (3, 1)]);
        let large = largest_branches(&tree(), 0, TreeCut { min_share: 0.2, ..ALL });
        assert_eq!(places(&large), [(0, 0), (1, 0), (2, 0), (4, 1), (3, 1)]);
        assert_eq!(largest_branches(&tree(), 99, ALL), []);
    }

    #[test]
    fn a_function_stands_once_above_all_that_it_ever_called() {
        let below = below(&tree(), FunctionId(4));
        let nodes: Vec<_> = below
            .nodes()
            .iter()
            .map(|n| (n.parent, n.function.0, n.call_count, n.total_ns))
            .collect();
        assert_eq!(nodes, [(0, 0, 0, 65), (0, 4, 5, 65), (1, 2, 1, 10)]);
        let recursive = super::below(&tree(), FunctionId(2));
        assert_eq!(recursive.total_ns(), 70);
    }

    #[test]
    fn time_below_two_that_are_looked_for_counts_once() {
        let found = occurrences(&tree(), |id| id.0 == 2);
        let expected = Occurrences { places: vec![2, 6], call_count: 3, total_ns: 70, self_ns: 30 };
        assert_eq!(found, expected);
        assert_eq!(occurrences(&tree(), |_| false), Occurrences::default());
    }

    fn trees() -> impl Strategy<Value = CallTree> {
        let parts = (0_u32..20, 1_u32..5, 0_u64..9, 0_u64..9);
        let nodes = prop::collection::vec(parts.prop_map(|(a, b, c, d)| node(a, b, c, d)), 0..20);
        nodes.prop_map(|nodes| {
            CallTree::of(std::iter::once(CallTreeNode::default()).chain(nodes).collect())
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

        #[test]
        fn what_is_below_a_function_is_what_is_found_of_it(tree in trees(), function in 1_u32..5) {
            let found = occurrences(&tree, |id| id.0 == function);
            prop_assert_eq!(below(&tree, FunctionId(function)).total_ns(), found.total_ns);
        }

        #[test]
        fn every_place_is_kept_or_elided(
            tree in trees(), depth in 1_usize..5, limit in 1_usize..30, share in 0.0..0.5
        ) {
            let cut = TreeCut { depth, min_share: share, limit };
            let branches = largest_branches(&tree, 0, cut);
            prop_assert!(branches.len() <= limit && branches[0].parent.is_none());
            let used = tree.used();
            for (index, branch) in branches.iter().enumerate() {
                prop_assert!(branch.parent.is_none_or(|parent| parent < index));
                let kept = branches.iter().filter(|other| other.parent == Some(index)).count();
                let below = tree.children()[branch.place as usize]
                    .iter()
                    .filter(|child| used[**child as usize])
                    .count();
                prop_assert_eq!(kept + branch.elided_count, below);
            }
        }
    }
}
