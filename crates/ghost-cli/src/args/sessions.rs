//! Options of `ghost sessions`.

use clap::{Args, ValueEnum};

use super::since::Since;

/// Arguments of `ghost sessions`.
#[derive(Debug, Args)]
pub(crate) struct SessionsArguments {
    /// Only sessions in this state.
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<StateFilter>,
    /// Only sessions that began since then: `12h`, `30d`, `2026-11-20`.
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<Since>,
    /// Only sessions of scripts that match, as the list shows them.
    #[arg(long, value_name = "GLOB")]
    pub(crate) script: Option<String>,
    /// Only sessions with a name that matches.
    #[arg(long, value_name = "GLOB")]
    pub(crate) name: Option<String>,
    /// Only the newest N of them.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// How to write it.
    #[arg(long, default_value = "table")]
    pub(crate) format: SessionsFormat,
}

/// A state that sessions are chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StateFilter {
    /// Still recording.
    Running,
    /// The program ended by itself.
    Finished,
    /// The program was ended by a signal, or its `ghost run` disappeared.
    Killed,
}

/// How the list of sessions is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SessionsFormat {
    /// For people.
    Table,
    /// For programs.
    Json,
}
