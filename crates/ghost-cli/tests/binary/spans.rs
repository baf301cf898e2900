//! Requests, queries and traces of a session made to order: a ring of spans as an observed process
//! would leave it, so that no interpreter and no framework is needed.

use ghost_ledger::Identity;
use ghost_ledger::span_ring::SpanRing;
use ghost_model::{
    Attribute, AttributeKey, AttributeValue, Span, SpanId, SpanKind, SpanLoss, TraceId,
};
use ghost_spans::encoding;

use crate::sandbox::{Ran, Sandbox};
use crate::staged::without_ids;

/// No process has this id: it is above the largest there can be.
const DEAD: Identity = Identity {
    pid: 4_194_305,
    parent_pid: 1,
    kernel_start_ticks: 1,
    pid_namespace: 0,
    python_hexversion: 0x030d_00f0,
};
const MS: u64 = 1_000_000;
const START: u64 = 1_763_630_000_000_000_000;
const AUTHOR: &str = "SELECT id, name\n  FROM author\n WHERE id = ?";
const BOOKS: &str = "SELECT id, title, author_id, price, published, pages, language FROM book \
                     WHERE shop_id = ? AND price < ? ORDER BY published DESC LIMIT ?";

fn int(attribute: Attribute, number: i64) -> (AttributeKey, AttributeValue) {
    (AttributeKey::Known(attribute), AttributeValue::Int(number))
}

fn text(attribute: Attribute, text: &str) -> (AttributeKey, AttributeValue) {
    (AttributeKey::Known(attribute), AttributeValue::Text(text.into()))
}

fn query(id: u64, parent: u64, name: &str, at: (u64, u64), rows: i64) -> Span {
    Span {
        kind: SpanKind::Query,
        span_id: SpanId(id),
        parent_span_id: SpanId(parent),
        start_unix_ns: START + at.0 * MS,
        duration_ns: at.1 * MS,
        is_sampled: true,
        name: name.into(),
        attributes: vec![
            text(Attribute::DbSystem, "sqlite"),
            text(Attribute::Operation, "SELECT"),
            int(Attribute::Rows, rows),
        ],
        ..Span::default()
    }
}

