//! `GET /api/v1/sessions/{session}/functions`: the functions that were called.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::Asked;
use super::listing::{ListAnswer, ListQuery, answer};
use crate::security::Problem;
use crate::sessions::{FUNCTION_COLUMNS, FunctionRow, SessionView};
use crate::state::AppState;

/// What functions are sorted by where nobody says so.
pub(crate) const SORT: &str = "-call_count";

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/sessions/{session}/functions", get(functions))
}

/// A function that was called. Times are those of `docs/semantics.md`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct FunctionItem {
    /// Sixteen hexadecimal digits; the same in every session.
    pub(crate) function_id: String,
    pub(crate) qualname: String,
    pub(crate) module: String,
    pub(crate) file: String,
    pub(crate) line: u32,
    /// `function`, `generator`, `coroutine`, `async_generator`, `class_body`, `module`, `external` or `overflow`.
    pub(crate) kind: &'static str,
    /// Whether it is only known as a caller or catcher, and was not measured.
    pub(crate) is_external: bool,
    pub(crate) call_count: u64,
    pub(crate) exception_count: u64,
    /// Time on the stack, outermost activations only.
    pub(crate) total_ns: u64,
    /// Time on the stack less that of observed callees.
    pub(crate) self_ns: u64,
    /// Latencies are null where no call ended.
    #[schema(required)]
    pub(crate) latency_ns_mean: Option<u64>,
    #[schema(required)]
    pub(crate) latency_ns_p50: Option<u64>,
    #[schema(required)]
    pub(crate) latency_ns_p95: Option<u64>,
    #[schema(required)]
    pub(crate) latency_ns_p99: Option<u64>,
    #[schema(required)]
    pub(crate) latency_ns_max: Option<u64>,
    /// How many signatures it was called with.
    #[schema(minimum = 0)]
    pub(crate) signature_count: usize,
    /// The commonest of them, `(int, str)`.
    #[schema(required)]
    pub(crate) top_signature: Option<String>,
    /// Whether counts are estimates from a part of the calls.
    pub(crate) is_estimate: bool,
}

impl FunctionItem {
    /// The row of a view as it is sent.
    pub(crate) fn new(view: &SessionView, row: &FunctionRow) -> Self {
        let profile = view.recording().profiles.get(row.id.index());
        let signature = profile.and_then(ghost_model::Profile::dominant_signature);
        let [latency_ns_p50, latency_ns_p95, latency_ns_p99] = row.latency_ns;
        Self {
            function_id: row.address.to_string(),
            qualname: row.qualname.to_string(),
            module: row.module.to_string(),
            file: row.file.to_string(),
            line: row.line,
            kind: row.kind.as_str(),
            is_external: row.kind == ghost_model::FunctionKind::External,
            call_count: row.call_count,
            exception_count: row.exception_count,
            total_ns: row.total_ns,
            self_ns: row.self_ns,
            latency_ns_mean: row.latency_ns_mean,
            latency_ns_p50,
            latency_ns_p95,
            latency_ns_p99,
            latency_ns_max: row.latency_ns_max,
            signature_count: row.signature_count,
            top_signature: signature.map(|signature| view.labels.signature(signature)),
            is_estimate: row.is_estimate,
        }
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions/{session}/functions",
    description = "The functions that were called. `matched_count` is less than `total_count` also by the \
                   bodies of modules and classes that are not asked for.",
    params(("bodies" = Option<bool>, Query, description = "Whether bodies of modules and classes are listed too (`false`)")),
    responses((status = 200, body = ListAnswer<FunctionItem>))
)]
pub(crate) async fn functions(mut asked: Asked) -> Result<Response, Problem> {
    let query = ListQuery::take(&mut asked.parameters, &FUNCTION_COLUMNS, SORT)?;
    let with_bodies = asked.parameters.flag("bodies")?.unwrap_or(false);
    let (view, known) = asked.view().await?;
    let version = view.version.clone();
    known
        .or_made(&version, move || {
            let page = query.page(&view.functions, |row| with_bodies || !row.is_body());
            Ok(answer(page, &view.version, |row| FunctionItem::new(&view, row)))
        })
        .await
}
