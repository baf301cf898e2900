//! Options of `ghost relay`, which the library starts and nobody else.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `ghost relay`.
#[derive(Debug, Args)]
pub(crate) struct RelayArguments {
    /// Folder with the rings of spans. What to do with them is read from standard input, as JSON.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}
