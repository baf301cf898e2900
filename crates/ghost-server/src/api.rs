//! Resources under `/api/v1`, one file each, and `/health`.
//!
//! Whoever gets here has shown the token, but for `/health`: `security` decides that by the path alone,
//! so that no resource can forget it.

pub(crate) mod health;
pub(crate) mod settings;

use std::sync::Arc;

use axum::Router;

use crate::state::AppState;

/// All resources.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().merge(health::routes()).merge(settings::routes())
}
