//! `GET /api/v1/sessions/{session}/queries`: statements, what they cost and who sends them.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use ghost_export::query_sheet;
use serde_json::Value;
use utoipa::ToSchema;

use super::asked::Asked;
use super::listing::{ListAnswer, ListQuery};
use crate::security::Problem;
use crate::sessions::QUERY_COLUMNS;
use crate::state::AppState;

/// What they are sorted by where nobody says so.
pub(crate) const SORT: &str = "-duration_ns_sum";

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/sessions/{session}/queries", get(queries))
}

/// A statement, as `ghost queries --format json` writes it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `ghost-export` writes")]
pub(crate) struct QueryItem {
    /// Redacted; empty where it was not safe to keep.
    statement: String,
    system: String,
    operation: String,
    collection: String,
    query_count: u64,
    error_count: u64,
    #[schema(required)]
    error_share: Option<f64>,
    /// Rows returned or changed, where the driver says.
    #[schema(required)]
    row_count: Option<u64>,
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
    pool_wait_ns: u64,
    /// The most often that it was sent in one request; 0 where it was not repeated.
    repeated_count_max: u64,
    /// Who sends it, among the kept spans, the most frequent first.
    routes: Vec<IssuerItem>,
}

/// A route that sends a statement.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `ghost-export` writes")]
pub(crate) struct IssuerItem {
    route: String,
    query_count: u64,
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions/{session}/queries",
    description = "Statements without their values, with what all their queries add up to.",
    responses((status = 200, body = ListAnswer<QueryItem>))
)]
pub(crate) async fn queries(mut asked: Asked) -> Result<Response, Problem> {
    let query = ListQuery::take(&mut asked.parameters, &QUERY_COLUMNS, SORT)?;
    let (view, known) = asked.view().await?;
    let version = view.version.clone();
    let make = move || {
        let spans = view.spans().map_err(|error| Problem::from(&*error))?;
        let item = |row: &_| query_sheet(std::slice::from_ref(row)).objects().next();
        let item = |row: &_| item(row).unwrap_or(Value::Null);
        Ok(query.answer(&spans.queries, &view.version, item))
    };
    known.or_made(&version, make).await
}
