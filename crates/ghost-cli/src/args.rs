//! The command line as `clap` sees it: options, their defaults and their help.
//!
//! One file per command. What an option does is decided by its command; here is only its shape.

mod annotate;
mod anomalies;
mod attach;
mod clean;
mod completions;
mod diff;
mod explain;
mod export;
mod man;
mod observing;
mod probe;
mod queries;
mod relay;
mod report;
mod requests;
mod run;
mod serve;
mod sessions;
pub(crate) mod since;
mod stubs;
mod telemetry;
mod trace;
mod watch;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use annotate::AnnotateArguments;
pub(crate) use anomalies::{AnomaliesArguments, AnomaliesFormat};
pub(crate) use attach::AttachArguments;
pub(crate) use clean::{CleanArguments, CleanFormat};
pub(crate) use completions::CompletionsArguments;
pub(crate) use diff::{DiffArguments, DiffFormat, FailOn};
pub(crate) use explain::{BackendChoice, ExplainArguments, ExplainFormat};
pub(crate) use export::{ExportArguments, ExportFormat};
pub(crate) use man::ManArguments;
pub(crate) use observing::{Events, Observing, ProbeValues, Scope};
pub(crate) use probe::{
    AddArguments, HotspotsArguments, ListArguments, ProbeAction, ProbeArguments, ProbeFormat,
    ProbeScope, ReadArguments, RemoveArguments,
};
pub(crate) use queries::{QueriesArguments, QueriesSortBy};
pub(crate) use relay::RelayArguments;
pub(crate) use report::{ReportArguments, ReportFormat, SortBy};
pub(crate) use requests::{RequestsArguments, RequestsSortBy, RowsFormat};
pub(crate) use run::RunArguments;
pub(crate) use serve::{LogLevel, ServeArguments};
pub(crate) use sessions::{SessionsArguments, SessionsFormat, StateFilter};
pub(crate) use stubs::StubsArguments;
pub(crate) use telemetry::{TelemetryAction, TelemetryArguments};
pub(crate) use trace::{TraceArguments, TraceFormat};
pub(crate) use watch::{WatchArguments, WatchSortBy};

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
    /// Observe a program that runs already, and leave it as it was.
    Attach(AttachArguments),
    /// Show what was recorded, function by function.
    Report(ReportArguments),
    /// Show the routes of a web application: requests, errors, time in the database.
    Requests(RequestsArguments),
    /// Show the statements sent to databases.
    Queries(QueriesArguments),
    /// Show one request as a tree: functions and queries in it.
    Trace(TraceArguments),
    /// Find what is wrong: types, exceptions, slow and unused functions.
    Anomalies(AnomaliesArguments),
    /// List the recorded sessions, newest first.
    Sessions(SessionsArguments),
    /// Tell everything that is known of one function.
    Explain(ExplainArguments),
    /// Compare two sessions: what came, what went, what changed.
    Diff(DiffArguments),
    /// Watch a session while it runs, or look around in one that ended.
    Watch(WatchArguments),
    /// Show sessions in a browser, and answer programs that ask about them.
    Serve(ServeArguments),
    /// Look into a running program: arguments, results and locals of single functions.
    Probe(ProbeArguments),
    /// Write a session to a file for other programs.
    Export(ExportArguments),
    /// Remove old sessions.
    Clean(CleanArguments),
    /// Add the observed types to the source as annotations.
    Annotate(AnnotateArguments),
    /// Write stubs of the observed modules.
    Stubs(StubsArguments),
    /// Show what usage data is, and whether it is sent.
    Telemetry(TelemetryArguments),
    /// Print what a shell needs to complete `ghost` command lines.
    Completions(CompletionsArguments),
    /// Print or write manual pages.
    Man(ManArguments),
    /// Export the spans of a folder.
    #[command(hide = true)]
    Relay(RelayArguments),
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
