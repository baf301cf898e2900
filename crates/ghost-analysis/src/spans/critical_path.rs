//! The critical path of a trace: what its end waited for. Making anything else faster changes nothing.

use super::Node;

/// Spans of different clocks may overlap by this and still follow each other.
const OVERLAP_NS: u64 = 10_000;

/// Marks what the end of `node`, which is on the path, waited for: backwards from its end, always the
/// child that ended last before.
pub(super) fn mark(node: &mut Node) {
    let mut cursor = node.end_unix_ns;
    let mut last_first: Vec<usize> = (0..node.children.len()).collect();
    last_first.sort_by_key(|child| std::cmp::Reverse(node.children[*child].end_unix_ns));
    for place in last_first {
        let child = &mut node.children[place];
        if child.end_unix_ns <= cursor.saturating_add(OVERLAP_NS) {
            child.is_critical = true;
            cursor = child.start_unix_ns;
            mark(child);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(start_unix_ns: u64, end_unix_ns: u64, children: Vec<Node>) -> Node {
        Node { start_unix_ns, end_unix_ns, children, ..Node::default() }
    }

    #[test]
    fn of_what_ran_at_once_only_the_last_to_end_matters() {
        let ms = 1_000_000;
        let inner = vec![node(60 * ms, 80 * ms, vec![])];
        let mut root = node(
            0,
            100 * ms,
            vec![
                node(0, 20 * ms, vec![]),
                node(20 * ms, 50 * ms, vec![]),
                node(20 * ms, 90 * ms, inner),
            ],
        );
        mark(&mut root);
        let critical: Vec<bool> = root.children.iter().map(|child| child.is_critical).collect();
        assert_eq!(critical, [true, false, true]);
        assert!(root.children[2].children[0].is_critical);
    }

    #[test]
    fn what_ended_after_its_parent_is_not_waited_for() {
        let mut root = node(0, 1_000_000, vec![node(0, 2_000_000, vec![])]);
        mark(&mut root);
        assert!(!root.children[0].is_critical);
    }
}
