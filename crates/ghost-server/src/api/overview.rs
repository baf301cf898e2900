//! `GET /api/v1/sessions/{session}/overview`: how a session does, at a glance.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use ghost_export::remarks::OwnCost;
use ghost_model::{Attribute, Span, SpanKind};
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{Asked, made};
use crate::security::Problem;
use crate::sessions::{SessionView, Step, Traffic, WINDOW_S, traffic};
use crate::state::AppState;

/// Failures that are named; enough for a glance, `/errors` and `/traces` have the rest.
const RECENT_ERRORS_MAX: usize = 20;

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/sessions/{session}/overview", get(overview))
}

/// How a session does. Requests are those of the window; calls, functions and exceptions those of the session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Overview {
    /// How far back the window reaches; it ends now, or where the session ended.
    window_s: u64,
    /// Length of a step.
    step_s: u64,
    /// The window in steps, oldest first, without gaps.
    series: Vec<OverviewStep>,
    /// Whether every request of the window is in it: not where traces were sampled or gave way to newer ones.
    is_complete: bool,
    request_count: u64,
    error_count: u64,
    requests_per_s: f64,
    #[schema(required)]
    error_share: Option<f64>,
    #[schema(required)]
    duration_ns_p50: Option<u64>,
    #[schema(required)]
    duration_ns_p95: Option<u64>,
    /// Requests of the whole session, kept or not.
    session_request_count: u64,
    /// The latest failed requests, queries and calls to other services, newest first.
    recent_errors: Vec<RecentError>,
    call_count: u64,
    /// Without bodies of modules and classes.
    #[schema(minimum = 0)]
    function_count: usize,
    exception_count: u64,
    process_count: u64,
    own_cost: OverviewCost,
    is_live: bool,
    version: String,
}

/// Requests of one step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OverviewStep {
    start_unix_ns: u64,
    request_count: u64,
    error_count: u64,
    #[schema(required)]
    duration_ns_p50: Option<u64>,
    #[schema(required)]
    duration_ns_p95: Option<u64>,
}

/// A span that failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecentError {
    start_unix_ns: u64,
    duration_ns: u64,
    /// `request`, `function`, `query`, `client` or `event`.
    kind: &'static str,
    /// Route template, redacted statement, host.
    name: String,
    #[schema(required)]
    method: Option<String>,
    #[schema(required)]
    status: Option<i64>,
    #[schema(required)]
    exception_type: Option<String>,
    /// The trace it is in; null where there is none.
    #[schema(required)]
    trace_id: Option<String>,
}

/// What observing cost, as far as the session file knows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OverviewCost {
    /// What observing one call cost, as measured when the processes began.
    #[schema(required)]
    observing_ns_per_call: Option<f64>,
    /// All of it.
    #[schema(required)]
    total_ns: Option<u64>,
    /// Of the time the processes ran.
    #[schema(required)]
    share: Option<f64>,
}

impl Overview {
    /// Of a view.
    pub(crate) fn of(view: &SessionView, now_unix_ns: u64) -> Result<Self, Problem> {
        let session = &view.live.session;
        let end_unix_ns = end_unix_ns(view, now_unix_ns);
        let spans = view.spans().map_err(|error| Problem::from(&*error))?;
        let Traffic { step_s, covered_s, steps, all } =
            traffic(&spans.spans, session.start_unix_ns, end_unix_ns);
        let share = all.error_count as f64 / all.request_count.max(1) as f64;
        let rows = view.functions.rows();
        let routes = spans.requests.rows().iter().map(|row| row.totals.request_count);
        let failed = spans.spans.iter().rev().filter(|span| span.is_error);
        Ok(Self {
            window_s: WINDOW_S,
            step_s,
            series: steps.iter().map(step).collect(),
            is_complete: spans.is_complete(),
            request_count: all.request_count,
            error_count: all.error_count,
            requests_per_s: all.request_count as f64 / covered_s as f64,
            error_share: (all.request_count > 0).then_some(share),
            duration_ns_p50: all.duration.quantile_ns(0.50),
            duration_ns_p95: all.duration.quantile_ns(0.95),
            session_request_count: routes.fold(0, u64::saturating_add),
            recent_errors: failed.take(RECENT_ERRORS_MAX).map(recent_error).collect(),
            call_count: session.call_count,
            function_count: rows.iter().filter(|row| !row.is_body()).count(),
            exception_count: rows
                .iter()
                .fold(0, |sum, row| sum.saturating_add(row.exception_count)),
            process_count: session.process_count,
            own_cost: own_cost(view, now_unix_ns),
            is_live: !view.live.is_final,
            version: view.version.clone(),
        })
    }
}

/// The end of the window: now, or where there is nothing more to come.
fn end_unix_ns(view: &SessionView, now_unix_ns: u64) -> u64 {
    if !view.live.is_final {
        return now_unix_ns;
    }
    let processes = view.live.processes.iter().filter_map(|live| live.process.end_unix_ns);
    view.live.session.end_unix_ns.or(processes.max()).unwrap_or(now_unix_ns)
}

fn step(step: &Step) -> OverviewStep {
    OverviewStep {
        start_unix_ns: step.start_unix_ns,
        request_count: step.request_count,
        error_count: step.error_count,
        duration_ns_p50: step.duration.quantile_ns(0.50),
        duration_ns_p95: step.duration.quantile_ns(0.95),
    }
}

fn recent_error(span: &Span) -> RecentError {
    let text = |attribute| span.text(attribute).map(str::to_owned);
    let method = match span.kind {
        SpanKind::Query => Attribute::Operation,
        _ => Attribute::Method,
    };
    RecentError {
        start_unix_ns: span.start_unix_ns,
        duration_ns: span.duration_ns,
        kind: span.kind.as_str(),
        name: span.name.clone(),
        method: text(method),
        status: span.int(Attribute::StatusCode),
        exception_type: text(Attribute::ExceptionType),
        trace_id: (span.trace_id.0 != 0).then(|| span.trace_id.to_string()),
    }
}

fn own_cost(view: &SessionView, now_unix_ns: u64) -> OverviewCost {
    let processes = || view.live.processes.iter().map(|live| &live.process);
    let cost = OwnCost::of(&view.live.session, processes());
    let end = end_unix_ns(view, now_unix_ns);
    let ran_ns = processes().fold(0_u64, |sum, process| {
        let end = process.end_unix_ns.unwrap_or(end);
        sum.saturating_add(end.saturating_sub(process.start_unix_ns))
    });
    let measured: Vec<u64> =
        processes().map(|process| process.call_cost_ps).filter(|cost| *cost > 0).collect();
    let sum_ps = measured.iter().fold(0_u64, |sum, cost| sum.saturating_add(*cost));
    let mean_ns = sum_ps as f64 / measured.len().max(1) as f64 / 1000.0;
    OverviewCost {
        observing_ns_per_call: (!measured.is_empty()).then_some(mean_ns),
        total_ns: cost.map(|cost| cost.total_ns),
        share: cost.filter(|_| ran_ns > 0).map(|cost| cost.total_ns as f64 / ran_ns as f64),
    }
}

pub(crate) fn now_unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions/{session}/overview",
    description = "Requests over a rolling window, recent errors, and what observing cost.",
    responses((status = 200, body = Overview))
)]
pub(crate) async fn overview(asked: Asked) -> Result<Response, Problem> {
    let (view, known) = asked.view().await?;
    let is_final = view.live.is_final;
    let version = view.version.clone();
    let make = move || Overview::of(&view, now_unix_ns());
    // The window of a running session moves while nothing happens in it.
    if is_final { known.or_made(&version, make).await } else { made(make).await }
}
