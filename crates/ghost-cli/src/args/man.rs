//! Options of `ghost man`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `ghost man`.
#[derive(Debug, Args)]
pub(crate) struct ManArguments {
    /// The command whose page to print; without one, that of `ghost` itself.
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    pub(crate) command: Option<String>,
    /// Write all pages into this folder instead.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
}
