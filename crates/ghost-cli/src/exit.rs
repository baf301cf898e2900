//! Exit codes: what they mean, and the only place that chooses one for an error.
//!
//! `ghost run` ends with the code of the program; the codes here are those of `ghost` itself.

use std::io;

use ghost_analysis::spans::{TraceError, TraceSummary};
use ghost_model::{SessionId, duration, visible};
use ghost_server::settings_file::SettingsError;
use ghost_store::{ScriptError, SelectError, StoreError};
use ghost_watch::WatchError;

use crate::commands::annotate::{RewriteError, SelectionError};
use crate::commands::attach::{AttachError, AttachRecorderError};
use crate::commands::explain::UnknownFunction;
use crate::commands::export::ExportError;
use crate::commands::man::ManError;
use crate::commands::probe::ProbeError;
use crate::commands::relay::RelayCommandError;
use crate::commands::run::{ExporterError, SuperviseError, TargetError};
use crate::commands::serve::ServeError;
use crate::commands::span_remarks::NothingRecorded;
use crate::commands::stubs::StubFolderError;
use crate::configuration::ConfigurationError;
use crate::environment::DataDirUnknown;
use crate::output::talk;

/// Done.
pub(crate) const SUCCESS: u8 = 0;
/// Something was found that was asked for.
pub(crate) const FINDINGS: u8 = 1;
/// The command line or the environment asks for something impossible.
pub(crate) const USAGE: u8 = 2;
/// Something of ours failed.
pub(crate) const FAILURE: u8 = 3;
/// There is nothing to show.
pub(crate) const NO_DATA: u8 = 4;

