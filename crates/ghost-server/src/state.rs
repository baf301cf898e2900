//! What every handler is given.
//!
//! Only puts the rooms together; each decides on its own what it holds and what it locks.

use std::sync::Arc;

use crate::events::EventHub;
use crate::security::Token;
use crate::sessions::Sessions;
use crate::vitals::Vitals;

/// The state of one server, shared by all its requests.
#[derive(Debug)]
pub(crate) struct AppState {
    /// What was recorded.
    pub(crate) sessions: Arc<Sessions>,
    /// How the server itself is.
    pub(crate) vitals: Arc<Vitals>,
    /// Who is told what changes.
    pub(crate) events: Arc<EventHub>,
    /// What a request must know to be answered.
    pub(crate) token: Token,
}
