//! Options of `ghost stubs`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `ghost stubs`.
#[derive(Debug, Args)]
pub(crate) struct StubsArguments {
    /// Session id, the start of one, or `latest`.
    #[arg(value_name = "SESSION", default_value = "latest")]
    pub(crate) session: String,
    /// Folder for the `.pyi` files, laid out like the packages. Default: all on standard output.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Only modules whose name matches.
    #[arg(long, value_name = "GLOB")]
    pub(crate) module: Option<String>,
    /// Claim nothing of functions with fewer calls.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) min_calls: u64,
}
