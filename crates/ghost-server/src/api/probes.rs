//! `GET /api/v1/sessions/{session}/probes`: what looks into the running program, how it fares in each process,
//! and what it told last.
//!
//! Tells only: probes are added and removed by `ghost probe`. Values are in the answer where a probe asked for
//! them, as in `ghost probe read`.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use ghost_control::{Hit, LineTime, Numbers, ProbeEvent, ProbeKind, ProbeStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{Asked, made};
use crate::probes::{SessionProbe, SessionProbes, session_probes};
use crate::security::Problem;
use crate::state::AppState;

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/sessions/{session}/probes", get(probes))
}

/// The probes of a session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProbesAnswer {
    /// The oldest first.
    items: Vec<ProbeItem>,
    /// Processes that answered.
    #[schema(minimum = 0)]
    process_count: usize,
    /// Processes that listen and did not answer in time.
    #[schema(minimum = 0)]
    silent_process_count: usize,
}

/// A probe, with the names of `ghost probe list --format json`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProbeItem {
    id: String,
    /// `package.module.function`, or `package.module:line`.
    target: String,
    /// `log`, `hist`, `incr` or `hotspots`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: ProbeKind,
    /// `call`, `return`, `raise`, `line` or `end`.
    #[schema(value_type = String)]
    event: ProbeEvent,
    name: String,
    /// The expression that is told; null where only the hit is.
    #[schema(required)]
    value: Option<String>,
    #[schema(required)]
    condition: Option<String>,
    created_unix_ns: u64,
    expires_unix_ns: u64,
    processes: Vec<ProcessProbe>,
    /// The latest twenty, the oldest first.
    hits: Vec<ProbeHit>,
}

/// A probe in one process.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProcessProbe {
    pid: u32,
    /// `pending`, `active`, `expired`, `disabled` or `error`.
    state: &'static str,
    /// Why, where there is something to tell.
    #[schema(required)]
    reason: Option<String>,
    hit_count: u64,
    dropped_count: u64,
    error_count: u64,
    /// What the last error said.
    #[schema(required)]
    error: Option<String>,
    /// What it added up: of `hist` and `incr`.
    #[schema(required)]
    numbers: Option<ProbeNumbers>,
    /// Its lines: of `hotspots`.
    lines: Vec<ProbeLine>,
}

/// Numbers added up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProbeNumbers {
    count: u64,
    total: f64,
    minimum: f64,
    maximum: f64,
}

/// One line and how long it took.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProbeLine {
    line: u32,
    count: u64,
    longest_ns: u64,
    total_ns: u64,
}

/// Something a probe told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProbeHit {
    time_unix_ns: u64,
    pid: u32,
    /// The value as text; null where the probe has none.
    #[schema(required)]
    value: Option<String>,
}

fn answer(found: SessionProbes) -> ProbesAnswer {
    ProbesAnswer {
        items: found.probes.into_iter().map(item).collect(),
        process_count: found.answered_count,
        silent_process_count: found.silent_count,
    }
}

fn item(probe: SessionProbe) -> ProbeItem {
    let SessionProbe { spec, processes, hits } = probe;
    ProbeItem {
        id: spec.id,
        target: spec.target,
        kind: spec.kind,
        event: spec.event,
        name: spec.name,
        value: spec.value,
        condition: spec.condition,
        created_unix_ns: spec.created_unix_ns,
        expires_unix_ns: spec.expires_unix_ns,
        processes: processes.into_iter().map(|(pid, status)| in_process(pid, status)).collect(),
        hits: hits.into_iter().map(|(pid, hit)| told(pid, hit)).collect(),
    }
}

fn in_process(pid: u32, status: ProbeStatus) -> ProcessProbe {
    ProcessProbe {
        pid,
        state: status.state.word(),
        reason: status.reason,
        hit_count: status.hit_count,
        dropped_count: status.dropped_count,
        error_count: status.error_count,
        error: status.error,
        numbers: status.numbers.map(numbers),
        lines: status.lines.into_iter().map(line).collect(),
    }
}

fn numbers(Numbers { count, total, minimum, maximum, .. }: Numbers) -> ProbeNumbers {
    ProbeNumbers { count, total, minimum, maximum }
}

fn line(LineTime { line, count, longest_ns, total_ns }: LineTime) -> ProbeLine {
    ProbeLine { line, count, longest_ns, total_ns }
}

fn told(pid: u32, Hit { time_unix_ns, value, .. }: Hit) -> ProbeHit {
    ProbeHit { time_unix_ns, pid, value }
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions/{session}/probes",
    description = "Probes of a session, as its processes tell of them now; none of a session that is over.",
    responses((status = 200, body = ProbesAnswer))
)]
pub(crate) async fn probes(asked: Asked) -> Result<Response, Problem> {
    let data_dir = asked.sessions.data_dir.clone();
    let (view, _) = asked.view().await?;
    let run_dir = data_dir.run_dir(&view.live.session.id);
    made(move || Ok(answer(session_probes(&run_dir)))).await
}
