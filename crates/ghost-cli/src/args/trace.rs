//! Options of `ghost trace`.

use clap::{Args, ValueEnum};

/// Arguments of `ghost trace`.
#[derive(Debug, Args)]
pub(crate) struct TraceArguments {
    /// Trace id, the start of one, `latest` or `slowest`.
    #[arg(value_name = "TRACE", default_value = "latest")]
    pub(crate) trace: String,
    /// Session id, the start of one, a name, or `latest`.
    #[arg(value_name = "SESSION", default_value = "latest")]
    pub(crate) session: String,
    /// How many lines of the tree to show; JSON has all of them.
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(crate) limit: usize,
    /// How to write it.
    #[arg(long, default_value = "text")]
    pub(crate) format: TraceFormat,
}

/// How a trace is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}