/// The end of `ghost --help`.
pub(crate) const EXIT_CODES_HELP: &str = "\
Exit codes:
  0  done
  1  found what `--fail-on` asks for
  2  wrong usage: unknown option, target or format, ambiguous session, function or trace
  3  failure: unreadable session file, no space left
  4  nothing to show: no session, unknown session, function or trace
  `ghost run` ends with the exit code of the program, 128 + N if signal N ended it.";

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// `ghost run` was given something it cannot start.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A program cannot be attached to.
    #[error(transparent)]
    Attach(#[from] AttachError),
    /// What was attached to cannot be recorded.
    #[error(transparent)]
    AttachRecorder(#[from] AttachRecorderError),
    /// The program did not start, or its end was not seen.
    #[error(transparent)]
    Supervise(#[from] SuperviseError),
    /// Spans cannot be exported as asked.
    #[error(transparent)]
    Exporter(#[from] ExporterError),
    /// A relay cannot work.
    #[error(transparent)]
    Relay(#[from] RelayCommandError),
    /// A file given by `--script` cannot be read.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// The data folder is unknown.
    #[error(transparent)]
    Environment(#[from] DataDirUnknown),
    /// The session asked for is not there.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The function asked for is not there.
    #[error(transparent)]
    Function(#[from] UnknownFunction),
    /// Nothing of what was asked for was recorded.
    #[error(transparent)]
    Nothing(#[from] NothingRecorded),
    /// The trace asked for is not there, or several are.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// A session cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file asked for cannot be written.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// There is no server.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Watching ended by something that went wrong.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// What is to be annotated was not recorded.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// The settings cannot be read or changed.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Stubs cannot be written.
    #[error(transparent)]
    Stubs(#[from] StubFolderError),
    /// A source file cannot be changed.
    #[error(transparent)]
    Rewrite(#[from] RewriteError),
    /// A probe cannot be had.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// There is no such manual page, or nowhere to put it.
    #[error(transparent)]
    Man(#[from] ManError),
    /// Standard output cannot be written.
    #[error("cannot write to standard output")]
    Output(#[from] io::Error),
}

impl CommandError {
    fn code(&self) -> u8 {
        match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => SUCCESS,
            Self::Relay(error) if !error.is_usage() => FAILURE,
            Self::Probe(error) if error.is_usage() => USAGE,
            Self::Probe(error) if error.is_no_data() => NO_DATA,
            Self::Serve(error) if error.is_usage() => USAGE,
            Self::Attach(error) if error.is_failure() => FAILURE,
            Self::Target(_)
            | Self::Attach(_)
            | Self::Exporter(_)
            | Self::Relay(_)
            | Self::Script(_)
            | Self::Environment(_)
            | Self::Man(_)
            | Self::Supervise(SuperviseError::Start { .. })
            | Self::Stubs(StubFolderError::Folder { .. })
            | Self::Trace(TraceError::Ambiguous { .. })
            | Self::Export(ExportError::Destination { .. } | ExportError::Binary { .. }) => USAGE,
            Self::Select(error) => select_code(error),
            Self::Selection(_) | Self::Function(_) | Self::Nothing(_) | Self::Trace(_) => NO_DATA,
            _ => FAILURE,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Target(error) => Some(error.hint().into()),
            Self::Attach(error) => error.hint(),
            Self::AttachRecorder(error) => error.hint().map(Into::into),
            Self::Environment(_) => Some("set GHOST_DATA_DIR to a folder you can write to".into()),
            Self::Store(error) | Self::Watch(WatchError::Store(error)) => {
                error.hint().map(Into::into)
            }
            Self::Select(error) => Some(select_hint(error)),
            Self::Export(error) => error.hint().map(Into::into),
            Self::Selection(_) => Some("`ghost report --all` lists what was recorded".into()),
            Self::Script(_)
            | Self::Exporter(_)
            | Self::Relay(_)
            | Self::Supervise(_)
            | Self::Watch(_)
            | Self::Rewrite(_)
            | Self::Stubs(_)
            | Self::Settings(_)
            | Self::Output(_) => None,
            Self::Man(error) => error.hint(),
            Self::Probe(error) => error.hint().map(Into::into),
            Self::Serve(error) => error.hint().map(Into::into),
            Self::Nothing(error) => Some(error.hint().into()),
            Self::Trace(error) => Some(trace_hint(error)),
            Self::Function(_) => {
                Some("`ghost report --top 1000` lists the functions there are".into())
            }
        }
    }
}

/// The way out for a trace that is not there.
fn trace_hint(error: &TraceError) -> String {
    match error {
        TraceError::NoTraces | TraceError::Unknown { .. } => {
            "`ghost trace latest` and `ghost trace slowest` need no id".into()
        }
        TraceError::Ambiguous { candidates, .. } => {
            let one = |trace: &TraceSummary| {
                let name = visible(&trace.name).into_owned();
                format!("{} ({name}, {})", trace.trace_id, duration(trace.duration_ns))
            };
            let all: Vec<String> = candidates.iter().map(one).collect();
            format!("it could be {}", all.join(", "))
        }
    }
}

/// The way out for a session that is not there.
fn select_hint(error: &SelectError) -> String {
    match error {
        SelectError::NoSessions => "`ghost run app.py` records one".into(),
        SelectError::NoPrevious => "`ghost run app.py` records another one".into(),
        SelectError::Unknown { .. } => "`ghost sessions` lists the sessions there are".into(),
        SelectError::Ambiguous { candidates, .. } => {
            let ids: Vec<&str> = candidates.iter().map(SessionId::as_str).collect();
            format!("it could be {}", ids.join(", "))
        }
    }
}

impl From<ghost_export::ExportError> for CommandError {
    fn from(error: ghost_export::ExportError) -> Self {
        match error {
            ghost_export::ExportError::Output(error) => Self::Output(error),
        }
    }
}

fn select_code(error: &SelectError) -> u8 {
    match error {
        SelectError::Ambiguous { .. } => USAGE,
        SelectError::NoSessions | SelectError::NoPrevious | SelectError::Unknown { .. } => NO_DATA,
    }
}

/// Says what went wrong, and chooses the exit code.
pub(crate) fn code_of(result: Result<u8, CommandError>) -> u8 {
    let error = match result {
        Ok(code) => return code,
        Err(error) => error,
    };
    let code = error.code();
    if code != SUCCESS {
        talk::say_with(talk::with_causes(&error), error.hint());
    }
    code
}

/// Says why the options are not clear.
pub(crate) fn code_of_configuration(problem: &ConfigurationError) -> u8 {
    if let ConfigurationError::CommandLine(problem) = problem {
        return code_of_parsing(problem);
    }
    talk::say_with(talk::with_causes(problem), problem.hint());
    USAGE
}

/// Shows help or says what is wrong with the command line.
fn code_of_parsing(problem: &clap::Error) -> u8 {
    // Help that cannot be written is like any other output that nobody reads.
    let _ = problem.print();
    if problem.use_stderr() { USAGE } else { SUCCESS }
}
