//! Routes, statements, flows and trees of spans as rows and objects for programs.

use ghost_analysis::spans::{Issuer, Node, QueryRow, RequestRow, RouteFunction, TraceSummary};
use ghost_model::{Durations, FlowKey, FlowTotals, SpanId};
use serde_json::{Map, Value, json};

use crate::sheet::Sheet;

/// Routes.
pub fn request_sheet(rows: &[RequestRow]) -> Sheet {
    let row = |row: &RequestRow| {
        let totals = &row.totals;
        let classes = totals.status_classes.iter().zip(1..).filter(|(count, _)| **count > 0);
        let classes: Map<String, Value> =
            classes.map(|(count, class)| (format!("{class}xx"), json!(count))).collect();
        let mut values =
            vec![json!(row.key.method), json!(row.key.route), json!(row.key.framework)];
        values.extend([json!(totals.request_count), json!(totals.error_count)]);
        values.push(share(totals.error_count, totals.request_count));
        values.extend(durations(&totals.duration));
        values.extend([
            json!(totals.query_count),
            json!(totals.query_ns),
            share(totals.query_ns, totals.duration.ns_sum),
            json!(row.queries_per_request()),
            json!(totals.repeated_query_count_max),
            json!(totals.repeated_query),
            json!(totals.bytes_in),
            json!(totals.bytes_out),
            Value::Object(classes),
            row.functions.iter().map(function).collect(),
        ]);
        values
    };
    let mut columns =
        vec!["method", "route", "framework", "request_count", "error_count", "error_share"];
    columns.extend(DURATIONS);
    columns.extend([
        "query_count",
        "query_ns",
        "query_share",
        "queries_per_request",
        "repeated_query_count_max",
        "repeated_query",
        "bytes_in",
        "bytes_out",
        "status_classes",
        "functions",
    ]);
    Sheet { name: "requests", columns, rows: rows.iter().map(row).collect() }
}

fn function(function: &RouteFunction) -> Value {
    json!({
        "name": function.name,
        "call_count": function.call_count,
        "request_count": function.request_count,
        "self_ns": function.self_ns,
        "duration_ns": function.duration_ns,
    })
}

/// Statements.
pub fn query_sheet(rows: &[QueryRow]) -> Sheet {
    let issuer =
        |issuer: &Issuer| json!({ "route": issuer.route, "query_count": issuer.query_count });
    let row = |row: &QueryRow| {
        let (key, totals) = (&row.key, &row.totals);
        let mut values = vec![
            json!(key.statement),
            json!(key.system),
            json!(key.operation),
            json!(key.collection),
            json!(totals.query_count),
            json!(totals.error_count),
            share(totals.error_count, totals.query_count),
            json!(totals.rows()),
        ];
        values.extend(durations(&totals.duration));
        values.extend([
            json!(totals.pool_wait_ns),
            json!(row.repeated_count_max),
            row.issuers.iter().map(issuer).collect(),
        ]);
        values
    };
    let mut columns = vec![
        "statement",
        "system",
        "operation",
        "collection",
        "query_count",
        "error_count",
        "error_share",
        "row_count",
    ];
    columns.extend(DURATIONS);
    columns.extend(["pool_wait_ns", "repeated_count_max", "routes"]);
    Sheet { name: "queries", columns, rows: rows.iter().map(row).collect() }
}

/// Requests that were sent.
pub fn flow_sheet(rows: &[(FlowKey, FlowTotals)]) -> Sheet {
    let row = |(key, totals): &(FlowKey, FlowTotals)| {
        let port = Some(key.port).filter(|port| *port > 0);
        let mut values = vec![json!(key.host), json!(port), json!(key.method)];
        values.extend([json!(totals.request_count), json!(totals.error_count)]);
        values.push(share(totals.error_count, totals.request_count));
        values.extend(durations(&totals.duration));
        values
    };
    let mut columns = vec!["host", "port", "method", "request_count", "error_count", "error_share"];
    columns.extend(DURATIONS);
    Sheet { name: "flows", columns, rows: rows.iter().map(row).collect() }
}

const DURATIONS: [&str; 6] = [
    "duration_ns_sum",
    "duration_ns_mean",
    "duration_ns_p50",
    "duration_ns_p95",
    "duration_ns_p99",
    "duration_ns_max",
];

