//! Starts the program and stays beside it until it ends: passes signals on, stops when it stops.
//!
//! The program keeps our process group, terminal, standard streams, folder and environment. Knows
//! nothing of recording.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, getpid, kill_process, waitpid};
use signal_hook::consts::signal as number;
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;

use super::signals::{self, Source, is_ours_to_pass_on};
use super::target::Launch;
use crate::environment::GHOST_RUN;
use crate::process_stat::ProcessStat;

/// Runs files that are executable but name no interpreter, as every shell does.
const SHELL: &str = "/bin/sh";

/// Why the program did not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SuperviseError {
    /// The system refused to start it.
    #[error("cannot start `{program}`")]
    Start {
        /// What was to be started.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system no longer tells how it ended.
    #[error("cannot tell how the program ended")]
    Lost(#[source] io::Error),
}

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With this exit code.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
}

impl Ending {
    /// The exit code a shell would report.
    pub(super) fn code(self) -> i32 {
        match self {
            Self::Exited(code) => code,
            Self::Signalled(signal) => 128 + signal,
        }
    }

    fn of(status: WaitStatus) -> Option<Self> {
        let exited = status.exit_status().map(Self::Exited);
        exited.or_else(|| status.terminating_signal().map(Self::Signalled))
    }
}

/// The running program and the signals that arrive for it.
#[derive(Debug)]
pub(super) struct Supervisor {
    program: Pid,
    signals: SignalsInfo<WithOrigin>,
    leads_session: bool,
}

impl Supervisor {
    /// Starts the program, told to record into `run_dir` where there is one.
    pub(super) fn start(launch: &Launch, run_dir: Option<&Path>) -> Result<Self, SuperviseError> {
        let failed = |source| SuperviseError::Start {
            program: launch.program.display().to_string(),
            source,
        };
        // Before the start: what arrives in between is passed on as soon as there is a program.
        let signals = signals::catch().map_err(failed)?;
        let child = spawn(launch, run_dir).map_err(failed)?;
        let own = ProcessStat::own();
        let leads_session = own.is_some_and(|stat| stat.is_session_of(std::process::id()));
        Ok(Self { program: Pid::from_child(&child), signals, leads_session })
    }

    /// Process id of the program.
    pub(super) fn pid(&self) -> u32 {
        self.program.as_raw_nonzero().get().cast_unsigned()
    }

    /// Stays until the program ends.
    pub(super) fn wait(&mut self) -> Result<Ending, SuperviseError> {
        loop {
            // First of all: the program may have ended before we began to wait.
            if let Some(ending) = self.observe_changes()? {
                return Ok(ending);
            }
            let arrived: Vec<_> = self.signals.wait().collect();
            for origin in arrived {
                self.take(origin.signal, Source::from(&origin));
            }
        }
    }

    fn observe_changes(&self) -> Result<Option<Ending>, SuperviseError> {
        let options = WaitOptions::NOHANG | WaitOptions::UNTRACED;
        loop {
            match waitpid(Some(self.program), options) {
                Ok(None) => return Ok(None),
                Ok(Some((_, status))) => match Ending::of(status) {
                    Some(ending) => return Ok(Some(ending)),
                    None => self.follow_stop(status.stopping_signal()),
                },
                Err(Errno::INTR) => {}
                Err(error) => return Err(SuperviseError::Lost(error.into())),
            }
        }
    }

    /// Stops with the program, so that the shell takes the terminal back. Only for the stops of job
    /// control, which the shell ends for the whole group: `SIGSTOP` may come from somebody who
    /// later continues the program alone, and would leave us stopped for ever.
    fn follow_stop(&self, signal: Option<i32>) {
        let by_job_control =
            matches!(signal, Some(number::SIGTSTP | number::SIGTTIN | number::SIGTTOU));
        if by_job_control && self.program_is_stopped() {
            let _ = kill_process(getpid(), Signal::STOP);
        }
    }

    fn take(&self, signal: i32, source: Source) {
        let continues = signal == number::SIGCONT && self.program_is_stopped();
        if (continues || is_ours_to_pass_on(signal, source, self.leads_session))
            && let Some(signal) = Signal::from_named_raw(signal)
        {
            // Fails only if the program has just ended, which is noticed next.
            let _ = kill_process(self.program, signal);
        }
    }

    fn program_is_stopped(&self) -> bool {
        ProcessStat::of(self.pid()).is_some_and(ProcessStat::is_stopped)
    }
}

fn spawn(launch: &Launch, run_dir: Option<&Path>) -> io::Result<Child> {
    match command(launch, run_dir).spawn() {
        Err(error) if error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) => {
            shell(launch, run_dir).spawn()
        }
        // Our variable may be the one that makes it too long.
        Err(error) if error.kind() == io::ErrorKind::ArgumentListTooLong && run_dir.is_some() => {
            command(launch, None).spawn()
        }
        started => started,
    }
}

fn command(launch: &Launch, run_dir: Option<&Path>) -> Command {
    let mut command = Command::new(&launch.program);
    command.arg0(&launch.name).args(&launch.arguments);
    set_run_dir(&mut command, run_dir);
    command
}

fn shell(launch: &Launch, run_dir: Option<&Path>) -> Command {
    let mut command = Command::new(SHELL);
    command.arg(&launch.program).args(&launch.arguments);
    set_run_dir(&mut command, run_dir);
    command
}

/// One session inside another records into its own folder or not at all.
fn set_run_dir(command: &mut Command, run_dir: Option<&Path>) {
    match run_dir {
        Some(run_dir) => command.env(GHOST_RUN, run_dir),
        None => command.env_remove(GHOST_RUN),
    };
}
