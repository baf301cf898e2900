//! A server over sessions that no program was run for, without sockets: requests in, answers out.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use ghost_model::{
    Attribute, AttributeKey, AttributeValue, CallTree, CallTreeNode, ExceptionCount, Function,
    FunctionId, FunctionKey, FunctionKind, Histogram, Process, ProcessState, Profile, Recording,
    SessionId, SessionState, Span, SpanId, SpanKind, TraceId, TypeId, TypeName, bucket_index,
};
use ghost_store::{DataDir, NewSession, SessionEnd, StagedProcess, stage_session};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::events::EventHub;
use crate::security::Token;
use crate::sessions::Sessions;
use crate::state::AppState;
use crate::stop::Stop;
use crate::vitals::Vitals;
use crate::{api, events, openapi, vitals};

/// When the session of the stage began.
pub(crate) const START_UNIX_NS: u64 = 1_763_630_000_000_000_000;

/// A data folder with one session, and a server over it.
pub(crate) struct Stage {
    pub(crate) data_dir: DataDir,
    pub(crate) id: SessionId,
    pub(crate) state: Arc<AppState>,
    _stop: Stop,
    _root: tempfile::TempDir,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Stage {
    /// The shop: six functions, two routes, one statement, one flow.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(root.path().join("ghost"));
        let id = SessionId::new(START_UNIX_NS, 7);
        stage(&data_dir, &id, Some("shop"), shop(), spans());
        let stop = Stop::new();
        let sessions = Arc::new(Sessions::new(data_dir.clone(), "latest".into()));
        let state = Arc::new(AppState {
            events: Arc::new(EventHub::new(Arc::clone(&sessions), stop.stopped())),
            vitals: Arc::new(Vitals::new(&data_dir, None)),
            token: Token::random().unwrap(),
            sessions,
        });
        Self { data_dir, id, state, _stop: stop, _root: root }
    }

    /// All resources, without the checks around them.
    pub(crate) fn rooms(&self) -> Router {
        let rooms = api::routes().merge(openapi::routes());
        let rooms = rooms.merge(events::routes()).merge(vitals::routes());
        rooms.with_state(Arc::clone(&self.state))
    }

    /// What is answered at an address below `/api/v1`.
    pub(crate) async fn get(&self, address: &str) -> Answer {
        self.get_unless(address, "").await
    }

