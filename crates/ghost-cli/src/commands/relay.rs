//! `ghost relay`: exports what the processes of a folder write into their rings, until the last of them
//! has ended. Started by the library; what it is to do comes through standard input, because it may hold
//! credentials, which everybody could see on a command line.
//!
//! Signals from the terminal are for the program and not for us, so this is a session of its own.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ghost_relay::{RelayConfiguration, RelayError, Say, relay};
use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGTERM};

use crate::args::RelayArguments;
use crate::environment;
use crate::exit::{CommandError, SUCCESS};
use crate::output::talk;

/// A configuration is a few hundred bytes.
const CONFIGURATION_BYTES_MAX: u64 = 1 << 20;

/// Why a relay cannot work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RelayCommandError {
    /// What it is to do makes no sense, or the folder cannot be used.
    #[error("cannot relay")]
    Relay(#[from] RelayError),
    /// Standard input cannot be read.
    #[error("cannot read what to relay to")]
    Input(#[source] io::Error),
    /// Signals cannot be caught.
    #[error("cannot catch signals")]
    Signals(#[source] io::Error),
}

impl RelayCommandError {
    /// Whether whoever started us is to blame.
    pub(crate) fn is_usage(&self) -> bool {
        !matches!(self, Self::Signals(_) | Self::Relay(RelayError::Folder { .. }))
    }
}

/// Runs the command.
pub(crate) fn execute(arguments: &RelayArguments) -> Result<u8, CommandError> {
    Ok(run(arguments).map(|()| SUCCESS)?)
}

fn run(arguments: &RelayArguments) -> Result<(), RelayCommandError> {
    // Fails where we lead a group of processes already: then nobody shares our signals either.
    let _ = rustix::process::setsid();
    let stop = Arc::new(AtomicBool::new(false));
    let ignored = Arc::new(AtomicBool::new(false));
    for (signal, flag) in [(SIGTERM, &stop), (SIGINT, &ignored), (SIGHUP, &ignored)] {
        let flag = Arc::clone(flag);
        signal_hook::flag::register(signal, flag).map_err(RelayCommandError::Signals)?;
    }
    let mut json = String::new();
    let mut input = io::stdin().lock().take(CONFIGURATION_BYTES_MAX);
    input.read_to_string(&mut json).map_err(RelayCommandError::Input)?;
    let settings = RelayConfiguration::parse(&json)?.settings(&environment::opentelemetry)?;
    let say = Say::new(|line| talk::say(line));
    Ok(relay(&arguments.folder, &settings, &say, &stop)?)
}
