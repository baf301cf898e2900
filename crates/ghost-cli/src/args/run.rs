//! Options of `ghost run`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `ghost run`.
#[derive(Debug, Args)]
#[command(override_usage = "ghost run [OPTIONS] SCRIPT [ARGS]...
       ghost run [OPTIONS] -m MODULE [ARGS]...
       ghost run [OPTIONS] -c CODE [ARGS]...
       ghost run [OPTIONS] COMMAND [ARGS]...")]
pub(crate) struct RunArguments {
    /// Say nothing unless something goes wrong.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Interpreter to use. Default: the one beside `ghost`, of the virtual environment, or on PATH.
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<PathBuf>,
    /// Which code to observe.
    #[arg(long, value_name = "WHICH", default_value = "project")]
    pub(crate) scope: Scope,
    /// Observe modules whose name matches, too (repeatable).
    #[arg(long, value_name = "GLOB", value_parser = one_line)]
    pub(crate) include: Vec<String>,
    /// Do not observe modules whose name matches (repeatable).
    #[arg(long, value_name = "GLOB", value_parser = one_line)]
    pub(crate) exclude: Vec<String>,
    /// Which single calls to keep as examples.
    #[arg(long, value_name = "WHICH", default_value = "sample")]
    pub(crate) events: Events,
    /// How many of them to keep per function.
    #[arg(long, value_name = "N", default_value_t = 16,
        value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub(crate) events_per_function: u32,
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

/// Which code is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scope {
    /// Code of the project.
    Project,
    /// Everything, the standard library and installed packages too.
    All,
}

/// Which single calls are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Events {
    /// The latest of each function.
    Sample,
    /// Every call that can be kept without slowing the program down.
    All,
    /// None.
    None,
}

/// Refuses what the line-based run settings could not carry.
fn one_line(text: &str) -> Result<String, &'static str> {
    if text.contains(['\n', '\r']) {
        Err("a glob cannot hold a line break")
    } else {
        Ok(text.into())
    }
}
