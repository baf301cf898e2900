//! Options of `ghost export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `ghost export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// Session id, the start of one, a name, or `latest`.
    #[arg(value_name = "SESSION", default_value = "latest")]
    pub(crate) session: String,
    /// How to write it.
    #[arg(long, default_value = "json")]
    pub(crate) format: ExportFormat,
    /// Where to write it; `-` is standard output.
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One document.
    Json,
    /// One row per function.
    Csv,
    /// A table for issues and chats.
    Markdown,
    /// For speedscope: time and calls by stack, as far as stacks are known.
    Speedscope,
    /// For flame graph programs: one line per stack with nanoseconds.
    Collapsed,
    /// For `pprof`: compressed protobuf.
    Pprof,
    /// For Perfetto and Chrome: the sampled calls on a line of time.
    #[value(alias = "chrome", alias = "perfetto")]
    Trace,
    /// For data frames: one row per function.
    #[cfg(feature = "parquet")]
    Parquet,
}
