//! The API as a document of `OpenAPI` 3.1, made from the types and columns that are really served.
//!
//! What all resources have in common (the token, the session, the parameters of lists, errors) is added
//! here to each of them, so that no resource can forget it.

mod shared;

use std::sync::Arc;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::OpenApi;

use crate::state::AppState;
use crate::{api, events, vitals};
use shared::Shared;

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/openapi.json", get(openapi))
}

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ghostglass",
        version = "1",
        description = "What `ghost serve` tells of recorded and running sessions. Times are nanoseconds; what each \
                       number means is written in docs/semantics.md."
    ),
    paths(
        openapi,
        api::health::health,
        api::sessions::sessions,
        api::sessions::session,
        api::overview::overview,
        api::functions::functions,
        api::function_detail::function,
        api::anomalies::anomalies,
        api::diff::diff,
        api::call_tree::call_tree,
        api::requests::requests,
        api::queries::queries,
        api::flows::flows,
        api::traces::traces,
        api::traces::trace,
        api::errors::errors,
        api::processes::processes,
        api::probes::probes,
        api::settings::settings,
        api::settings::change_settings,
        events::upgrade::upgrade,
        vitals::monitor::monitor,
        vitals::integrity::check,
        vitals::telemetry::show,
        vitals::telemetry::report,
    ),
    modifiers(&Shared)
)]
pub(crate) struct Document;

#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    description = "This document.",
    responses((status = 200, body = serde_json::Value, content_type = "application/json"))
)]
async fn openapi() -> impl IntoResponse {
    let document = Document::openapi().to_json().unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], document)
}

#[cfg(test)]
mod case_tests;
#[cfg(test)]
mod tests;
