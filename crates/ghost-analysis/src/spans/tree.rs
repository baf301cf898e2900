//! A trace as a tree: spans below their parents, functions below the span they ran in, and what happened
//! within a function below that function.
//!
//! A function knows the span that was current when it began and its caller, not the activation that
//! called it; which one that was follows from time. Functions and spans are measured by different
//! clocks, so a span may stick out of its function by a little.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use ghost_model::{Attribute, Span, SpanFunction, SpanId, SpanKind};

use super::{KeptSpans, critical_path};

/// How far a span may stick out of the function it happened in.
const CLOCK_DIFFERENCE_NS: u64 = 50_000;
/// How far clocks differ in the short run: nothing follows from less.
const CLOCK_JITTER_NS: u64 = 1_000;
/// Time without anything recorded is worth a line from this part of the root's time: one twentieth.
const GAP_SHARE_INVERSE: u64 = 20;
/// And from this on; shorter ones are our own cost and the framework's.
const GAP_NS_MIN: u64 = 100_000;

/// Nodes within each other beyond this are shown apart. Programs nest less.
const DEPTH_MAX: usize = 200;

/// A stretch of a node's time in which nothing below it ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// When it began.
    pub start_unix_ns: u64,
    /// How long it was.
    pub duration_ns: u64,
}

/// Something of a trace, or several of the same kind and name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: SpanKind,
    /// Whether it is an activation that the observer sampled, not a span.
    pub is_activation: bool,
    /// Route template, function, redacted statement, host.
    pub name: String,
    /// How many it stands for.
    pub count: u64,
    /// Its span, or that of the first.
    pub span_id: SpanId,
    /// When it, or the first, began.
    pub start_unix_ns: u64,
    /// When it, or the last, ended.
    pub end_unix_ns: u64,
    /// How long it took, or all of them together.
    pub duration_ns: u64,
    /// What of it is not covered by anything below it.
    pub self_ns: u64,
    /// Whether it, or one of them, failed.
    pub is_error: bool,
    /// Whether the end of the trace waited for it.
    pub is_critical: bool,
    /// HTTP method or operation; empty where there is none.
    pub method: String,
    /// Table or collection; empty where there is none.
    pub collection: String,
    /// Database system, framework; empty where there is none.
    pub system: String,
    /// Type of the exception; empty where there is none.
    pub exception_type: String,
    /// HTTP status.
    pub status: Option<i64>,
    /// Rows returned or changed, of all of them.
    pub rows: Option<i64>,
    /// Long stretches without anything below it.
    pub gaps: Vec<Gap>,
    /// What happened within it, by time.
    pub children: Vec<Node>,
}

/// The trees of one trace, by time: one, unless parts of it were recorded elsewhere or gave way.
pub fn trees(kept: &KeptSpans<'_>) -> Vec<Node> {
    let mut forest = Forest::of_spans(kept);
    forest.add_activations(kept);
    forest.cut_long_chains();
    let mut roots = forest.assemble();
    for root in &mut roots {
        root.is_critical = true;
        critical_path::mark(root);
        let gap_ns = (root.duration_ns / GAP_SHARE_INVERSE).max(GAP_NS_MIN);
        measure(root, gap_ns);
    }
    roots
}

/// Nodes that are not yet within each other, and for each the one it happened in.
struct Forest {
    nodes: Vec<Node>,
    parents: Vec<Option<usize>>,
    place_of: HashMap<SpanId, usize>,
}

impl Forest {
    fn of_spans(kept: &KeptSpans<'_>) -> Self {
        let place_of: HashMap<SpanId, usize> =
            kept.spans.iter().enumerate().map(|(place, span)| (span.span_id, place)).collect();
        let parent = |span: &Span| place_of.get(&span.parent_span_id).copied();
        let parents = kept.spans.iter().map(parent).collect();
        Self { nodes: kept.spans.iter().map(node_of_span).collect(), parents, place_of }
    }

    /// Puts activations below their span, and what happened within an activation below that.
    fn add_activations(&mut self, kept: &KeptSpans<'_>) {
        let mut by_span: BTreeMap<usize, Vec<&SpanFunction>> = BTreeMap::new();
        for activation in kept.functions {
            if let Some(place) = self.place_of.get(&activation.span_id) {
                by_span.entry(*place).or_default().push(activation);
            }
        }
        let mut children_of: HashMap<usize, Vec<usize>> = HashMap::new();
        for (child, parent) in self.parents.iter().enumerate() {
            if let Some(parent) = parent {
                children_of.entry(*parent).or_default().push(child);
            }
        }
        for (span, mut activations) in by_span {
            activations.sort_by_key(|it| (it.start_unix_ns, Reverse(it.latency_ns)));
            let first = self.nodes.len();
            for (activation, within) in activations.iter().zip(nest(&activations)) {
                self.nodes.push(node_of_activation(kept, activation));
                self.parents.push(Some(within.map_or(span, |place| first + place)));
            }
            for &child in children_of.get(&span).into_iter().flatten() {
                let around = deepest_around(&self.nodes[first..], &self.nodes[child]);
                self.parents[child] = Some(around.map_or(span, |place| first + place));
            }
        }
    }

    /// Makes what lies too deep a root, and what lies within itself, which only damage explains.
    fn cut_long_chains(&mut self) {
        for place in 0..self.nodes.len() {
            let mut above = self.parents[place];
            for _ in 0..DEPTH_MAX {
                above = above.and_then(|parent| self.parents[parent]);
            }
            if above.is_some() {
                self.parents[place] = None;
            }
        }
    }

