//! `GET /api/v1/monitor`: ten numbers about the server, for programs and for people. The fields are those
//! of the reference; `docs/monitoring.md` says what each means here.
//!
//! A part that cannot be told is zero and a warning in the log; the answer is 200 all the same.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use ghost_store::{DataDir, HoldingsMeter};
use serde::Serialize;
use utoipa::ToSchema;

use super::process_memory::ProcessMemory;
use super::{Vitals, human};
use crate::security::Problem;
use crate::state::AppState;

/// How long the numbers of the session files are good for: many pages may ask at once.
const HOLDINGS_AGE_MAX: Duration = Duration::from_secs(1);

/// How the server is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Monitor {
    /// `page_count × page_size` of all session files, without their logs.
    pub(crate) db_size_bytes: u64,
    /// The same for people.
    pub(crate) db_size_human: String,
    /// Private memory of the server that is resident.
    pub(crate) mem_alloc_bytes: u64,
    /// The same for people.
    pub(crate) mem_alloc_human: String,
    /// Private memory that the server obtained from the system.
    pub(crate) mem_sys_bytes: u64,
    /// Tasks that are alive.
    pub(crate) goroutines: u64,
    /// Rows of `flows` in all session files.
    pub(crate) total_flows: u64,
    /// Seconds since the server started.
    pub(crate) uptime_seconds: u64,
    /// The same for people.
    pub(crate) uptime_human: String,
    /// Rounds of maintenance since then.
    pub(crate) num_gc: u32,
}

/// The numbers of all session files, read at most once a second.
#[derive(Debug, Default)]
pub(super) struct Holdings(Mutex<Reading>);

#[derive(Debug, Default)]
struct Reading {
    meter: HoldingsMeter,
    last: Option<(Instant, Numbers)>,
    /// Files that could not be read, as of the last warning.
    unreadable_count: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Numbers {
    bytes: u64,
    flows: u64,
}

impl Holdings {
    fn now(&self, data_dir: &DataDir) -> Numbers {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).now(data_dir)
    }
}

impl Reading {
    fn now(&mut self, data_dir: &DataDir) -> Numbers {
        match self.last {
            Some((read, numbers)) if read.elapsed() < HOLDINGS_AGE_MAX => return numbers,
            _ => {}
        }
        let numbers = self.read(data_dir);
        self.last = Some((Instant::now(), numbers));
        numbers
    }

    fn read(&mut self, data_dir: &DataDir) -> Numbers {
        let size = match self.meter.read(data_dir) {
            Ok(size) => size,
            Err(error) => {
                tracing::warn!(%error, "monitor: session files cannot be listed");
                return Numbers::default();
            }
        };
        // Once, and not every thirty seconds.
        if size.unreadable.len() != self.unreadable_count {
            for (session, error) in &size.unreadable {
                tracing::warn!(%session, %error, "monitor: session file not counted");
            }
        }
        self.unreadable_count = size.unreadable.len();
        Numbers { bytes: size.db_size_bytes, flows: size.flow_count }
    }
}

impl Vitals {
    /// Reads files: not for the threads that answer requests.
    fn monitor(&self, task_count: usize) -> Monitor {
        let numbers = self.holdings.now(&self.data_dir);
        let memory = ProcessMemory::now().unwrap_or_else(|error| {
            tracing::warn!(%error, "monitor: memory of the process is not known");
            ProcessMemory::default()
        });
        let uptime_seconds = self.started.elapsed().as_secs();
        Monitor {
            db_size_bytes: numbers.bytes,
            db_size_human: human::bytes(numbers.bytes),
            mem_alloc_bytes: memory.alloc_bytes,
            mem_alloc_human: human::bytes(memory.alloc_bytes),
            mem_sys_bytes: memory.sys_bytes,
            goroutines: task_count as u64,
            total_flows: numbers.flows,
            uptime_seconds,
            uptime_human: human::uptime(uptime_seconds),
            num_gc: self.rounds.load(Ordering::Relaxed),
        }
    }
}

/// The route.
pub(super) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/monitor", get(monitor))
}

/// How the server itself is: memory, session files, uptime.
#[utoipa::path(
    get,
    path = "/api/v1/monitor",
    responses((status = 200, description = "How the server is.", body = Monitor)),
)]
pub(crate) async fn monitor(State(state): State<Arc<AppState>>) -> Response {
    let task_count = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let read = move || state.vitals.monitor(task_count);
    match tokio::task::spawn_blocking(read).await {
        Ok(monitor) => Json(monitor).into_response(),
        Err(_) => Problem::internal().into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vitals(root: &std::path::Path) -> Vitals {
        Vitals::new(&DataDir::new(root.to_owned()), None)
    }

    #[test]
    fn the_fields_are_those_of_the_reference_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let monitor = serde_json::to_value(vitals(folder.path()).monitor(42)).unwrap();
        let names: Vec<&String> = monitor.as_object().unwrap().keys().collect();
        let mut documented = [
            "db_size_bytes",
            "db_size_human",
            "mem_alloc_bytes",
            "mem_alloc_human",
            "mem_sys_bytes",
            "goroutines",
            "total_flows",
            "uptime_seconds",
            "uptime_human",
            "num_gc",
        ];
        documented.sort_unstable();
        assert_eq!(names, documented);
        for (name, value) in monitor.as_object().unwrap() {
            assert_eq!(value.is_string(), name.ends_with("_human"), "{name}");
        }
        assert_eq!((&monitor["goroutines"], &monitor["uptime_human"]), (&42.into(), &"0m".into()));
        assert_eq!((&monitor["db_size_human"], &monitor["num_gc"]), (&"0 B".into(), &0.into()));
    }

    #[test]
    fn memory_is_told_and_more_was_obtained_than_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let monitor = vitals(folder.path()).monitor(1);
        assert!(monitor.mem_alloc_bytes > 0 && monitor.mem_sys_bytes >= monitor.mem_alloc_bytes);
    }

    #[test]
    fn a_part_that_fails_is_zero_and_the_rest_is_there() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sessions"), "no folder").unwrap();
        let monitor = vitals(folder.path()).monitor(1);
        assert_eq!((monitor.db_size_bytes, monitor.total_flows), (0, 0));
        assert!(monitor.mem_alloc_bytes > 0);
    }
}
