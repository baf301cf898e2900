//! Routes that only tests have: what resources do not do yet, or never should.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};

use crate::state::AppState;

/// Where something changes.
pub(super) const CHANGE: &str = "/api/v1/test/change";
/// Where a handler panics.
pub(super) const PANIC: &str = "/test/panic";
/// Where an answer takes its time.
pub(super) const SLOW: &str = "/test/slow";

/// The routes.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    let changes = Arc::new(AtomicUsize::new(0));
    let change = move |body: Bytes| async move {
        let before = changes.fetch_add(1, Ordering::Relaxed);
        format!("{} {}", before + 1, body.len())
    };
    Router::new().route(CHANGE, post(change)).route(PANIC, get(panic)).route(SLOW, get(slow))
}

async fn panic() -> &'static str {
    panic!("/a/path and what else nobody should see")
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(300)).await;
    "at last"
}
