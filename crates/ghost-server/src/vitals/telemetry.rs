//! `GET` and `POST /api/v1/telemetry`: what usage data is, whether it is sent, and the two events that the
//! page reports. The page may talk to no other host, so the server sends them for it.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::usage_data::{Consent, Event, Payload, UsageData};
use crate::security::Problem;
use crate::state::AppState;

/// Whether usage data is sent, and what.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Telemetry {
    /// Whether an event that is reported now would be sent.
    is_sent: bool,
    /// Why not; `null` where it would be.
    reason: Option<String>,
    /// Where to.
    endpoint: Option<String>,
    /// Exactly what: this with other events and times.
    payload: Payload,
}

/// An event of a page.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportedEvent {
    /// What happened.
    event: Event,
    /// How long the page was open; for `session_end`.
    #[serde(default)]
    session_duration_min: u64,
}

/// What became of an event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reported {
    /// Whether it is being sent. Nobody waits for it to arrive.
    is_sent: bool,
    /// Why not; `null` where it is.
    reason: Option<String>,
}

/// The routes.
pub(super) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/telemetry", get(show).post(report))
}

/// Exactly what is sent as usage data, and whether it is.
#[utoipa::path(
    get,
    path = "/api/v1/telemetry",
    responses((status = 200, description = "What is sent, and whether it is.", body = Telemetry)),
)]
pub(crate) async fn show(State(state): State<Arc<AppState>>) -> Response {
    let usage = Arc::clone(state.vitals.usage_data());
    match tokio::task::spawn_blocking(move || telemetry(&usage)).await {
        Ok(Ok(telemetry)) => Json(telemetry).into_response(),
        _ => Problem::internal().into_response(),
    }
}

fn telemetry(usage: &UsageData) -> std::io::Result<Telemetry> {
    let consent = usage.consent();
    Ok(Telemetry {
        is_sent: matches!(consent, Consent::Send(_)),
        reason: reason(&consent),
        endpoint: match consent {
            Consent::Send(endpoint) => Some(endpoint.address().to_string()),
            Consent::NotSent(_) => None,
        },
        payload: usage.example()?,
    })
}

fn reason(consent: &Consent) -> Option<String> {
    match consent {
        Consent::Send(_) => None,
        Consent::NotSent(why) => Some(why.to_string()),
    }
}

/// Reports that the page was opened or is being closed.
#[utoipa::path(
    post,
    path = "/api/v1/telemetry",
    request_body = ReportedEvent,
    responses(
        (status = 202, description = "What becomes of it.", body = Reported),
        (status = 415, description = "No JSON.", body = serde_json::Value, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn report(
    State(state): State<Arc<AppState>>,
    reported: Result<Json<ReportedEvent>, JsonRejection>,
) -> Response {
    let Json(reported) = match reported {
        Ok(reported) => reported,
        Err(rejection) => return refused(&rejection).into_response(),
    };
    let usage = Arc::clone(state.vitals.usage_data());
    let send = move || usage.report(reported.event, reported.session_duration_min);
    match tokio::task::spawn_blocking(send).await {
        Ok(consent) => {
            let is_sent = matches!(consent, Consent::Send(_));
            let answer = Reported { is_sent, reason: reason(&consent) };
            (StatusCode::ACCEPTED, Json(answer)).into_response()
        }
        Err(_) => Problem::internal().into_response(),
    }
}

fn refused(rejection: &JsonRejection) -> Problem {
    match rejection.status() {
        status @ (StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::PAYLOAD_TOO_LARGE) => {
            Problem::new(status)
        }
        _ => Problem::bad_request("the body is no event: `{\"event\":\"session_start\"}`"),
    }
}
