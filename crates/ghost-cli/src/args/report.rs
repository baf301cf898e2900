//! Options of `ghost report`.

use clap::{Args, ValueEnum};

/// Arguments of `ghost report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// Session id, the start of one, a name, or `latest`.
    #[arg(value_name = "SESSION", default_value = "latest")]
    pub(crate) session: String,
    /// What to sort by, largest first.
    #[arg(long, value_name = "BY", default_value = "calls")]
    pub(crate) sort: SortBy,
    /// How many functions to show.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    /// Only functions of modules whose name matches.
    #[arg(long, value_name = "GLOB")]
    pub(crate) module: Option<String>,
    /// How to write it.
    #[arg(long, default_value = "table")]
    pub(crate) format: ReportFormat,
    /// Module and class bodies, too.
    #[arg(long)]
    pub(crate) all: bool,
}

/// What the rows of a report are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortBy {
    /// Number of calls.
    Calls,
    /// Mean time from call to return.
    Latency,
    /// Share of calls that ended by an exception.
    Exceptions,
    /// Time in the function and what it called.
    Total,
    /// Time in the function alone.
    #[value(name = "self")]
    SelfTime,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Table,
    /// For programs: the schema of `ghost export`.
    Json,
    /// For spreadsheets.
    Csv,
    /// For issues and chats.
    Markdown,
}
