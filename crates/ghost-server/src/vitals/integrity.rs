//! `POST /api/v1/sessions/{session}/integrity-check`: looks through a session file for damage. Changes
//! nothing in it; it is no `GET` because it may read for minutes.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use ghost_model::SessionId;
use ghost_store::{DataDir, StoreError, check_integrity};
use serde::Serialize;
use utoipa::ToSchema;

use crate::security::Problem;
use crate::state::AppState;

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntegrityCheck {
    /// The session.
    session_id: String,
    /// Whether nothing is wrong.
    is_ok: bool,
    /// What is, as `SQLite` says it; the first twenty.
    problems: Vec<String>,
    /// How long it took.
    duration_ns: u64,
}

/// The route.
pub(super) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/sessions/{session}/integrity-check", post(check))
}

/// Looks through a session file for damage; one at a time.
#[utoipa::path(
    post,
    path = "/api/v1/sessions/{session}/integrity-check",
    responses(
        (status = 200, description = "What was found.", body = IntegrityCheck),
        (status = 429, description = "Another check is running.", body = serde_json::Value, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn check(
    State(state): State<Arc<AppState>>,
    Path(session): Path<String>,
) -> Response {
    let Ok(permit) = Arc::clone(&state.vitals.checking).try_acquire_owned() else {
        let busy = Problem::new(StatusCode::TOO_MANY_REQUESTS);
        return busy.detail("another check is running").into_response();
    };
    let id = match state.sessions.select(&session).await {
        Ok(id) => id,
        Err(error) => return Problem::from(error).into_response(),
    };
    let look = move || {
        let _permit = permit;
        found(&state.vitals.data_dir, &id)
    };
    match tokio::task::spawn_blocking(look).await {
        Ok(Ok(found)) => Json(found).into_response(),
        Ok(Err(error)) => Problem::from(&error).into_response(),
        Err(_) => Problem::internal().into_response(),
    }
}

fn found(data_dir: &DataDir, id: &SessionId) -> Result<IntegrityCheck, StoreError> {
    let begin = Instant::now();
    let problems = check_integrity(data_dir, id)?;
    let duration_ns = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
    if !problems.is_empty() {
        tracing::warn!(session = %id, count = problems.len(), "integrity check found damage");
    }
    Ok(IntegrityCheck {
        session_id: id.to_string(),
        is_ok: problems.is_empty(),
        problems,
        duration_ns,
    })
}
