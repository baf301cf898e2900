//! `ghost attach`: observes a program that runs already, and leaves it as it was.
//!
//! Starts nothing and stops nothing: what it does to the program is to ask it. What the program owes in
//! return ends with a lock that the kernel takes away from us, should we be killed.

mod answers;
mod installation;
mod process;
mod program;
mod refusal;
mod remote;
mod roll;

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use ghost_model::{SessionKind, SessionState, visible};
use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGTERM};

use crate::args::AttachArguments;
use crate::commands::run::exporters::{self, Exporters};
use crate::commands::run::recorder::{Ended, Program, Recorder, RecorderError};
use crate::commands::run::summary;
use crate::environment;
use crate::exit::{CommandError, SUCCESS};
use crate::output::number::counted;
use crate::output::talk;
use process::TargetProcess;
use program::NamedProgram;
use roll::Roll;

pub(crate) use refusal::AttachError;

/// Between two looks at what changed.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);
/// Between two looks for new processes below the program's.
const SEARCH_INTERVAL: Duration = Duration::from_secs(1);
/// When to say that a process takes its time.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long processes have to let go.
const DETACH_WAIT_MAX: Duration = Duration::from_secs(3);

/// Why nothing can be recorded.
#[derive(Debug, thiserror::Error)]
#[error("cannot record")]
pub(crate) struct AttachRecorderError(#[from] RecorderError);

impl AttachRecorderError {
    /// The way out.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        self.0.hint()
    }
}

/// Runs the command.
pub(crate) fn execute(arguments: &AttachArguments) -> Result<u8, CommandError> {
    let stop = Stop::catch(arguments)?;
    let root = TargetProcess::find(arguments.pid).ok_or(AttachError::NoProcess(arguments.pid))?;
    let export = exporters::settings(&arguments.observing.exporter)?;
    let folders = (script_folder()?, standby_folder()?);
    let targets = roll::targets(&root, !arguments.no_children)?;
    // A shell that started the program is none.
    let named = targets.first().map_or(&root, |(process, _)| process);
    let program = program_of(named)?;
    let interpreter = named.words().first().map(PathBuf::from);
    let mut recorder =
        Recorder::create(&arguments.observing, &program).map_err(AttachRecorderError)?;
    let hold = recorder.hold()?;
    let mut roll = Roll::new(recorder.run_dir(), hold, folders, interpreter);
    let outcome = roll.begin(targets, &stop);
    if let Err(error) = outcome {
        roll.let_go();
        recorder.discard();
        return Err(error.into());
    }
    let exporters = Exporters::start(&export, arguments.observing.quiet);
    if let Some(exporters) = &exporters {
        recorder.feed(Box::new(exporters.clone()));
    }
    if !arguments.observing.quiet {
        say_attached(&roll, &program, recorder.id().as_str());
    }
    let recording = recorder.follow(root.pid);
    stay(&root, &mut roll, arguments, &stop);
    let left = detach(&mut roll);
    let outcome = recording.end(Ended { exit_code: None, state: SessionState::Finished });
    if let Some(exporters) = &exporters {
        exporters.end();
    }
    for pid in left {
        talk::say(format_args!(
            "process {pid} executes no Python code; it lets go as soon as it does"
        ));
    }
    summary::say_what_was(&outcome, &arguments.observing);
    Ok(SUCCESS)
}

/// When to detach.
struct Stop {
    asked: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl Stop {
    fn catch(arguments: &AttachArguments) -> io::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&asked))?;
        }
        let after = arguments.detach_after.map(Duration::from_secs_f64);
        Ok(Self { asked, deadline: after.and_then(|after| Instant::now().checked_add(after)) })
    }

    fn is_due(&self) -> bool {
        self.asked.load(Relaxed) || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// Where scripts are until they were executed. Not in the run folder: that goes when all is folded, and
/// a process that sleeps may come to its script later.
fn script_folder() -> Result<PathBuf, CommandError> {
    let folder = environment::data_root()?.join("attach");
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(|source| AttachError::Folder { folder: folder.clone(), source })?;
    remote::tidy(&folder);
    Ok(folder)
}

/// Where processes listen that stand by. Sockets of those that were killed are removed.
fn standby_folder() -> Result<PathBuf, CommandError> {
    let folder = environment::data_root()?.join("standby");
    for socket in ghost_control::sockets(&folder) {
        if TargetProcess::find(socket.pid).is_none() {
            let _ = fs::remove_file(socket.path);
        }
    }
    Ok(folder)
}

/// What the session says of the program.
fn program_of(root: &TargetProcess) -> Result<Program, AttachError> {
    let unreadable = |source| AttachError::Unreadable { pid: root.pid, source };
    let here = root.folder().map_err(unreadable)?;
    let NamedProgram { script, folder, .. } = NamedProgram::of(&root.words(), &here);
    Ok(Program { kind: SessionKind::Attached, script, here, folder, is_served: false })
}

fn say_attached(roll: &Roll, program: &Program, id: &str) {
    let count = counted(roll.observed_count() as u64, "process", "processes");
    let script = visible(&program.script);
    talk::say(format_args!("attached to {count} of `{script}`, recording session {id}"));
}

/// Stays until it is time to detach.
fn stay(root: &TargetProcess, roll: &mut Roll, arguments: &AttachArguments, stop: &Stop) {
    let mut searched = Instant::now();
    while !stop.is_due() && root.is_alive() {
        thread::sleep(LOOK_INTERVAL);
        roll.look();
        if !arguments.no_children && searched.elapsed() >= SEARCH_INTERVAL {
            roll.add(root.descendants());
            searched = Instant::now();
        }
    }
}

/// Detaches; gives those that did not let go in time.
fn detach(roll: &mut Roll) -> Vec<u32> {
    roll.let_go();
    let begin = Instant::now();
    loop {
        let left = roll.left();
        if left.is_empty() || begin.elapsed() >= DETACH_WAIT_MAX {
            return left;
        }
        thread::sleep(LOOK_INTERVAL);
    }
}
