//! The server's own vital signs: what it takes up, how long it runs, whether session files are healthy,
//! and the usage data it sends or does not send.
//!
//! Nothing here is about what was recorded, and nothing fails as a whole because a part of it does.

mod human;
pub(crate) mod integrity;
mod maintenance;
pub(crate) mod monitor;
mod process_memory;
pub mod settings_file;
pub(crate) mod telemetry;
pub mod usage_data;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use axum::Router;
use ghost_store::DataDir;
use tokio::sync::Semaphore;

pub(crate) use maintenance::keep_house;
use monitor::Holdings;
use settings_file::SettingsFile;
use usage_data::{Denial, UsageData};

use crate::state::AppState;

/// What is known of the server itself.
#[derive(Debug)]
pub(crate) struct Vitals {
    data_dir: DataDir,
    started: Instant,
    holdings: Holdings,
    /// Rounds of maintenance so far.
    rounds: AtomicU32,
    /// Integrity checks read whole files: one at a time.
    checking: Arc<Semaphore>,
    usage_data: Arc<UsageData>,
}

impl Vitals {
    /// As of now. Nothing is read yet.
    pub(crate) fn new(data_dir: &DataDir, denial: Option<Denial>) -> Self {
        Self {
            data_dir: data_dir.clone(),
            started: Instant::now(),
            holdings: Holdings::default(),
            rounds: AtomicU32::new(0),
            checking: Arc::new(Semaphore::new(1)),
            usage_data: Arc::new(UsageData::new(data_dir.root().to_owned(), denial)),
        }
    }

    /// The settings of all sessions.
    pub(crate) fn settings(&self) -> SettingsFile {
        SettingsFile::of(self.data_root())
    }

    /// Whether and where usage data is sent.
    pub(crate) fn usage_data(&self) -> &Arc<UsageData> {
        &self.usage_data
    }

    fn data_root(&self) -> &Path {
        self.data_dir.root()
    }

    fn count_round(&self) {
        self.rounds.fetch_add(1, Ordering::Relaxed);
    }
}

/// The routes of vital signs.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().merge(monitor::routes()).merge(integrity::routes()).merge(telemetry::routes())
}
