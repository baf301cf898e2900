//! Trees: what goes below what, and what time is left over.

use proptest::prelude::*;

use super::*;
use ghost_model::{
    Function, FunctionId, FunctionKey, FunctionKind, Profile, Recording, Span, TraceId,
};

const MS: u64 = 1_000_000;

fn recording(names: &[&str]) -> Recording {
    let mut recording = Recording::default();
    for name in names {
        recording.functions.push(Function {
            key: FunctionKey { module: "app".into(), qualname: (*name).into(), line: 1 },
            file: "app.py".into(),
            parameters: String::new(),
            kind: FunctionKind::Function,
        });
        recording.profiles.push(Profile::default());
    }
    recording
}

fn span(kind: SpanKind, id: u64, parent: u64, start: u64, end: u64) -> Span {
    Span {
        kind,
        trace_id: TraceId(1),
        span_id: SpanId(id),
        parent_span_id: SpanId(parent),
        start_unix_ns: start * MS,
        duration_ns: (end - start) * MS,
        name: format!("s{id}"),
        ..Span::default()
    }
}

fn activation(function: u32, caller: u32, start: u64, end: u64) -> SpanFunction {
    SpanFunction {
        span_id: SpanId(1),
        function: FunctionId(function),
        caller: FunctionId(caller),
        start_unix_ns: start * MS,
        latency_ns: (end - start) * MS,
        is_exception: false,
    }
}

/// `s1(view:1(s2) s3)`.
fn text(nodes: &[Node]) -> String {
    let one = |node: &Node| match text(&node.children) {
        below if below.is_empty() => node.name.clone(),
        below => format!("{}({below})", node.name),
    };
    nodes.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn built(spans: &[Span], functions: &[SpanFunction]) -> Vec<Node> {
    let recording = recording(&["view", "load", "other"]);
    trees(&KeptSpans { spans, functions, recording: &recording })
}

#[test]
fn queries_go_below_the_deepest_function_around_them() {
    let spans = [
        span(SpanKind::Query, 3, 1, 70, 80),
        span(SpanKind::Query, 2, 1, 25, 30),
        span(SpanKind::Request, 1, 0, 0, 100),
    ];
    let functions = [activation(2, 1, 20, 40), activation(1, 0, 10, 60)];
    let nodes = built(&spans, &functions);
    assert_eq!(text(&nodes), "s1(view:1(load:1(s2)) s3)");
    assert_eq!(nodes[0].self_ns, (100 - 50 - 10) * MS);
    let gaps: Vec<u64> = nodes[0].gaps.iter().map(|gap| gap.duration_ns / MS).collect();
    assert_eq!(gaps, [10, 10, 20]);
    assert!(nodes[0].children.iter().all(|child| child.is_critical));
}

#[test]
fn a_query_that_follows_a_function_is_not_in_it() {
    let mut spans = [span(SpanKind::Request, 1, 0, 0, 100), span(SpanKind::Query, 2, 1, 30, 40)];
    let mut functions = [activation(1, 0, 10, 60), activation(2, 1, 20, 30)];
    assert_eq!(text(&built(&spans, &functions)), "s1(view:1(load:1 s2))");
    // Below a microsecond nothing is told apart.
    (spans[1].start_unix_ns, spans[1].duration_ns) = (30 * MS - 800, 1_600);
    functions[1].latency_ns = 10 * MS;
    assert_eq!(text(&built(&spans, &functions)), "s1(view:1(load:1(s2)))");
    spans[1].duration_ns = 20_000;
    assert_eq!(text(&built(&spans, &functions)), "s1(view:1(load:1 s2))");
}

#[test]
fn a_function_goes_below_its_caller_and_not_below_what_merely_ran_at_once() {
    // Two tasks: `other` ran all the time, `load` was called by `view`.
    let spans = [span(SpanKind::Request, 1, 0, 0, 100)];
    let functions = [activation(1, 0, 0, 90), activation(3, 0, 5, 95), activation(2, 1, 10, 20)];
    assert_eq!(text(&built(&spans, &functions)), "s1(view:1(load:1) other:1)");
}

#[test]
fn a_caller_that_was_not_sampled_is_skipped() {
    let spans = [span(SpanKind::Request, 1, 0, 0, 100)];
    let functions = [activation(1, 0, 0, 90), activation(2, 3, 10, 20)];
    assert_eq!(text(&built(&spans, &functions)), "s1(view:1(load:1))");
}

#[test]
fn parts_whose_parent_is_gone_are_trees_of_their_own() {
    let spans = [span(SpanKind::Query, 5, 4, 0, 1), span(SpanKind::Request, 1, 9, 2, 3)];
    assert_eq!(text(&built(&spans, &[])), "s5 s1");
}

#[test]
fn spans_within_themselves_do_no_harm() {
    let spans = [
        span(SpanKind::Function, 1, 1, 0, 1),
        span(SpanKind::Function, 2, 3, 0, 1),
        span(SpanKind::Function, 3, 2, 0, 1),
    ];
    let nodes = built(&spans, &[]);
    assert_eq!(count(&nodes), 3);
}

fn count(nodes: &[Node]) -> usize {
    nodes.iter().map(|node| 1 + count(&node.children)).sum()
}

fn has_no_more_than_its_time(node: &Node) -> bool {
    node.self_ns <= node.duration_ns && node.children.iter().all(has_no_more_than_its_time)
}

proptest! {
    #[test]
    fn every_span_and_activation_is_in_the_tree_once(
        links in prop::collection::vec((1_u64..40, 0_u64..50, 1_u64..50), 1..300),
        calls in prop::collection::vec((1_u32..4, 0_u32..4, 0_u64..50, 1_u64..50), 0..60),
    ) {
        let spans: Vec<Span> = links
            .iter()
            .zip(1..)
            .map(|((parent, start, length), id)| {
                span(SpanKind::Function, id, *parent, *start, start + length)
            })
            .collect();
        let functions: Vec<SpanFunction> = calls
            .iter()
            .map(|(function, caller, start, length)| {
                activation(*function, *caller, *start, start + length)
            })
            .collect();
        let nodes = built(&spans, &functions);
        prop_assert_eq!(count(&nodes), spans.len() + functions.len());
        prop_assert!(nodes.iter().all(has_no_more_than_its_time));
    }
}