fn durations(durations: &Durations) -> [Value; 6] {
    [
        json!(durations.ns_sum),
        json!(durations.mean_ns()),
        json!(durations.quantile_ns(0.5)),
        json!(durations.quantile_ns(0.95)),
        json!(durations.quantile_ns(0.99)),
        json!(durations.ns_max),
    ]
}

fn share(part: u64, whole: u64) -> Value {
    if whole == 0 { Value::Null } else { json!(part as f64 / whole as f64) }
}

/// A trace with everything that is known of it.
pub fn trace_json(trace: &TraceSummary, roots: &[Node]) -> Value {
    json!({
        "schema_version": crate::SHEET_SCHEMA_VERSION,
        "trace_id": trace.trace_id.to_string(),
        "trace_label": trace.label,
        "name": trace.name,
        "start_unix_ns": trace.start_unix_ns,
        "duration_ns": trace.duration_ns,
        "span_count": trace.span_count,
        "spans": roots.iter().map(node_json).collect::<Vec<_>>(),
    })
}

/// What is not known is left out.
fn node_json(node: &Node) -> Value {
    let text = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
    let gap = |gap: &ghost_analysis::spans::Gap| json!({ "start_unix_ns": gap.start_unix_ns, "duration_ns": gap.duration_ns });
    let gaps: Vec<Value> = node.gaps.iter().map(gap).collect();
    let is_span = !node.is_activation && node.span_id != SpanId::NONE;
    let known = [
        ("kind", json!(node.kind.as_str())),
        ("name", json!(node.name)),
        ("span_id", if is_span { json!(node.span_id.to_string()) } else { Value::Null }),
        ("is_sampled_call", if node.is_activation { json!(true) } else { Value::Null }),
        ("count", json!(node.count)),
        ("start_unix_ns", json!(node.start_unix_ns)),
        ("duration_ns", json!(node.duration_ns)),
        ("self_ns", json!(node.self_ns)),
        ("is_error", json!(node.is_error)),
        ("is_critical", json!(node.is_critical)),
        ("method", text(&node.method)),
        ("collection", text(&node.collection)),
        ("system", text(&node.system)),
        ("status", json!(node.status)),
        ("rows", json!(node.rows)),
        ("exception_type", text(&node.exception_type)),
        ("gaps", if gaps.is_empty() { Value::Null } else { json!(gaps) }),
        ("children", node.children.iter().map(node_json).collect()),
    ];
    let known = known.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(known.map(|(key, value)| (key.to_owned(), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::{RouteKey, RouteTotals, StatementKey, StatementTotals};

    #[test]
    fn every_row_has_every_column() {
        let mut route = RouteTotals { request_count: 2, error_count: 1, ..RouteTotals::default() };
        route.duration.add(1_000_000);
        route.status_classes = [0, 1, 0, 0, 1];
        let function = RouteFunction { name: "view:3".into(), ..RouteFunction::default() };
        let requests = [RequestRow {
            key: RouteKey { route: "/a".into(), ..RouteKey::default() },
            totals: route,
            functions: vec![function],
        }];
        let queries = [QueryRow {
            key: StatementKey::default(),
            totals: StatementTotals::default(),
            issuers: vec![Issuer { route: "GET /a".into(), query_count: 3 }],
            repeated_count_max: 0,
        }];
        let flows = [(FlowKey::default(), FlowTotals::default())];
        for sheet in [request_sheet(&requests), query_sheet(&queries), flow_sheet(&flows)] {
            assert!(
                sheet.rows.iter().all(|row| row.len() == sheet.columns.len()),
                "{}",
                sheet.name
            );
        }
        let sheet = request_sheet(&requests);
        let at = |name| sheet.columns.iter().position(|column| *column == name).unwrap();
        assert_eq!(sheet.rows[0][at("error_share")], json!(0.5));
        assert_eq!(sheet.rows[0][at("status_classes")], json!({ "2xx": 1, "5xx": 1 }));
        assert_eq!(sheet.rows[0][at("duration_ns_p50")], json!(1_000_000));
    }

    #[test]
    fn a_node_says_only_what_is_known() {
        let child = Node { name: "view:3".into(), is_activation: true, ..Node::default() };
        let node = Node { span_id: SpanId(7), children: vec![child], ..Node::default() };
        let json = node_json(&node);
        assert_eq!(json["span_id"], "0000000000000007");
        assert!(json.get("status").is_none() && json.get("gaps").is_none());
        assert_eq!(json["children"][0]["is_sampled_call"], true);
        assert!(json["children"][0].get("span_id").is_none());
    }
}
