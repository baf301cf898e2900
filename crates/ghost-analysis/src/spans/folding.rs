//! Siblings of the same kind and name as one with a count: what a loop does is one line, not a page.

use super::Node;

/// Folds the nodes of one level, and what is below each: children of folded nodes become siblings.
pub fn fold(nodes: Vec<Node>) -> Vec<Node> {
    let mut folded: Vec<Node> = Vec::new();
    for node in nodes {
        match folded.iter_mut().find(|first| is_alike(first, &node)) {
            Some(first) => add(first, node),
            None => folded.push(node),
        }
    }
    for node in &mut folded {
        node.children = fold(std::mem::take(&mut node.children));
    }
    folded
}

/// Requests are never alike: each is a story of its own.
fn is_alike(a: &Node, b: &Node) -> bool {
    (a.kind, a.is_activation, a.is_error) == (b.kind, b.is_activation, b.is_error)
        && a.kind != ghost_model::SpanKind::Request
        && (&a.name, &a.method, &a.collection) == (&b.name, &b.method, &b.collection)
}

fn add(first: &mut Node, other: Node) {
    first.count += other.count;
    first.end_unix_ns = first.end_unix_ns.max(other.end_unix_ns);
    first.start_unix_ns = first.start_unix_ns.min(other.start_unix_ns);
    first.duration_ns = first.duration_ns.saturating_add(other.duration_ns);
    first.self_ns = first.self_ns.saturating_add(other.self_ns);
    first.is_critical |= other.is_critical;
    first.rows = match (first.rows, other.rows) {
        (Some(a), Some(b)) => Some(a.saturating_add(b)),
        (a, b) => a.or(b),
    };
    first.children.extend(other.children);
    first.gaps.extend(other.gaps);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::SpanKind;
    use proptest::prelude::*;

    fn node(name: &str, duration_ns: u64, children: Vec<Node>) -> Node {
        Node {
            kind: SpanKind::Query,
            name: name.into(),
            count: 1,
            duration_ns,
            rows: Some(1),
            children,
            ..Node::default()
        }
    }

    #[test]
    fn a_loop_is_one_node_with_one_node_below() {
        let loops = (0..14).map(|n| node("author", 10 + n, vec![node("SELECT ?", n, vec![])]));
        let folded = fold(loops.chain([node("other", 1, vec![])]).collect());
        let counts: Vec<(u64, Option<i64>)> = folded.iter().map(|n| (n.count, n.rows)).collect();
        assert_eq!(counts, [(14, Some(14)), (1, Some(1))]);
        assert_eq!(folded[0].duration_ns, 14 * 10 + 91);
        assert_eq!((folded[0].children.len(), folded[0].children[0].count), (1, 14));
    }

    #[test]
    fn failures_are_not_hidden_among_successes() {
        let failed = Node { is_error: true, ..node("SELECT ?", 1, vec![]) };
        assert_eq!(fold(vec![node("SELECT ?", 1, vec![]), failed]).len(), 2);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(names in prop::collection::vec("[abc]", 0..30)) {
            let nodes: Vec<Node> = names.iter().map(|name| node(name, 3, vec![])).collect();
            let folded = fold(nodes);
            prop_assert_eq!(folded.iter().map(|n| n.count).sum::<u64>(), names.len() as u64);
            prop_assert_eq!(folded.iter().map(|n| n.duration_ns).sum::<u64>(), 3 * names.len() as u64);
            prop_assert!(folded.len() <= 3);
        }
    }
}
