//! The relay: one process for a folder of rings, which exports what it finds in them and ends with the
//! last process that writes there.
//!
//! Started by the library where there is no `ghost run`. Whoever comes second finds the lock taken and
//! has nothing to do. What it is to do comes as JSON, because it may hold credentials:
//!
//! ```json
//! {"exporters": [{"exporter": "otlp", "variables": {"OTEL_EXPORTER_OTLP_HEADERS": "key=…"}},
//!                {"exporter": "prometheus=0.0.0.0:9090"}],
//!  "variables": {"OTEL_SERVICE_NAME": "shop"}}
//! ```
//!
//! `exporter` is what `ghost run --exporter` takes; `variables` come before those of the environment, an
//! exporter's own before those of all.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::exporting::Exporting;
use crate::follow::{Followed, Follower};
use crate::notice::Say;
use crate::settings::{Destination, DestinationError, ExportSettings, Lookup, SettingsError};

/// Who holds it relays.
const LOCK: &str = "relay.lock";
/// Between two looks at rings that are written to.
const POLL_MIN: Duration = Duration::from_millis(20);
/// Between two looks at rings that are not.
const POLL_MAX: Duration = Duration::from_millis(200);
/// How long to wait for a ring: whoever starts a relay is about to begin one, or the next.
const LINGER: Duration = Duration::from_secs(3);
/// How long the end may take for receivers that do not answer.
const END_MAX: Duration = Duration::from_secs(10);
/// How long it may take when we are told to end.
const STOP_MAX: Duration = Duration::from_millis(1_500);

/// What a relay is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayConfiguration {
    exporters: Vec<RelayExporter>,
    #[serde(default)]
    variables: Variables,
}

#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RelayExporter {
    exporter: String,
    #[serde(default)]
    variables: Variables,
}

/// Their values may be credentials.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
struct Variables(BTreeMap<String, String>);

/// Why nothing is relayed.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The configuration is no JSON, or another.
    #[error("the configuration cannot be read (line {line}, column {column})")]
    Configuration {
        /// Where, counted from one.
        line: usize,
        /// Where in it.
        column: usize,
    },
    /// An exporter is none.
    #[error("an exporter cannot be used: {0}")]
    Destination(#[from] DestinationError),
    /// A variable is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The folder cannot be used.
    #[error("cannot use `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl RelayConfiguration {
    /// Reads a configuration. Nothing of it is part of the error.
    pub fn parse(json: &str) -> Result<Self, RelayError> {
        serde_json::from_str(json).map_err(|error| RelayError::Configuration {
            line: error.line(),
            column: error.column(),
        })
    }

    /// Completes it by the environment.
    pub fn settings(&self, environment: Lookup<'_>) -> Result<ExportSettings, RelayError> {
        let general = |name: &str| self.variables.get(name).or_else(|| environment(name));
        let lookups = self.exporters.iter().map(|exporter| {
            move |name: &str| exporter.variables.get(name).or_else(|| general(name))
        });
        let lookups: Vec<_> = lookups.collect();
        let destinations = self.exporters.iter().zip(&lookups).map(|(exporter, lookup)| {
            let destination: Destination = exporter.exporter.parse()?;
            Ok::<_, RelayError>((destination, lookup as Lookup<'_>))
        });
        let destinations: Vec<_> = destinations.collect::<Result<_, _>>()?;
        Ok(ExportSettings::new(&destinations, &general)?)
    }
}

impl Variables {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl std::fmt::Debug for RelayExporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayExporter").field("variables", &self.variables).finish_non_exhaustive()
    }
}

/// Relays until the last process of the folder has ended, or until it is told to stop. Returns at once
/// where another relay is at work.
pub fn relay(
    folder: &Path,
    settings: &ExportSettings,
    say: &Say,
    stop: &AtomicBool,
) -> Result<(), RelayError> {
    let failed = |source| RelayError::Folder { path: folder.to_owned(), source };
    let lock = open_lock(folder).map_err(failed)?;
    loop {
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let relayed = relay_until_quiet(folder, settings, say, stop);
        lock.unlock().and(relayed).map_err(failed)?;
        // A process that began while the lock was still held has nobody else to relay for it.
        if stop.load(Ordering::Relaxed) || !Follower::new(folder).has_living().map_err(failed)? {
            return Ok(());
        }
    }
}

fn relay_until_quiet(
    folder: &Path,
    settings: &ExportSettings,
    say: &Say,
    stop: &AtomicBool,
) -> io::Result<()> {
    let (mut exporting, problems) = Exporting::start(settings, say);
    for problem in &problems {
        say.line(&with_causes(problem));
    }
    let mut follower = Follower::new(folder);
    follow(&mut follower, &mut exporting, stop)?;
    let is_told = stop.load(Ordering::Relaxed);
    exporting.end(if is_told { STOP_MAX } else { END_MAX });
    // The fate of the last ones is known only now.
    follower.poll(&mut exporting)?;
    Ok(())
}

fn follow(follower: &mut Follower, exporting: &mut Exporting, stop: &AtomicBool) -> io::Result<()> {
    let mut pause = POLL_MIN;
    let mut last_alive = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let Followed { spans, living, .. } = follower.poll(exporting)?;
        if living > 0 {
            last_alive = Instant::now();
        } else if last_alive.elapsed() >= LINGER {
            break;
        }
        pause = if spans > 0 { POLL_MIN } else { (pause * 2).min(POLL_MAX) };
        thread::sleep(pause);
    }
    Ok(())
}

/// Only we may hold it.
fn open_lock(folder: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600);
    options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    options.open(folder.join(LOCK))
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text
}

#[cfg(test)]
mod tests;
