//! `GET /api/v1/sessions/{session}/processes`: the processes a session became.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use ghost_store::LiveProcess;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::Asked;
use super::listing::{ListAnswer, ListQuery};
use crate::security::Problem;
use crate::sessions::{PROCESS_COLUMNS, process_table};
use crate::state::AppState;

/// What processes are sorted by where nobody says so: the oldest first.
pub(crate) const SORT: &str = "start_unix_ns";

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/sessions/{session}/processes", get(processes))
}

/// A process, with the names of `ghost export`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProcessItem {
    pid: u32,
    parent_pid: u32,
    start_unix_ns: u64,
    /// Null while it runs, and where it ended without shutting the interpreter down.
    #[schema(required)]
    end_unix_ns: Option<u64>,
    python_version: String,
    /// What observing one call costs, picoseconds; 0 where it was not measured.
    call_cost_ps: u64,
    /// What observing took in all, where that is measured (under a budget); else 0.
    own_cost_ns: u64,
    /// `running`, `finished` or `ended`.
    state: &'static str,
    call_count: u64,
    /// What was refused, lost or failed; absent where it is zero.
    counters: BTreeMap<&'static str, u64>,
}

/// A process as it is sent.
pub(crate) fn item(live: &LiveProcess) -> ProcessItem {
    let process = &live.process;
    ProcessItem {
        pid: process.pid,
        parent_pid: process.parent_pid,
        start_unix_ns: process.start_unix_ns,
        end_unix_ns: process.end_unix_ns,
        python_version: process.python_version.clone(),
        call_cost_ps: process.call_cost_ps,
        own_cost_ns: process.own_cost_ns,
        state: process.state.as_str(),
        call_count: live.call_count,
        counters: process.counters.iter().map(|(counter, n)| (counter.as_str(), *n)).collect(),
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions/{session}/processes",
    description = "The processes of a session.",
    responses((status = 200, body = ListAnswer<ProcessItem>))
)]
pub(crate) async fn processes(mut asked: Asked) -> Result<Response, Problem> {
    let query = ListQuery::take(&mut asked.parameters, &PROCESS_COLUMNS, SORT)?;
    let (view, known) = asked.view().await?;
    let version = view.version.clone();
    let make = move || Ok(query.answer(&process_table(&view.live.processes), &view.version, item));
    known.or_made(&version, make).await
}
