//! Options of `ghost annotate`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `ghost annotate`.
#[derive(Debug, Args)]
pub(crate) struct AnnotateArguments {
    /// Session id, the start of one, or `latest`; then files of it, if not all.
    #[arg(value_name = "SESSION|FILE")]
    pub(crate) words: Vec<PathBuf>,
    /// Only modules whose name matches.
    #[arg(long, value_name = "GLOB")]
    pub(crate) module: Option<String>,
    /// Claim nothing of functions with fewer calls.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) min_calls: u64,
    /// Change the files instead of showing the difference.
    #[arg(long)]
    pub(crate) write: bool,
    /// Say of each parameter and return value that is left out why.
    #[arg(long)]
    pub(crate) reasons: bool,
}
