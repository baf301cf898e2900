//! Options of `ghost run`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::Observing;

/// Arguments of `ghost run`.
#[derive(Debug, Args)]
#[command(override_usage = "ghost run [OPTIONS] SCRIPT [ARGS]...
       ghost run [OPTIONS] -m MODULE [ARGS]...
       ghost run [OPTIONS] -c CODE [ARGS]...
       ghost run [OPTIONS] COMMAND [ARGS]...")]
pub(crate) struct RunArguments {
    /// How to observe.
    #[command(flatten)]
    pub(crate) observing: Observing,
    /// Interpreter to use. Default: the one beside `ghost`, of the virtual environment, or on PATH.
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<PathBuf>,
    /// Show the session in a browser while it runs; at any free port, or at this one.
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true,
        default_missing_value = "0")]
    pub(crate) serve: Option<u16>,
    /// Script, folder or zip file with a `__main__.py`, `-m MODULE`, `-c CODE`, `-` (standard
    /// input) or a command; what follows belongs to the program.
    #[arg(
        value_name = "TARGET",
        required = true,
        num_args = 1..,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) words: Vec<OsString>,
}
