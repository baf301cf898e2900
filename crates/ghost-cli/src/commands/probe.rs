//! `ghost probe`: looks into the processes of a running session, by their control sockets.
//!
//! What is found there is shown and nothing else: probes work in the observed processes, and end there
//! whatever becomes of this command.

mod add;
mod hotspots;
mod list;
mod processes;
mod read;
mod remove;

use std::time::{SystemTime, UNIX_EPOCH};

use ghost_control::{SpecError, SpecFileError};

use crate::args::{ColourChoice, ProbeAction, ProbeArguments};
use crate::exit::CommandError;

/// Why a probe does not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProbeError {
    /// No process of the session listens.
    #[error("no process of {whose} listens")]
    NobodyListens {
        /// The session, or what was asked for instead.
        whose: String,
    },
    /// The probe makes no sense.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// No process took it.
    #[error("probe refused: {reason}")]
    Refused {
        /// What the first of them said.
        reason: String,
    },
    /// There is no such probe.
    #[error("there is no probe `{name}`")]
    Unknown {
        /// Its name or id, as asked for.
        name: String,
    },
    /// The probes of the session cannot be kept.
    #[error(transparent)]
    File(#[from] SpecFileError),
}

impl ProbeError {
    /// The way out.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NobodyListens { .. } => {
                Some("probes need a program that runs under `ghost run`, with probes allowed")
            }
            Self::Unknown { .. } => Some("`ghost probe list` tells those there are"),
            Self::Spec(SpecError::Expression { .. }) => {
                Some("names, constants, operators, `x[i]` and `len(x)` and the like can be used")
            }
            Self::Spec(_) | Self::Refused { .. } | Self::File(_) => None,
        }
    }

    /// Whether there is nothing to show or do.
    pub(crate) fn is_no_data(&self) -> bool {
        matches!(self, Self::NobodyListens { .. } | Self::Unknown { .. })
    }

    /// Whether what was asked for is impossible.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self, Self::Spec(_) | Self::Refused { .. })
    }
}

/// Runs the command.
pub(crate) fn execute(
    arguments: &ProbeArguments,
    colour: ColourChoice,
) -> Result<u8, CommandError> {
    match &arguments.action {
        ProbeAction::Add(add) => add::execute(add),
        ProbeAction::List(list) => list::execute(list, colour),
        ProbeAction::Read(read) => read::execute(read, colour),
        ProbeAction::Rm(remove) => remove::execute(remove),
        ProbeAction::Hotspots(hotspots) => hotspots::execute(hotspots, colour),
    }
}

fn now_unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
