//! Options of `ghost completions`.

use clap::Args;
use clap_complete::Shell;

/// Arguments of `ghost completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell that will read it.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}
