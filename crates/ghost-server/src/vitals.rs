//! The server's own vital signs.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;

use crate::state::AppState;

/// What is known of the server itself.
#[derive(Debug)]
pub(crate) struct Vitals {
    /// When it started.
    pub(crate) started: Instant,
}

impl Vitals {
    /// As of now.
    pub(crate) fn new() -> Self {
        Self { started: Instant::now() }
    }
}

/// The routes of vital signs.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new()
}