/// A request for books that asks for each author, and one that fails.
fn spans() -> Vec<Span> {
    let request = |id: u64, route: &str, at: (u64, u64), status: i64| Span {
        kind: SpanKind::Request,
        span_id: SpanId(id),
        start_unix_ns: START + at.0 * MS,
        duration_ns: at.1 * MS,
        is_error: status >= 500,
        is_sampled: true,
        name: route.into(),
        attributes: vec![
            text(Attribute::Method, "GET"),
            text(Attribute::Framework, "flask"),
            int(Attribute::StatusCode, status),
        ],
        ..Span::default()
    };
    let mut spans = vec![query(2, 10, BOOKS, (5, 20), 14)];
    spans.extend((0..14).map(|n| query(20 + n, 10, AUTHOR, (30 + 4 * n, 3), 1)));
    let function = Span {
        kind: SpanKind::Function,
        name: "load_books".into(),
        attributes: Vec::new(),
        ..query(10, 1, "", (4, 90), 0)
    };
    let mut books = request(1, "/shops/{id}/books", (0, 100), 200);
    books.attributes.extend([
        int(Attribute::QueryCount, 15),
        int(Attribute::QueryNs, 62 * MS as i64),
        int(Attribute::RepeatedQueryCount, 14),
        text(Attribute::RepeatedQuery, AUTHOR),
    ]);
    spans.extend([function, books]);
    let client = Span {
        kind: SpanKind::Client,
        name: "api.example.org".into(),
        attributes: vec![text(Attribute::Method, "POST"), int(Attribute::ServerPort, 8443)],
        ..query(41, 40, "", (202, 30), 0)
    };
    let mut failed = request(40, "/pay", (200, 50), 500);
    failed.attributes.push(text(Attribute::ExceptionType, "TimeoutError"));
    for span in &mut spans {
        span.trace_id = TraceId(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
    }
    for mut span in [client, failed] {
        span.trace_id = TraceId(0x4ca0_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        spans.push(span);
    }
    spans
}

/// Records a session with these spans, and what its program lost.
fn record(sandbox: &Sandbox, spans: &[Span], losses: &[(SpanLoss, u64)]) -> Ran {
    let path = sandbox.write("kept/remove", "").with_file_name("ring");
    let mut ring = SpanRing::create(&path, &DEAD, 1 << 16, true).unwrap();
    for span in spans {
        assert!(ring.push(&encoding::encode(span)));
    }
    for (loss, count) in losses {
        ring.refuse(*loss, *count);
    }
    drop(ring);
    let ran = sandbox.run(&["run", "sh", "-c", "cp kept/ring $GHOST_RUN/4194305-1.spans"]);
    std::fs::remove_file(path).unwrap();
    ran
}

fn staged() -> Sandbox {
    let sandbox = Sandbox::new();
    record(&sandbox, &spans(), &[]);
    sandbox
}

/// What is printed, with what is said below it.
fn shown(sandbox: &Sandbox, words: &[&str]) -> String {
    let ran = sandbox.run(words);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let text = without_ids(&format!("{}--\n{}", ran.stdout, ran.stderr));
    // How long the session took is different each time.
    let lines = text.lines().filter(|line| !line.starts_with("session ID · sh"));
    lines.map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_run_tells_what_it_saw_of_a_web_application() {
    let ran = record(&Sandbox::new(), &spans(), &[(SpanLoss::Overwritten, 3)]);
    let lines: Vec<String> = ran.lines().iter().map(|line| without_ids(line)).collect();
    let expected = [
        "ghost: recording session ID",
        "ghost: session ID: 3 spans did not arrive: 3 overwritten",
        "ghost: session ID: 2 requests, 15 queries (ghost requests, ghost queries)",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn requests_are_routes_with_their_cost() {
    insta::assert_snapshot!(shown(&staged(), &["requests"]));
}

#[test]
fn queries_are_statements_with_their_senders() {
    insta::assert_snapshot!(shown(&staged(), &["queries", "--sort", "queries"]));
}

#[test]
fn rows_are_written_for_programs_and_documents() {
    let sandbox = staged();
    for command in ["requests", "queries"] {
        for format in ["json", "csv", "markdown"] {
            let text = shown(&sandbox, &[command, "--format", format]);
            let data = text.split_once("\n--").map_or("", |(data, _)| data);
            insta::assert_snapshot!(format!("{command}_{format}"), data);
        }
    }
}

#[test]
fn a_trace_is_a_tree_with_repetitions_folded() {
    let sandbox = staged();
    let text = shown(&sandbox, &["trace", "slowest"]);
    insta::assert_snapshot!(text.split_once(" spans · ").map_or("", |(_, rest)| &rest[24..]));
    let failed = shown(&sandbox, &["trace", "4ca"]);
    assert!(failed.contains("GET /pay → 500 ✗ TimeoutError"), "{failed}");
    let json = sandbox.run(&["trace", "4CA", "--format", "json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["spans"][0]["children"][0]["name"], "api.example.org");
}

#[test]
fn an_id_that_means_no_trace_or_several_is_refused() {
    let sandbox = staged();
    let several = sandbox.run(&["trace", "4"]);
    assert_eq!(several.code, Some(2));
    assert!(several.stderr.contains("hint: it could be 4ca02f35"), "{}", several.stderr);
    let none = sandbox.run(&["trace", "77"]);
    assert_eq!(none.code, Some(4));
    assert!(none.stderr.starts_with("ghost: no kept trace has an id that begins with `77` (hint:"));
}

#[test]
fn nothing_recorded_is_said_with_a_way_out() {
    let sandbox = Sandbox::new();
    record(&sandbox, &[query(1, 0, "SELECT ?", (0, 1), 1)], &[(SpanLoss::SampledOut, 2)]);
    let requests = sandbox.run(&["requests"]);
    assert_eq!(requests.code, Some(4));
    assert!(requests.stderr.contains("no requests in session"), "{}", requests.stderr);
    let queries = sandbox.run(&["queries"]);
    assert!(queries.stdout.contains("SELECT ?"), "{}", queries.stdout);
    // What was not to be kept is no loss.
    assert_eq!(queries.stderr, "");
}

#[test]
fn what_gave_way_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("pyproject.toml", "[tool.ghost]\nspans-max = 3\n");
    record(&sandbox, &spans(), &[]);
    let ran = sandbox.run(&["requests"]);
    let expected = "ghost: 16 older spans gave way to the newest 3";
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
}
