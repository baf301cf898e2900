//! `GET /api/v1/sessions` and `/api/v1/sessions/{session}`: what was recorded, and one session with what is to
//! be said of it.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use ghost_export::remarks;
use ghost_model::Session;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::Asked;
use super::listing::{ListAnswer, ListQuery};
use crate::security::Problem;
use crate::sessions::{SESSION_COLUMNS, SessionEntry, SessionView};
use crate::state::AppState;

/// What sessions are sorted by where nobody says so: the newest first.
pub(crate) const SORT: &str = "-start_unix_ns";

/// The routes.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new()
        .route("/api/v1/sessions", get(sessions))
        .route("/api/v1/sessions/{session}", get(session))
}

/// A session of the list, with the names of `ghost sessions --format json`. Of a file that cannot be read only
/// its id is known, and in place of the state why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionItem {
    pub(crate) session_id: String,
    /// `running`, `finished`, `killed`; or `damaged`, `newer version`, `unreadable`.
    pub(crate) state: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) known: Option<SessionProperties>,
}

/// What the file of a session says of itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionProperties {
    pub(crate) script_path: String,
    #[schema(required)]
    pub(crate) name: Option<String>,
    #[schema(required)]
    pub(crate) note: Option<String>,
    pub(crate) pid: u32,
    pub(crate) process_count: u64,
    pub(crate) call_count: u64,
    pub(crate) start_unix_ns: u64,
    #[schema(required)]
    pub(crate) end_unix_ns: Option<u64>,
    #[schema(required)]
    pub(crate) exit_code: Option<i32>,
}

impl SessionProperties {
    fn of(session: &Session) -> Self {
        Self {
            script_path: session.script.clone(),
            name: session.name.clone(),
            note: session.note.clone(),
            pid: session.pid,
            process_count: session.process_count,
            call_count: session.call_count,
            start_unix_ns: session.start_unix_ns,
            end_unix_ns: session.end_unix_ns,
            exit_code: session.exit_code,
        }
    }
}

fn item(entry: &SessionEntry) -> SessionItem {
    let session = entry.session.as_ref();
    SessionItem {
        session_id: entry.id.to_string(),
        state: session.map_or_else(|word| *word, |session| session.state.as_str()),
        known: session.ok().map(SessionProperties::of),
    }
}

/// A session with what is to be said of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionDetail {
    pub(crate) session_id: String,
    /// `running`, `finished` or `killed`.
    pub(crate) state: &'static str,
    #[serde(flatten)]
    pub(crate) properties: SessionProperties,
    /// Whether something may still be counted.
    pub(crate) is_live: bool,
    /// Functions that were called, without bodies of modules and classes.
    #[schema(minimum = 0)]
    pub(crate) function_count: usize,
    /// What could not be recorded, lost or is not kept, one line each.
    pub(crate) remarks: Vec<String>,
    /// Changes with everything that is known of the session.
    pub(crate) version: String,
}

fn detail(view: &SessionView) -> SessionDetail {
    let session = &view.live.session;
    let processes = view.live.processes.iter().map(|live| &live.process);
    let mut lines = remarks::gaps(processes);
    lines.extend(remarks::estimates(view.recording().profiles.iter()));
    match view.spans() {
        Ok(spans) => lines.extend(remarks::spans(&spans.counts)),
        Err(error) => {
            tracing::warn!(%error, "cannot read spans");
            lines.push("requests, queries and traces cannot be read".into());
        }
    }
    SessionDetail {
        session_id: session.id.to_string(),
        state: session.state.as_str(),
        properties: SessionProperties::of(session),
        is_live: !view.live.is_final,
        function_count: view.functions.rows().iter().filter(|row| !row.is_body()).count(),
        remarks: lines,
        version: view.version.clone(),
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions",
    description = "All sessions of the data folder.",
    responses((status = 200, body = ListAnswer<SessionItem>))
)]
pub(crate) async fn sessions(mut asked: Asked) -> Result<Response, Problem> {
    let query = ListQuery::take(&mut asked.parameters, &SESSION_COLUMNS, SORT)?;
    let (sessions, known) = asked.finish()?;
    let listing = tokio::task::spawn_blocking(move || sessions.list());
    let listing = listing.await.map_err(|_| Problem::internal())??;
    let version = listing.version.clone();
    known.or_made(&version, move || Ok(query.answer(&listing.table, &listing.version, item))).await
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions/{session}",
    description = "One session, and what is to be said of it.",
    responses((status = 200, body = SessionDetail))
)]
pub(crate) async fn session(asked: Asked) -> Result<Response, Problem> {
    let (view, known) = asked.view().await?;
    let version = view.version.clone();
    known.or_made(&version, move || Ok(detail(&view))).await
}
