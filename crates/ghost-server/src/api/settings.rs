//! `GET` and `PATCH /api/v1/settings`: what can be set in the dashboard.

use std::sync::Arc;

use axum::Router;

use crate::state::AppState;

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new()
}
