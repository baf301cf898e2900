//! `GET /api/v1/sessions/{session}/requests`: routes, what their requests cost and where their time goes.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use ghost_export::request_sheet;
use serde_json::Value;
use utoipa::ToSchema;

use super::asked::Asked;
use super::listing::{ListAnswer, ListQuery};
use crate::security::Problem;
use crate::sessions::REQUEST_COLUMNS;
use crate::state::AppState;

/// What they are sorted by where nobody says so.
pub(crate) const SORT: &str = "-request_count";

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/sessions/{session}/requests", get(requests))
}

/// A route, as `ghost requests --format json` writes it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `ghost-export` writes")]
pub(crate) struct RequestItem {
    method: String,
    /// The template of the framework, never a path.
    route: String,
    framework: String,
    request_count: u64,
    error_count: u64,
    #[schema(required)]
    error_share: Option<f64>,
    duration_ns_sum: u64,
    #[schema(required)]
    duration_ns_mean: Option<u64>,
    #[schema(required)]
    duration_ns_p50: Option<u64>,
    #[schema(required)]
    duration_ns_p95: Option<u64>,
    #[schema(required)]
    duration_ns_p99: Option<u64>,
    duration_ns_max: u64,
    query_count: u64,
    query_ns: u64,
    /// Of the time of the requests.
    #[schema(required)]
    query_share: Option<f64>,
    queries_per_request: f64,
    /// The most often that one statement was sent in one request; 0 where none was repeated.
    repeated_query_count_max: u64,
    repeated_query: String,
    bytes_in: u64,
    bytes_out: u64,
    /// Requests by class of status, `2xx`.
    status_classes: std::collections::BTreeMap<String, u64>,
    /// Functions within the requests that are kept, the most expensive first.
    functions: Vec<RouteFunctionItem>,
}

/// A function within the requests of a route.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `ghost-export` writes")]
pub(crate) struct RouteFunctionItem {
    name: String,
    call_count: u64,
    request_count: u64,
    self_ns: u64,
    duration_ns: u64,
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions/{session}/requests",
    description = "Routes with what all their requests add up to.",
    responses((status = 200, body = ListAnswer<RequestItem>))
)]
pub(crate) async fn requests(mut asked: Asked) -> Result<Response, Problem> {
    let query = ListQuery::take(&mut asked.parameters, &REQUEST_COLUMNS, SORT)?;
    let (view, known) = asked.view().await?;
    let version = view.version.clone();
    let make = move || {
        let spans = view.spans().map_err(|error| Problem::from(&*error))?;
        let item = |row: &_| request_sheet(std::slice::from_ref(row)).objects().next();
        let item = |row: &_| item(row).unwrap_or(Value::Null);
        Ok(query.answer(&spans.requests, &view.version, item))
    };
    known.or_made(&version, make).await
}
