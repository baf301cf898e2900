//! `ghost run`: starts the program, records what its Python processes do, ends as it ended.
//!
//! Whatever goes wrong with recording, the program runs as it would have without us.

mod dashboard;
mod executable;
pub(super) mod exporters;
pub(super) mod interpreter;
pub(super) mod recorder;
mod settings;
mod signals;
pub(super) mod summary;
mod supervisor;
pub(super) mod target;

use std::env;

use ghost_model::{SessionKind, SessionState};

use crate::args::RunArguments;
use crate::exit::{CommandError, FAILURE};
use crate::output::{talk, terminal};
use dashboard::Dashboard;
use exporters::Exporters;
use interpreter::Surroundings;
use recorder::{Ended, Program, Recorder, RecorderError};
use supervisor::{Ending, Supervisor};
use target::Launch;

pub(crate) use exporters::ExporterError;
pub(crate) use supervisor::SuperviseError;
pub(crate) use target::TargetError;

/// Runs the command; the result is the exit code of the program.
pub(crate) fn execute(arguments: &RunArguments) -> Result<u8, CommandError> {
    let surroundings = Surroundings::current();
    let launch = target::resolve(&arguments.words, arguments.python.as_deref(), &surroundings)?;
    let export = exporters::settings(&arguments.observing.exporter)?;
    let recorder = recorder_of(arguments, &launch)
        .inspect_err(|error| {
            let reason = talk::with_causes(error);
            talk::say_with(format_args!("not recording: {reason}"), error.hint());
        })
        .ok();
    let ending = match recorder {
        Some(mut recorder) => {
            let exporters = Exporters::start(&export, arguments.observing.quiet);
            if let Some(exporters) = &exporters {
                recorder.feed(Box::new(exporters.clone()));
            }
            let ending = record(recorder, &launch, arguments);
            if let Some(exporters) = &exporters {
                exporters.end();
            }
            ending?
        }
        None => Supervisor::start(&launch, None)?.wait()?,
    };
    Ok(u8::try_from(ending.code() & 0xff).unwrap_or(FAILURE))
}

fn record(
    recorder: Recorder,
    launch: &Launch,
    arguments: &RunArguments,
) -> Result<supervisor::Ending, CommandError> {
    if !arguments.observing.quiet {
        talk::say(format_args!("recording session {}", recorder.id()));
        if arguments.observing.tree && arguments.observing.budget.is_some() {
            talk::say("no call tree is kept under a budget");
        }
    }
    let dashboard = arguments.serve.and_then(|port| Dashboard::start(recorder.id(), port));
    let mut supervisor = match Supervisor::start(launch, Some(recorder.run_dir())) {
        Ok(supervisor) => supervisor,
        Err(error) => {
            recorder.discard();
            return Err(error.into());
        }
    };
    let recording = recorder.follow(supervisor.pid());
    let ending = supervisor.wait();
    let outcome =
        recording.end(ending.as_ref().ok().map_or(Ended::UNSEEN, |ending| ended(*ending)));
    terminal::stop_in_background();
    summary::say(&outcome, launch, &arguments.observing);
    if let Some(dashboard) = dashboard {
        dashboard.end(arguments.observing.quiet);
    }
    Ok(ending?)
}

fn recorder_of(arguments: &RunArguments, launch: &Launch) -> Result<Recorder, RecorderError> {
    let program = Program {
        kind: SessionKind::Started,
        script: launch.script.clone(),
        here: env::current_dir().map_err(|_| RecorderError::NoCurrentFolder)?,
        folder: launch.folder.clone(),
        is_served: arguments.serve.is_some(),
    };
    Recorder::create(&arguments.observing, &program)
}

fn ended(ending: Ending) -> Ended {
    let state = match ending {
        Ending::Exited(_) => SessionState::Finished,
        Ending::Signalled(_) => SessionState::Killed,
    };
    Ended { exit_code: Some(ending.code()), state }
}
