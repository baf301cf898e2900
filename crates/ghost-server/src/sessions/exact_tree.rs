//! Who calls whom as a tree, where the session kept a call tree: every call and nanosecond as counted.
//!
//! Which branches are kept is decided in `ghost_analysis`; what a session without a tree can tell is in
//! `estimated_tree`.

use ghost_analysis::call_tree::{TreeCut, below, largest_branches};
use ghost_model::{CallTree, FunctionId};

use super::estimated_tree::TreeNode;

/// The tree below a function, wherever it was called, or below the root; the root comes first, every other
/// node after its caller.
pub(crate) fn exact_tree(tree: &CallTree, root: Option<FunctionId>, cut: TreeCut) -> Vec<TreeNode> {
    let Some(function) = root else { return nodes(tree, 0, cut) };
    match nodes(&below(tree, function), 1, cut) {
        never_called if never_called.is_empty() => vec![TreeNode::nothing(function)],
        nodes => nodes,
    }
}

fn nodes(tree: &CallTree, top: u32, cut: TreeCut) -> Vec<TreeNode> {
    let mut nodes: Vec<TreeNode> = Vec::new();
    for branch in largest_branches(tree, top, cut) {
        let Some(place) = tree.nodes().get(branch.place as usize) else { continue };
        let above = branch.parent.and_then(|parent| nodes.get(parent));
        nodes.push(TreeNode {
            function: place.function,
            parent: branch.parent,
            depth: above.map_or(0, |above| above.depth + 1),
            call_count: place.call_count as f64,
            total_ns: place.total_ns as f64,
            self_ns: place.self_ns as f64,
            elided_count: branch.elided_count,
        });
    }
    if let Some(root) = nodes.first_mut().filter(|_| top == 0) {
        let entries = tree.nodes().iter().skip(1).filter(|node| node.parent == 0);
        root.call_count = entries.map(|node| node.call_count as f64).sum();
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::staging::shop_tree;

    const ALL: TreeCut = TreeCut { depth: 64, min_share: 0.0, limit: 1000 };

    fn shown(nodes: &[TreeNode]) -> Vec<(u32, usize, f64, f64)> {
        let shown = |node: &TreeNode| (node.function.0, node.depth, node.call_count, node.total_ns);
        nodes.iter().map(shown).collect()
    }

    #[test]
    fn the_tree_begins_with_what_nobody_called() {
        let nodes = exact_tree(&shop_tree(), None, ALL);
        assert_eq!(shown(&nodes)[..3], [(0, 0, 1.0, 90.0), (1, 1, 1.0, 90.0), (2, 2, 1.0, 80.0)]);
        assert_eq!(nodes.len(), 6);
    }

    #[test]
    fn a_function_has_all_that_it_called_from_anywhere() {
        let nodes = exact_tree(&shop_tree(), Some(FunctionId(4)), ALL);
        assert_eq!(shown(&nodes), [(4, 0, 120.0, 50.0)]);
        let never = exact_tree(&shop_tree(), Some(FunctionId(6)), ALL);
        assert_eq!(shown(&never), [(6, 0, 0.0, 0.0)]);
    }
}
