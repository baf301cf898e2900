//! Routes: what their requests add up to, and the functions they spend their time in.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use ghost_model::{RouteKey, RouteTotals, Span, SpanFunction, SpanId, SpanKind, TraceId};

use super::{KeptSpans, Node, issuers, trees};

/// A function within the kept requests of a route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteFunction {
    /// `Cart.add:7`.
    pub name: String,
    /// Its activations.
    pub call_count: u64,
    /// Its own time: without what it called and the queries it sent, as far as they were recorded.
    pub self_ns: u64,
    /// Its time.
    pub duration_ns: u64,
    /// Requests it was seen in.
    pub request_count: u64,
}

/// One route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// The route.
    pub key: RouteKey,
    /// What all its requests add up to.
    pub totals: RouteTotals,
    /// Functions in its kept requests, the most expensive first.
    pub functions: Vec<RouteFunction>,
}

impl RequestRow {
    /// `GET /users/{id}`.
    pub fn label(&self) -> String {
        issuers::label(&self.key)
    }

    /// Queries per request, on average.
    pub fn queries_per_request(&self) -> f64 {
        self.totals.query_count as f64 / self.totals.request_count.max(1) as f64
    }
}

/// Every route, the one with the most requests first.
pub fn requests(routes: Vec<(RouteKey, RouteTotals)>, kept: &KeptSpans<'_>) -> Vec<RequestRow> {
    let mut functions = functions_by_route(kept);
    let row = |(key, totals): (RouteKey, RouteTotals)| {
        let found = functions.remove(&key).unwrap_or_default();
        let mut functions: Vec<RouteFunction> = found.into_values().collect();
        // The bodies of modules that a request imported are nobody's function.
        functions.retain(|function| !function.name.starts_with("<module>"));
        functions.sort_by(|a, b| (Reverse(a.self_ns), &a.name).cmp(&(Reverse(b.self_ns), &b.name)));
        RequestRow { key, totals, functions }
    };
    let mut rows: Vec<RequestRow> = routes.into_iter().map(row).collect();
    rows.sort_by(|a, b| {
        b.totals.request_count.cmp(&a.totals.request_count).then_with(|| a.key.cmp(&b.key))
    });
    rows
}

type Functions = BTreeMap<String, RouteFunction>;

/// Only traces in which a function was seen are put together.
fn functions_by_route(kept: &KeptSpans<'_>) -> HashMap<RouteKey, Functions> {
    let trace_of: HashMap<SpanId, TraceId> =
        kept.spans.iter().map(|span| (span.span_id, span.trace_id)).collect();
    let mut traces: BTreeMap<TraceId, (Vec<Span>, Vec<SpanFunction>)> = BTreeMap::new();
    for function in kept.functions {
        if let Some(trace) = trace_of.get(&function.span_id) {
            traces.entry(*trace).or_default().1.push(*function);
        }
    }
    for span in kept.spans.iter().filter(|span| span.kind == SpanKind::Function) {
        traces.entry(span.trace_id).or_default();
    }
    for span in kept.spans {
        if let Some((spans, _)) = traces.get_mut(&span.trace_id) {
            spans.push(span.clone());
        }
    }
    let route_of: HashMap<SpanId, RouteKey> = kept
        .spans
        .iter()
        .filter(|span| span.kind == SpanKind::Request)
        .map(|span| (span.span_id, RouteKey::of(span)))
        .collect();
    let mut found = HashMap::new();
    for (spans, functions) in traces.values() {
        let kept = KeptSpans { spans, functions, recording: kept.recording };
        for root in trees(&kept) {
            collect(&root, None, &route_of, &mut found);
        }
    }
    found
}

/// Adds the functions below a node to the request they ran in.
fn collect(
    node: &Node,
    route: Option<&RouteKey>,
    route_of: &HashMap<SpanId, RouteKey>,
    found: &mut HashMap<RouteKey, Functions>,
) {
    let is_request = node.kind == SpanKind::Request;
    let route = if is_request { route_of.get(&node.span_id) } else { route };
    if is_request && let Some(route) = route {
        let mut names: Vec<&str> = Vec::new();
        names_below(node, &mut names);
        names.sort_unstable();
        names.dedup();
        let functions = found.entry(route.clone()).or_default();
        for name in names {
            functions.entry(name.to_owned()).or_default().request_count += 1;
        }
    }
    if let Some(route) = route.filter(|_| node.kind == SpanKind::Function) {
        let functions = found.entry(route.clone()).or_default();
        let function = functions.entry(node.name.clone()).or_default();
        function.name.clone_from(&node.name);
        function.call_count += node.count;
        function.self_ns = function.self_ns.saturating_add(node.self_ns);
        function.duration_ns = function.duration_ns.saturating_add(node.duration_ns);
    }
    for child in &node.children {
        collect(child, route, route_of, found);
    }
}

/// The functions of one request, without those of requests within it.
fn names_below<'a>(node: &'a Node, names: &mut Vec<&'a str>) {
    for child in node.children.iter().filter(|child| child.kind != SpanKind::Request) {
        if child.kind == SpanKind::Function {
            names.push(&child.name);
        }
        names_below(child, names);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::{Function, FunctionId, FunctionKey, FunctionKind, Profile, Recording};

    fn span(kind: SpanKind, id: u64, parent: u64, start_unix_ns: u64, duration_ns: u64) -> Span {
        Span {
            kind,
            trace_id: TraceId(7),
            span_id: SpanId(id),
            parent_span_id: SpanId(parent),
            start_unix_ns,
            duration_ns,
            name: if kind == SpanKind::Request { "/users".into() } else { "?".into() },
            ..Span::default()
        }
    }

    #[test]
    fn functions_are_charged_with_their_own_time() {
        let mut recording = Recording::default();
        for name in ["view", "load"] {
            recording.functions.push(Function {
                key: FunctionKey { module: "app".into(), qualname: name.into(), line: 3 },
                file: "app.py".into(),
                parameters: String::new(),
                kind: FunctionKind::Function,
            });
            recording.profiles.push(Profile::default());
        }
        let ms = 1_000_000;
        let spans = [
            span(SpanKind::Request, 1, 0, 0, 100 * ms),
            span(SpanKind::Query, 2, 1, 30 * ms, 20 * ms),
        ];
        let function = |id: u32, caller: u32, start: u64, latency: u64| SpanFunction {
            span_id: SpanId(1),
            function: FunctionId(id),
            caller: FunctionId(caller),
            start_unix_ns: start * ms,
            latency_ns: latency * ms,
            is_exception: false,
        };
        let functions = [function(1, 0, 10, 80), function(2, 1, 20, 40)];
        let kept = KeptSpans { spans: &spans, functions: &functions, recording: &recording };
        let mut totals = RouteTotals::default();
        totals.add(&spans[0]);
        let rows = requests(vec![(RouteKey::of(&spans[0]), totals)], &kept);
        let own: Vec<(&str, u64, u64)> = rows[0]
            .functions
            .iter()
            .map(|function| (&*function.name, function.self_ns / ms, function.request_count))
            .collect();
        assert_eq!(own, [("view:3", 40, 1), ("load:3", 20, 1)]);
    }
}
