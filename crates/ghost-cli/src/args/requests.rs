//! Options of `ghost requests`.

use clap::{Args, ValueEnum};

/// Arguments of `ghost requests`.
#[derive(Debug, Args)]
pub(crate) struct RequestsArguments {
    /// Session id, the start of one, a name, or `latest`.
    #[arg(value_name = "SESSION", default_value = "latest")]
    pub(crate) session: String,
    /// What to sort by, largest first.
    #[arg(long, value_name = "BY", default_value = "requests")]
    pub(crate) sort: RequestsSortBy,
    /// How many routes to show.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
    /// How to write it.
    #[arg(long, default_value = "text")]
    pub(crate) format: RowsFormat,
}

/// What routes are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RequestsSortBy {
    /// Number of requests.
    Requests,
    /// Share of requests that failed.
    Errors,
    /// The time below which 95% of the requests lie.
    P95,
    /// Time of all requests together.
    Total,
    /// Time in databases.
    Database,
    /// Queries per request.
    Queries,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowsFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
    /// For issues and chats.
    Markdown,
}
