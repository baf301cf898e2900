//! `GET /health`: whether the server answers. Public, so it tells nothing else.

use std::sync::Arc;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, http::HeaderValue};

use crate::state::AppState;

/// As the reference has it.
const ANSWER: &str = r#"{"status":"ok"}"#;

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/health", get(health))
}

#[utoipa::path(
    get,
    path = "/health",
    description = "Whether the server answers. Needs no token.",
    responses((status = 200, body = serde_json::Value, content_type = "application/json")),
    security(())
)]
pub(crate) async fn health() -> impl IntoResponse {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], ANSWER)
}
