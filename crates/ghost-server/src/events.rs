//! The stream of events: what changed, told to everybody who listens.

use std::sync::Arc;

use axum::Router;

use crate::sessions::Sessions;
use crate::state::AppState;
use crate::stop::Stopped;

/// Who listens.
#[derive(Debug)]
pub(crate) struct EventHub {
    /// What is told about.
    pub(crate) sessions: Arc<Sessions>,
    /// Resolves when everybody is to be told goodbye.
    pub(crate) stopped: Stopped,
}

impl EventHub {
    /// Nobody listens yet.
    pub(crate) fn new(sessions: Arc<Sessions>, stopped: Stopped) -> Self {
        Self { sessions, stopped }
    }
}

/// The routes of the stream.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new()
}
