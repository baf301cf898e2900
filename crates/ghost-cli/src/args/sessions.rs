//! Options of `ghost sessions`.

use clap::{Args, ValueEnum};

/// Arguments of `ghost sessions`.
#[derive(Debug, Args)]
pub(crate) struct SessionsArguments {
    /// How to write it.
    #[arg(long, default_value = "table")]
    pub(crate) format: SessionsFormat,
}

/// How the list of sessions is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SessionsFormat {
    /// For people.
    Table,
    /// For programs.
    Json,
}
