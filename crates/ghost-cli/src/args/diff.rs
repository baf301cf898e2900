//! Options of `ghost diff`.

use clap::{Args, ValueEnum};

/// Arguments of `ghost diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// The session before: id, the start of one, name, `latest` or `previous`.
    #[arg(value_name = "BEFORE", default_value = "previous")]
    pub(crate) before: String,
    /// The session after.
    #[arg(value_name = "AFTER", default_value = "latest")]
    pub(crate) after: String,
    /// How to write it.
    #[arg(long, default_value = "text")]
    pub(crate) format: DiffFormat,
    /// End with exit code 1 if there are such differences; several are separated by commas.
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub(crate) fail_on: Vec<FailOn>,
    /// How many functions of each section to show; JSON has all of them.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    /// Module and class bodies, too.
    #[arg(long)]
    pub(crate) all: bool,
}

/// How a comparison is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For issues and chats.
    Markdown,
}

/// Differences that make `ghost diff` end with exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// A function is slower, by more than noise.
    Regressions,
    /// A function was called with, or returned, types it was not before.
    Types,
    /// A function fails more often, or with an exception it did not before.
    Exceptions,
    /// Anything is reported at all: added and removed functions, too.
    Any,
}
