//! The stream of events: what changed in sessions, told over `WebSocket`s to everybody who listens.
//!
//! A request becomes a socket in `upgrade`, which lets in only our own page with the token; `connection`
//! talks to one client, `hub` reads for all of them, `feed` and `delta` find what is new.

mod connection;
mod delta;
mod feed;
mod hub;
mod message;
mod outbox;
mod session_source;
pub(crate) mod upgrade;
mod watched;

#[cfg(test)]
mod fake_sessions;
#[cfg(test)]
mod socket_tests;
#[cfg(test)]
mod upgrade_tests;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::security::EVENTS_PATH;
use crate::sessions::Sessions;
use crate::state::AppState;

/// Everybody who listens to sessions.
pub(crate) type EventHub = hub::Hub<Sessions>;

/// The route of the stream.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route(EVENTS_PATH, get(upgrade::upgrade))
}
