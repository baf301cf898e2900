//! Options of `ghost queries`.

use clap::{Args, ValueEnum};

use super::requests::RowsFormat;

/// Arguments of `ghost queries`.
#[derive(Debug, Args)]
pub(crate) struct QueriesArguments {
    /// Session id, the start of one, a name, or `latest`.
    #[arg(value_name = "SESSION", default_value = "latest")]
    pub(crate) session: String,
    /// What to sort by, largest first.
    #[arg(long, value_name = "BY", default_value = "total")]
    pub(crate) sort: QueriesSortBy,
    /// How many statements to show.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
    /// How to write it.
    #[arg(long, default_value = "text")]
    pub(crate) format: RowsFormat,
}

/// What statements are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueriesSortBy {
    /// Time of all queries together.
    Total,
    /// Number of queries.
    Queries,
    /// The time below which 95% of the queries lie.
    P95,
    /// Share of queries that failed.
    Errors,
    /// Rows returned or changed.
    Rows,
    /// How often it was sent in one request.
    Repeated,
}
