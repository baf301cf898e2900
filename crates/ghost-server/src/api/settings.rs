//! `GET` and `PATCH /api/v1/settings`: what can be set in the dashboard. That is one switch; the rest of
//! `settings.toml` says where data is sent and what is deleted, and is for people with an editor.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::security::Problem;
use crate::state::AppState;
use crate::vitals::settings_file::{Settings, SettingsError, SettingsFile};

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/settings", get(settings).patch(change_settings))
}

/// The settings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingsAnswer {
    telemetry: TelemetryAnswer,
    maintenance: MaintenanceAnswer,
}

/// Of usage data.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TelemetryAnswer {
    /// The switch.
    telemetry_enabled: bool,
    /// Where to; empty sends nothing.
    telemetry_endpoint: String,
}

/// Of what is removed by itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MaintenanceAnswer {
    #[schema(required)]
    retain_days: Option<f64>,
    #[schema(required)]
    retain_mib: Option<u64>,
}

/// What can be changed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsChange {
    telemetry: TelemetryChange,
}

/// Of usage data.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TelemetryChange {
    telemetry_enabled: bool,
}

impl From<Settings> for SettingsAnswer {
    fn from(settings: Settings) -> Self {
        let Settings { telemetry, maintenance } = settings;
        Self {
            telemetry: TelemetryAnswer {
                telemetry_enabled: telemetry.telemetry_enabled.unwrap_or(true),
                telemetry_endpoint: telemetry.telemetry_endpoint,
            },
            maintenance: MaintenanceAnswer {
                retain_days: maintenance.retain_days,
                retain_mib: maintenance.retain_mib,
            },
        }
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/settings",
    description = "The settings of all sessions.",
    responses((status = 200, body = SettingsAnswer))
)]
pub(crate) async fn settings(State(state): State<Arc<AppState>>) -> Response {
    answer(state.vitals.settings(), |_| Ok(())).await
}

#[utoipa::path(
    patch,
    path = "/api/v1/settings",
    description = "Switches usage data on or off; holds from the next event on.",
    request_body = SettingsChange,
    responses((status = 200, body = SettingsAnswer))
)]
pub(crate) async fn change_settings(
    State(state): State<Arc<AppState>>,
    change: Result<Json<SettingsChange>, JsonRejection>,
) -> Response {
    let change = match change {
        Ok(Json(change)) => change.telemetry.telemetry_enabled,
        Err(rejection) if rejection.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            return Problem::new(rejection.status()).into_response();
        }
        Err(_) => return Problem::bad_request("the body is no change of settings").into_response(),
    };
    answer(state.vitals.settings(), move |file| file.set_telemetry_enabled(change)).await
}

/// Does something to the file, and answers what it says then.
async fn answer(
    file: SettingsFile,
    first: impl FnOnce(&SettingsFile) -> Result<(), SettingsError> + Send + 'static,
) -> Response {
    let read = move || first(&file).and_then(|()| file.read());
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(settings)) => Json(SettingsAnswer::from(settings)).into_response(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "settings not read or written");
            Problem::internal()
                .detail("`settings.toml` cannot be used; the log says why")
                .into_response()
        }
        Err(_) => Problem::internal().into_response(),
    }
}
