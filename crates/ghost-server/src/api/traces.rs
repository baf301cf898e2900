//! `GET /api/v1/sessions/{session}/traces` and `…/traces/{trace_id}`: which traces are kept, and one as a tree.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use ghost_analysis::spans::{KeptSpans, TraceSummary, select, trees};
use ghost_export::trace_json;
use ghost_model::{Span, SpanFunction};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::asked::Asked;
use super::listing::{ListAnswer, ListQuery};
use crate::security::Problem;
use crate::sessions::{SessionView, TRACE_COLUMNS};
use crate::state::AppState;

/// What traces are sorted by where nobody says so: the newest first.
pub(crate) const SORT: &str = "-start_unix_ns";

/// The routes.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new()
        .route("/api/v1/sessions/{session}/traces", get(traces))
        .route("/api/v1/sessions/{session}/traces/{trace_id}", get(trace))
}

/// A trace that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TraceItem {
    trace_id: String,
    /// What the program calls it, where that is no id.
    #[schema(required)]
    trace_label: Option<String>,
    /// `GET /users/{id}`, or whatever its first span is called.
    name: String,
    start_unix_ns: u64,
    duration_ns: u64,
    is_request: bool,
    is_error: bool,
    span_count: u64,
}

fn item(row: &TraceSummary) -> TraceItem {
    TraceItem {
        trace_id: row.trace_id.to_string(),
        trace_label: row.label.clone(),
        name: row.name.clone(),
        start_unix_ns: row.start_unix_ns,
        duration_ns: row.duration_ns,
        is_request: row.is_request,
        is_error: row.is_error,
        span_count: row.span_count,
    }
}

/// A trace as a tree, as `ghost trace --format json` writes it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `ghost-export` writes")]
pub(crate) struct TraceDetail {
    schema_version: u32,
    trace_id: String,
    #[schema(required)]
    trace_label: Option<String>,
    name: String,
    start_unix_ns: u64,
    duration_ns: u64,
    span_count: u64,
    /// Requests, functions, queries and calls, each with what happened in it.
    spans: Vec<TraceNode>,
}

/// Something of a trace. What is not known is left out.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `ghost-export` writes")]
pub(crate) struct TraceNode {
    /// `request`, `function`, `query`, `client` or `event`.
    kind: String,
    name: String,
    #[schema(nullable = false)]
    span_id: Option<String>,
    /// Whether it is a sampled call of a function.
    #[schema(nullable = false)]
    is_sampled_call: Option<bool>,
    count: u64,
    start_unix_ns: u64,
    duration_ns: u64,
    self_ns: u64,
    is_error: bool,
    /// Whether the end of the trace waited for it.
    is_critical: bool,
    #[schema(nullable = false)]
    method: Option<String>,
    #[schema(nullable = false)]
    collection: Option<String>,
    #[schema(nullable = false)]
    system: Option<String>,
    #[schema(nullable = false)]
    status: Option<i64>,
    #[schema(nullable = false)]
    rows: Option<i64>,
    #[schema(nullable = false)]
    exception_type: Option<String>,
    /// Long stretches without anything below it.
    #[schema(nullable = false)]
    gaps: Option<Vec<TraceGap>>,
    #[schema(no_recursion)]
    children: Vec<TraceNode>,
}

/// A stretch of time in which nothing was recorded.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `ghost-export` writes")]
pub(crate) struct TraceGap {
    start_unix_ns: u64,
    duration_ns: u64,
}

fn detail(view: &SessionView, wanted: &str) -> Result<Value, Problem> {
    let kept = view.spans().map_err(|error| Problem::from(&*error))?;
    let trace = select(kept.traces.rows(), wanted);
    let trace = trace.map_err(|error| Problem::not_found(error.to_string()))?;
    let of_trace = kept.spans.iter().filter(|span| span.trace_id == trace.trace_id);
    let spans: Vec<Span> = of_trace.cloned().collect();
    let ids: HashSet<_> = spans.iter().map(|span| span.span_id).collect();
    let functions = kept.functions.iter().filter(|function| ids.contains(&function.span_id));
    let functions: Vec<SpanFunction> = functions.copied().collect();
    let recording = kept.recording(&view.live);
    let roots = trees(&KeptSpans { spans: &spans, functions: &functions, recording });
    Ok(trace_json(trace, &roots))
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions/{session}/traces",
    description = "The traces that are kept.",
    responses((status = 200, body = ListAnswer<TraceItem>))
)]
pub(crate) async fn traces(mut asked: Asked) -> Result<Response, Problem> {
    let query = ListQuery::take(&mut asked.parameters, &TRACE_COLUMNS, SORT)?;
    let (view, known) = asked.view().await?;
    let version = view.version.clone();
    let make = move || {
        let spans = view.spans().map_err(|error| Problem::from(&*error))?;
        Ok(query.answer(&spans.traces, &view.version, item))
    };
    known.or_made(&version, make).await
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions/{session}/traces/{trace_id}",
    description = "One trace as a tree of requests, functions and queries.",
    params(("trace_id" = String, Path, description = "An id, the start of one, `latest`, `slowest`, or what the program calls it")),
    responses((status = 200, body = TraceDetail))
)]
pub(crate) async fn trace(asked: Asked) -> Result<Response, Problem> {
    let wanted = asked.part(1).to_owned();
    let (view, known) = asked.view().await?;
    let version = view.version.clone();
    known.or_made(&version, move || detail(&view, &wanted)).await
}
