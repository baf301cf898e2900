//! `ghost run`: starts the program, records what its Python processes do, ends as it ended.
//!
//! Whatever goes wrong with recording, the program runs as it would have without us.

mod dashboard;
mod executable;
mod exporters;
mod interpreter;
mod recorder;
mod settings;
mod signals;
mod summary;
mod supervisor;
mod target;

use crate::args::RunArguments;
use crate::exit::{CommandError, FAILURE};
use crate::output::{talk, terminal};
use dashboard::Dashboard;
use exporters::Exporters;
use interpreter::Surroundings;
use recorder::Recorder;
use supervisor::Supervisor;
use target::Launch;

pub(crate) use exporters::ExporterError;
pub(crate) use supervisor::SuperviseError;
pub(crate) use target::TargetError;

/// Runs the command; the result is the exit code of the program.
pub(crate) fn execute(arguments: &RunArguments) -> Result<u8, CommandError> {
    let surroundings = Surroundings::current();
    let launch = target::resolve(&arguments.words, arguments.python.as_deref(), &surroundings)?;
    let export = exporters::settings(&arguments.exporter)?;
    let recorder = Recorder::create(arguments, &launch)
        .inspect_err(|error| {
            let reason = talk::with_causes(error);
            talk::say_with(format_args!("not recording: {reason}"), error.hint());
        })
        .ok();
    let ending = match recorder {
        Some(mut recorder) => {
            let exporters = Exporters::start(&export, arguments.quiet);
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
    if !arguments.quiet {
        talk::say(format_args!("recording session {}", recorder.id()));
        if arguments.tree && arguments.budget.is_some() {
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
    let outcome = recording.end(ending.as_ref().ok().copied());
    terminal::stop_in_background();
    summary::say(&outcome, launch, arguments);
    if let Some(dashboard) = dashboard {
        dashboard.end(arguments.quiet);
    }
    Ok(ending?)
}