    /// The same, for a client that has a version already.
    pub(crate) async fn get_unless(&self, address: &str, known: &str) -> Answer {
        let request = Request::builder().uri(format!("/api/v1{address}"));
        let request = request.header("if-none-match", known).body(Body::empty()).unwrap();
        let response = self.rooms().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body =
            if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

/// Writes a session of one process.
pub(crate) fn stage(
    data_dir: &DataDir,
    id: &SessionId,
    name: Option<&str>,
    recording: Recording,
    spans: Vec<Span>,
) {
    let staged = StagedProcess { recording, spans, ..StagedProcess::default() };
    stage_process(data_dir, id, name, staged);
}

/// Writes a session of this process, whoever it says it is.
pub(crate) fn stage_process(
    data_dir: &DataDir,
    id: &SessionId,
    name: Option<&str>,
    staged: StagedProcess,
) {
    let new = NewSession {
        id: id.clone(),
        script: "shop.py".into(),
        name: name.map(str::to_owned),
        note: None,
        kind: ghost_model::SessionKind::Started,
        pid: 5_000_001,
        start_unix_ns: START_UNIX_NS,
    };
    let process = Process {
        pid: 5_000_001,
        parent_pid: 1,
        start_unix_ns: START_UNIX_NS,
        end_unix_ns: Some(START_UNIX_NS + 20_000_000_000),
        python_version: "3.13.0".into(),
        call_cost_ps: 81_500,
        state: ProcessState::Finished,
        ..Process::default()
    };
    let process = StagedProcess { process, ..staged };
    let end_unix_ns = START_UNIX_NS + 20_000_000_000;
    let end = SessionEnd { end_unix_ns, exit_code: Some(0), state: SessionState::Finished };
    stage_session(data_dir, new, vec![process], end).unwrap();
}

/// The call tree of the shop, where `price` was called in two places.
pub(crate) fn shop_tree() -> CallTree {
    let node = |parent, function, call_count, self_ns| CallTreeNode {
        parent,
        function: FunctionId(function),
        call_count,
        self_ns,
        total_ns: 0,
    };
    CallTree::of(vec![
        CallTreeNode::default(),
        node(0, 1, 1, 10),
        node(1, 2, 1, 20),
        node(2, 3, 10, 10),
        node(3, 4, 100, 40),
        node(2, 4, 20, 10),
    ])
}

/// `main` calls `sync`, `sync` `price` and `check`; `check` raises what `sync` swallows.
pub(crate) fn shop() -> Recording {
    let mut recording = Recording::default();
    recording
        .types
        .extend([TypeName::new("builtins", "int"), TypeName::new("builtins", "ValueError")]);
    for (qualname, kind, caller, calls, mean_ns) in [
        ("<module>", FunctionKind::Module, 0, 1, 9_000_000),
        ("main", FunctionKind::Function, 1, 1, 8_000_000),
        ("sync", FunctionKind::Function, 2, 10, 700_000),
        ("price", FunctionKind::Function, 3, 120, 40_000),
        ("check", FunctionKind::Coroutine, 3, 30, 2_000),
        ("<img src=x onerror=alert(1)>\u{1b}[31m", FunctionKind::Function, 2, 2, 1_000),
    ] {
        recording.functions.push(Function {
            key: FunctionKey { module: "shop".into(), qualname: qualname.into(), line: 3 },
            file: "shop.py".into(),
            parameters: "n".into(),
            kind,
        });
        recording.profiles.push(profile(FunctionId(caller), calls, mean_ns));
    }
    recording.profiles[5].exceptions =
        vec![ExceptionCount { exception: TypeId(2), caught_by: Some(FunctionId(3)), count: 6 }];
    recording
}

/// A function that was called by one other.
pub(crate) fn profile(caller: FunctionId, calls: u64, mean_ns: u64) -> Profile {
    let mut latency = Histogram::default();
    latency.add(bucket_index(mean_ns), calls);
    Profile {
        args: vec![(vec![TypeId(1)], calls)],
        returns: vec![(TypeId(1), calls)],
        callers: vec![(caller, calls)],
        latency,
        latency_ns_sum: calls * mean_ns,
        latency_ns_min: mean_ns,
        latency_ns_max: mean_ns,
        total_ns: calls * mean_ns,
        self_ns: calls * mean_ns / 4,
        running_ns: calls * mean_ns,
        ..Profile::default()
    }
}

fn spans() -> Vec<Span> {
    let text = |key, text: &str| (AttributeKey::Known(key), AttributeValue::Text(text.into()));
    let number = |key, number| (AttributeKey::Known(key), AttributeValue::Int(number));
    let mut spans = Vec::new();
    for place in 0..6_u64 {
        let start_unix_ns = START_UNIX_NS + place * 2_000_000_000;
        let trace_id = TraceId(0x4bf9_2f35_77b3_4da6 + u128::from(place));
        let is_error = place == 4;
        let route = if place % 2 == 0 { "/orders/{id}" } else { "/health" };
        spans.push(Span {
            trace_id,
            span_id: SpanId(100 + place),
            start_unix_ns,
            duration_ns: 5_000_000 + place,
            is_error,
            is_sampled: true,
            name: route.into(),
            attributes: vec![
                text(Attribute::Method, "GET"),
                text(Attribute::Framework, "flask"),
                number(Attribute::StatusCode, if is_error { 503 } else { 200 }),
                number(Attribute::QueryCount, 1),
                number(Attribute::QueryNs, 300_000),
            ],
            ..Span::default()
        });
        spans.push(Span {
            kind: if place == 5 { SpanKind::Client } else { SpanKind::Query },
            trace_id,
            span_id: SpanId(200 + place),
            parent_span_id: SpanId(100 + place),
            start_unix_ns: start_unix_ns + 1_000_000,
            duration_ns: 300_000,
            is_sampled: true,
            name: if place == 5 {
                "api.example.org".into()
            } else {
                "SELECT * FROM orders WHERE id = ?".into()
            },
            attributes: vec![
                text(Attribute::DbSystem, "sqlite"),
                text(Attribute::Operation, "SELECT"),
            ],
            ..Span::default()
        });
    }
    spans
}
