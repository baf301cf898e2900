//! What a server writes on standard error while it runs: lines of `tracing`, from the level that is asked
//! for. Values that a client can choose are fields there, which are escaped.

use std::io;

use clap::ValueEnum;
use tracing_subscriber::filter::LevelFilter;

use crate::args::LogLevel;
use crate::environment;

/// `GHOST_LOG` is no level.
#[derive(Debug, thiserror::Error)]
#[error("variable `GHOST_LOG`: it is none of off, error, warn, info, debug, trace")]
pub(crate) struct LogLevelError;

/// Writes from now on.
pub(super) fn start(asked: Option<LogLevel>) -> Result<(), LogLevelError> {
    let level = match (asked, environment::log_level()) {
        (Some(level), _) => level,
        (None, Some(word)) => LogLevel::from_str(&word, true).map_err(|_| LogLevelError)?,
        (None, None) => LogLevel::Warn,
    };
    let lines = tracing_subscriber::fmt().with_max_level(filter(level)).with_writer(io::stderr);
    // Fails where somebody writes already, and there is nobody.
    let _ = lines.with_ansi(false).try_init();
    Ok(())
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}
