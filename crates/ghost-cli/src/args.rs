//! The command line as `clap` sees it: options, their defaults and their help.
//!
//! What an option does is decided by its command; here is only its shape.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// See what a Python program really does: calls, types, exceptions and time of every function.
#[derive(Debug, Parser)]
#[command(
    name = "ghost",
    version,
    styles = STYLES,
    max_term_width = 100,
    after_help = crate::exit::EXIT_CODES_HELP
)]
pub(crate) struct Arguments {
    /// When to use colour.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColourChoice,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands of `ghost`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a program and record what its functions do.
    Run(RunArguments),
    /// Show what was recorded, function by function.
    Report(ReportArguments),
    /// List the recorded sessions, newest first.
    Sessions(SessionsArguments),
    /// Write a session to a file for other programs.
    Export(ExportArguments),
}

/// When to use colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ColourChoice {
    /// On terminals, unless `NO_COLOR` says otherwise.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

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

/// Arguments of `ghost report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// Session id, the start of one, or `latest`.
    #[arg(value_name = "SESSION", default_value = "latest")]
    pub(crate) session: String,
    /// What to sort by, largest first.
    #[arg(long, value_name = "BY", default_value = "calls")]
    pub(crate) sort: SortBy,
    /// How many functions to show.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    /// Only functions of modules whose name matches.
    #[arg(long, value_name = "GLOB")]
    pub(crate) module: Option<String>,
    /// How to write it.
    #[arg(long, default_value = "table")]
    pub(crate) format: ReportFormat,
    /// Module and class bodies, too.
    #[arg(long)]
    pub(crate) all: bool,
}

/// What the rows of a report are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortBy {
    /// Number of calls.
    Calls,
    /// Mean time from call to return.
    Latency,
    /// Share of calls that ended by an exception.
    Exceptions,
    /// Time in the function and what it called.
    Total,
    /// Time in the function alone.
    #[value(name = "self")]
    SelfTime,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Table,
    /// For programs: the schema of `ghost export`.
    Json,
    /// For spreadsheets.
    Csv,
    /// For issues and chats.
    Markdown,
}

/// Arguments of `ghost sessions`.
#[derive(Debug, Args)]
pub(crate) struct SessionsArguments {
    /// How to write it.
    #[arg(long, default_value = "table")]
    pub(crate) format: SessionsFormat,
}

/// How the list of sessions is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SessionsFormat {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Arguments of `ghost export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// Session id, the start of one, or `latest`.
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
}

/// Refuses what the line-based run settings could not carry.
fn one_line(text: &str) -> Result<String, &'static str> {
    if text.contains(['\n', '\r']) {
        Err("a glob cannot hold a line break")
    } else {
        Ok(text.into())
    }
}
