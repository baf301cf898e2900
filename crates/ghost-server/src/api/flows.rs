//! `GET /api/v1/sessions/{session}/flows`: requests that were sent to other services.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use ghost_export::flow_sheet;
use serde_json::Value;
use utoipa::ToSchema;

use super::asked::Asked;
use super::listing::{ListAnswer, ListQuery};
use crate::security::Problem;
use crate::sessions::FLOW_COLUMNS;
use crate::state::AppState;

/// What they are sorted by where nobody says so.
pub(crate) const SORT: &str = "-request_count";

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/sessions/{session}/flows", get(flows))
}

/// Requests to one host, as `ghost requests --format json` writes them.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `ghost-export` writes")]
pub(crate) struct FlowItem {
    host: String,
    #[schema(required)]
    port: Option<u64>,
    method: String,
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
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions/{session}/flows",
    description = "Requests that were sent to other services, added up by host.",
    responses((status = 200, body = ListAnswer<FlowItem>))
)]
pub(crate) async fn flows(mut asked: Asked) -> Result<Response, Problem> {
    let query = ListQuery::take(&mut asked.parameters, &FLOW_COLUMNS, SORT)?;
    let (view, known) = asked.view().await?;
    let version = view.version.clone();
    let make = move || {
        let spans = view.spans().map_err(|error| Problem::from(&*error))?;
        let item = |row: &_| flow_sheet(std::slice::from_ref(row)).objects().next();
        let item = |row: &_| item(row).unwrap_or(Value::Null);
        Ok(query.answer(&spans.flows, &view.version, item))
    };
    known.or_made(&version, make).await
}