    /// Puts every node into the one it happened in, the last ones first: a node is complete when it
    /// is moved.
    fn assemble(self) -> Vec<Node> {
        let depth_of = |place: usize| {
            std::iter::successors(self.parents[place], |parent| self.parents[*parent]).count()
        };
        let mut order: Vec<(usize, usize)> =
            (0..self.nodes.len()).map(|place| (depth_of(place), place)).collect();
        order.sort_unstable_by_key(|entry| Reverse(*entry));
        let mut nodes: Vec<Option<Node>> = self.nodes.into_iter().map(Some).collect();
        let mut roots = Vec::new();
        for (_, place) in order {
            let Some(mut node) = nodes[place].take() else { continue };
            node.children.sort_by_key(|child| (child.start_unix_ns, child.span_id));
            match self.parents[place].and_then(|parent| nodes[parent].as_mut()) {
                Some(parent) => parent.children.push(node),
                None => roots.push(node),
            }
        }
        roots.sort_by_key(|root| (root.start_unix_ns, root.span_id));
        roots
    }
}

/// For each activation of one span the one that it ran in. They are sorted by start, longer ones first.
fn nest(activations: &[&SpanFunction]) -> Vec<Option<usize>> {
    let end = |it: &SpanFunction| it.start_unix_ns.saturating_add(it.latency_ns);
    let mut open: Vec<usize> = Vec::new();
    let mut within = Vec::with_capacity(activations.len());
    for (place, activation) in activations.iter().enumerate() {
        open.retain(|around| end(activations[*around]) >= activation.start_unix_ns);
        let contains = |around: &&usize| end(activations[**around]) >= end(activation);
        let is_caller = |around: &&usize| activations[**around].function == activation.caller;
        // Its caller; or, where that was not sampled, whatever it ran in.
        let caller = open.iter().rev().filter(contains).find(is_caller);
        within.push(caller.or_else(|| open.iter().rev().find(contains)).copied());
        open.push(place);
    }
    within
}

/// The activation that a span happened in: of those it sticks out of the least the one that began
/// last. Nothing happens in what was shorter.
fn deepest_around(activations: &[Node], span: &Node) -> Option<usize> {
    let sticks_out = |activation: &Node| {
        let before = activation.start_unix_ns.saturating_sub(span.start_unix_ns);
        let after = span.end_unix_ns.saturating_sub(activation.end_unix_ns);
        before.saturating_add(after).saturating_sub(CLOCK_JITTER_NS)
    };
    let around = activations.iter().enumerate().filter(|(_, activation)| {
        activation.duration_ns >= span.duration_ns && sticks_out(activation) < CLOCK_DIFFERENCE_NS
    });
    let nearest =
        around.min_by_key(|(place, activation)| (sticks_out(activation), Reverse(*place)));
    nearest.map(|(place, _)| place)
}

fn node_of_span(span: &Span) -> Node {
    let text = |attribute| span.text(attribute).unwrap_or_default().to_owned();
    let first = |attributes: [Attribute; 2]| {
        attributes.into_iter().map(text).find(|text| !text.is_empty()).unwrap_or_default()
    };
    Node {
        kind: span.kind,
        name: span.name.clone(),
        count: 1,
        span_id: span.span_id,
        start_unix_ns: span.start_unix_ns,
        end_unix_ns: span.start_unix_ns.saturating_add(span.duration_ns),
        duration_ns: span.duration_ns,
        is_error: span.is_error,
        method: first([Attribute::Method, Attribute::Operation]),
        collection: text(Attribute::Collection),
        system: first([Attribute::DbSystem, Attribute::Framework]),
        exception_type: text(Attribute::ExceptionType),
        status: span.int(Attribute::StatusCode),
        rows: span.int(Attribute::Rows),
        ..Node::default()
    }
}

fn node_of_activation(kept: &KeptSpans<'_>, activation: &SpanFunction) -> Node {
    Node {
        kind: SpanKind::Function,
        is_activation: true,
        name: kept.function_name(activation.function),
        count: 1,
        span_id: activation.span_id,
        start_unix_ns: activation.start_unix_ns,
        end_unix_ns: activation.start_unix_ns.saturating_add(activation.latency_ns),
        duration_ns: activation.latency_ns,
        is_error: activation.is_exception,
        ..Node::default()
    }
}

/// Finds in every node the time that is not covered by what is below it.
fn measure(node: &mut Node, gap_ns: u64) {
    let mut covered_until = node.start_unix_ns;
    let mut uncovered_ns = 0;
    let mut gaps = Vec::new();
    let ends = [(node.end_unix_ns, node.end_unix_ns)];
    let children = node.children.iter().map(|child| (child.start_unix_ns, child.end_unix_ns));
    for (start, end) in children.chain(ends) {
        let duration_ns = start.min(node.end_unix_ns).saturating_sub(covered_until);
        uncovered_ns += duration_ns;
        if duration_ns >= gap_ns && !node.children.is_empty() {
            gaps.push(Gap { start_unix_ns: covered_until, duration_ns });
        }
        covered_until = covered_until.max(end);
    }
    node.self_ns = uncovered_ns;
    node.gaps = gaps;
    for child in &mut node.children {
        measure(child, gap_ns);
    }
}

#[cfg(test)]
mod tests;
