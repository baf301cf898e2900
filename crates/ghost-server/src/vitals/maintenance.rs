//! What the server does for session files from time to time: completes sessions whose `ghost run`
//! disappeared, writes back logs that nobody else will, and keeps to the limits of the settings.
//!
//! Files that are being written are their writer's. Nothing of it is urgent: a failure is logged and
//! waits for the next round.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ghost_store::retention::{Candidate, Limits, plan};
use ghost_store::{
    CHECKPOINT_INTERVAL, CheckpointMode, DataDir, Holding, RemoveError, checkpoint_idle_sessions,
    inventory, recover, remove_session,
};

use super::Vitals;
use super::settings_file::MaintenanceSettings;
use crate::stop::Stopped;

/// From the start of the server to the first round: starting comes first.
const FIRST: Duration = Duration::from_secs(5);

const DAY_NS: f64 = 86_400e9;
const MIB: u64 = 1 << 20;

/// Keeps house until the server stops, and leaves it tidy.
pub(crate) async fn keep_house(vitals: Arc<Vitals>, mut stopped: Stopped) {
    let mut wait = FIRST;
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stopped.wait() => break,
        }
        wait = CHECKPOINT_INTERVAL;
        let vitals = Arc::clone(&vitals);
        // A panic in it is told by the panic hook.
        let _ = tokio::task::spawn_blocking(move || round(&vitals)).await;
    }
    let leave = move || checkpoint(&vitals.data_dir, CheckpointMode::Truncate);
    let _ = tokio::task::spawn_blocking(leave).await;
}

fn round(vitals: &Vitals) {
    let data_dir = &vitals.data_dir;
    match recover(data_dir) {
        Ok(recovery) => {
            for session in &recovery.recovered {
                tracing::info!(%session, "completed a session whose `ghost run` disappeared");
            }
            for (path, why) in &recovery.broken {
                tracing::warn!(path = %path.display(), why, "cannot use a file of a run");
            }
        }
        Err(error) => tracing::warn!(%error, "cannot look for abandoned runs"),
    }
    checkpoint(data_dir, CheckpointMode::Passive);
    match vitals.settings().read() {
        Ok(settings) => keep_to_limits(data_dir, &settings.maintenance),
        Err(error) => tracing::warn!(%error, "settings not used"),
    }
    vitals.count_round();
}

fn checkpoint(data_dir: &DataDir, mode: CheckpointMode) {
    match checkpoint_idle_sessions(data_dir, mode) {
        Ok(done) => {
            for one in done {
                match one.outcome {
                    Ok(outcome) => tracing::info!(session = %one.id, ?mode, ?outcome, "checkpoint"),
                    Err(error) => tracing::warn!(session = %one.id, %error, "checkpoint failed"),
                }
            }
        }
        Err(error) => tracing::warn!(%error, "cannot list sessions for checkpoints"),
    }
}

/// What `ghost clean` would remove with these limits, but never the newest session.
fn keep_to_limits(data_dir: &DataDir, settings: &MaintenanceSettings) {
    let Some(limits) = limits(settings) else { return };
    let holdings = match inventory(data_dir) {
        Ok(holdings) => holdings,
        Err(error) => return tracing::warn!(%error, "cannot list sessions for their limits"),
    };
    let candidates: Vec<Candidate> = holdings.iter().map(Candidate::of).collect();
    let verdicts = plan(&candidates, limits, now_unix_ns());
    for (holding, verdict) in holdings.iter().zip(verdicts) {
        if verdict.is_removal() {
            remove(data_dir, holding, verdict.as_str());
        }
    }
}

fn remove(data_dir: &DataDir, holding: &Holding, reason: &str) {
    let (session, bytes) = (&holding.id, holding.bytes);
    match remove_session(data_dir, session) {
        Ok(()) => tracing::info!(%session, bytes, reason, "removed a session"),
        Err(RemoveError::Store(error)) => tracing::warn!(%session, %error, "session not removed"),
        Err(error) => tracing::debug!(%session, %error, "session kept for now"),
    }
}

fn limits(settings: &MaintenanceSettings) -> Option<Limits> {
    if settings.retain_days.is_none() && settings.retain_mib.is_none() {
        return None;
    }
    Some(Limits {
        age_ns_max: settings.retain_days.map_or(u64::MAX, |days| (days * DAY_NS) as u64),
        keep: 1,
        bytes_max: settings.retain_mib.map(|mib| mib.saturating_mul(MIB)),
        named: false,
    })
}

fn now_unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::{SessionId, SessionState};
    use ghost_store::{NewSession, RunFolder, SessionEnd, SessionIndex, SessionWriter};

    fn record(data_dir: &DataDir, start_unix_ns: u64) -> SessionId {
        let id = SessionId::new(start_unix_ns, 7);
        let new = NewSession {
            id: id.clone(),
            script: "app.py".into(),
            name: None,
            note: None,
            kind: ghost_model::SessionKind::Started,
            pid: 1,
            start_unix_ns,
        };
        let folder = RunFolder::create(data_dir, &id, "").unwrap();
        let end = SessionEnd {
            end_unix_ns: start_unix_ns,
            exit_code: Some(0),
            state: SessionState::Finished,
        };
        SessionWriter::create(data_dir, new).unwrap().finish(end).unwrap();
        drop(folder);
        id
    }

    fn with_sessions(settings: &str) -> (tempfile::TempDir, Vitals, Vec<SessionId>) {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(folder.path().to_owned());
        let ids = [1_000_000_000, 1_500_000_000, 1_700_000_000]
            .map(|seconds: u64| record(&data_dir, seconds * 1_000_000_000));
        std::fs::write(folder.path().join("settings.toml"), settings).unwrap();
        (folder, Vitals::new(&data_dir, None), ids.into())
    }

    fn left(vitals: &Vitals) -> Vec<SessionId> {
        SessionIndex::read(&vitals.data_dir).unwrap().ids().to_vec()
    }

    #[test]
    fn nothing_is_removed_unless_somebody_set_a_limit() {
        for settings in ["", "[maintenance]\n", "[maintenance]\nretain_days = -4\n"] {
            let (_folder, vitals, _) = with_sessions(settings);
            round(&vitals);
            assert_eq!(left(&vitals).len(), 3, "{settings}");
        }
    }

    #[test]
    fn old_and_large_sessions_go_but_never_the_newest() {
        for limit in ["retain_days = 30", "retain_mib = 0"] {
            let (_folder, vitals, ids) = with_sessions(&format!("[maintenance]\n{limit}\n"));
            round(&vitals);
            assert_eq!(left(&vitals), ids[2..], "{limit}");
        }
    }

    #[test]
    fn rounds_are_counted() {
        let (_folder, vitals, _) = with_sessions("");
        round(&vitals);
        round(&vitals);
        assert_eq!(vitals.rounds.load(std::sync::atomic::Ordering::Relaxed), 2);
    }
}
