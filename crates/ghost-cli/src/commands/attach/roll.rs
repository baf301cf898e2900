//! The processes of one attachment: who was asked, who answered, who has let go.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use ghost_control::{Reply, Request};
use ghost_ledger::read_ledger;
use ghost_model::{ProcessState, visible};
use ghost_store::Hold;

use super::answers::{self, Answer};
use super::process::{Interpreter, PythonVersion, TargetProcess, is_denied};
use super::refusal::AttachError;
use super::remote::{self, Order};
use super::{LOOK_INTERVAL, PATIENCE, Stop, installation};
use crate::output::talk;

/// The oldest version that can be observed, and the oldest with a way in of its own.
const OLDEST: PythonVersion = PythonVersion { major: 3, minor: 12 };
const REMOTE_SINCE: PythonVersion = PythonVersion { major: 3, minor: 14 };
/// How long a process that stands by may take to take the order.
const STANDBY_WAIT_MAX: Duration = Duration::from_secs(1);

/// A process and the interpreter in it.
pub(super) type Target = (TargetProcess, Interpreter);

/// The processes to attach to, the one that was named first. It need not be Python itself if one below
/// it is.
pub(super) fn targets(
    root: &TargetProcess,
    with_children: bool,
) -> Result<Vec<Target>, AttachError> {
    let below = if with_children { root.descendants() } else { Vec::new() };
    let mut targets = Vec::new();
    if let Some(interpreter) = interpreter_of(root)? {
        targets.push((root.clone(), interpreter));
    }
    let found = below.into_iter().filter_map(|process| {
        // What is no Python, or somebody else's, is none of ours.
        let interpreter = interpreter_of(&process).ok().flatten()?;
        Some((process, interpreter))
    });
    targets.extend(found);
    if targets.is_empty() { Err(AttachError::NotPython(root.pid)) } else { Ok(targets) }
}

/// The interpreter in a process of ours.
fn interpreter_of(process: &TargetProcess) -> Result<Option<Interpreter>, AttachError> {
    let pid = process.pid;
    let unreadable = |source| AttachError::Unreadable { pid, source };
    let uid = process.uid().map_err(|_| AttachError::NoProcess(pid))?;
    if uid != rustix::process::geteuid().as_raw() {
        return Err(AttachError::OtherUser { pid, uid });
    }
    match process.interpreter() {
        Err(error) if is_denied(&error) => {
            Err(AttachError::Denied { pid, reason: error.to_string() })
        }
        found => found.map_err(unreadable),
    }
}

/// How far one process has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It was asked.
    Asked,
    /// It is observed.
    Observed,
    /// It refused, or ended.
    Done,
}

/// One process.
#[derive(Debug)]
struct Member {
    process: TargetProcess,
    stage: Stage,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Roll {
    run_dir: PathBuf,
    hold: Option<Hold>,
    scripts: PathBuf,
    /// Where processes listen that stand by.
    standby: PathBuf,
    /// Where the program's own environment may be.
    environment: Option<PathBuf>,
    members: Vec<Member>,
    /// Remarks that were said.
    said: Vec<String>,
}

impl Roll {
    pub(super) fn new(
        run_dir: &Path,
        hold: Hold,
        (scripts, standby): (PathBuf, PathBuf),
        environment: Option<PathBuf>,
    ) -> Self {
        let run_dir = run_dir.to_owned();
        Self {
            run_dir,
            hold: Some(hold),
            scripts,
            standby,
            environment,
            members: Vec::new(),
            said: Vec::new(),
        }
    }

    /// Asks all, and waits for the first. Its refusal is ours; that of others is a line.
    pub(super) fn begin(&mut self, targets: Vec<Target>, stop: &Stop) -> Result<(), AttachError> {
        let mut targets = targets.into_iter();
        let Some((first, interpreter)) = targets.next() else { return Ok(()) };
        self.ask(&first, interpreter)?;
        for (process, interpreter) in targets {
            self.ask_or_say(&process, interpreter);
        }
        self.wait(&first, stop)
    }

    /// Waits until all have answered that do so at once, and the first in any case.
    fn wait(&mut self, first: &TargetProcess, stop: &Stop) -> Result<(), AttachError> {
        let begin = Instant::now();
        let mut has_said = false;
        while !stop.is_due() {
            self.look();
            if let Some(Answer::Refused(reason)) = answers::read(&self.run_dir, first.pid) {
                return Err(AttachError::Refused { pid: first.pid, reason });
            }
            if !first.is_alive() {
                return Err(AttachError::Ended(first.pid));
            }
            let waiting: Vec<u32> = self.of(Stage::Asked).map(|process| process.pid).collect();
            let is_late = begin.elapsed() >= PATIENCE;
            if waiting.is_empty() || (is_late && !waiting.contains(&first.pid)) {
                return Ok(());
            }
            if is_late && !has_said {
                has_said = true;
                let pid = first.pid;
                talk::say(format_args!(
                    "waiting for the main thread of process {pid}: it executes no Python code"
                ));
            }
            thread::sleep(LOOK_INTERVAL);
        }
        Ok(())
    }

    /// Attaches to processes that were not there before.
    pub(super) fn add(&mut self, processes: Vec<TargetProcess>) {
        for process in processes {
            let is_known = |member: &Member| member.process.pid == process.pid;
            if self.members.iter().any(is_known) || self.has_ledger(process.pid) {
                continue;
            }
            if let Ok(Some(interpreter)) = interpreter_of(&process) {
                self.ask_or_say(&process, interpreter);
            }
        }
    }

    /// A child that was forked since is observed without being asked.
    fn has_ledger(&self, pid: u32) -> bool {
        let prefix = format!("{pid}-");
        let names = std::fs::read_dir(&self.run_dir).into_iter().flatten().flatten();
        names.map(|entry| entry.file_name()).any(|name| {
            name.to_str().is_some_and(|name| name.starts_with(&prefix) && name.ends_with(".ledger"))
        })
    }

    fn ask_or_say(&mut self, process: &TargetProcess, interpreter: Interpreter) {
        if let Err(error) = self.ask(process, interpreter) {
            self.members.push(Member { process: process.clone(), stage: Stage::Done });
            if !matches!(error, AttachError::Ended(_)) {
                talk::say(talk::with_causes(&error));
            }
        }
    }

    fn ask(
        &mut self,
        process: &TargetProcess,
        interpreter: Interpreter,
    ) -> Result<(), AttachError> {
        let pid = process.pid;
        let version = interpreter.version;
        if version < OLDEST {
            return Err(AttachError::Unsupported { pid, version });
        }
        if interpreter.is_free_threaded {
            return Err(AttachError::FreeThreaded(pid));
        }
        if process.is_stopped() {
            return Err(AttachError::Stopped(pid));
        }
        if !process.sees(&self.run_dir) {
            let path = visible(&self.run_dir.display().to_string()).into_owned();
            return Err(AttachError::Elsewhere { pid, path });
        }
        if self.has_asked_standby(pid)? {
            self.members.push(Member { process: process.clone(), stage: Stage::Asked });
            return Ok(());
        }
        if version < REMOTE_SINCE {
            return Err(AttachError::NoWayIn { pid, version });
        }
        let package_folder = installation::find(version, self.environment.as_deref());
        let Some(package_folder) = package_folder else {
            let installed = installation::versions_here();
            return Err(AttachError::NoBuild { pid, version, installed });
        };
        let Some(hold) = &self.hold else { return Ok(()) };
        let answer = answers::path(&self.run_dir, pid);
        let order = Order {
            package_folder: &package_folder,
            run_dir: &self.run_dir,
            hold: hold.path(),
            answer: &answer,
        };
        remote::ask(process, interpreter, &order, &self.scripts)?.finish()?;
        self.members.push(Member { process: process.clone(), stage: Stage::Asked });
        Ok(())
    }

    /// Asks a process that stands by; false where none of this id does.
    fn has_asked_standby(&self, pid: u32) -> Result<bool, AttachError> {
        let sockets = ghost_control::sockets(&self.standby);
        // The newest: one with the same id that was killed may have left its own.
        let Some(socket) = sockets.into_iter().rfind(|socket| socket.pid == pid) else {
            return Ok(false);
        };
        let request = Request::StartObserving { run_dir: self.run_dir.clone() };
        match ghost_control::ask(&socket.path, &request, STANDBY_WAIT_MAX) {
            Ok(Reply::Refused { reason }) => Err(AttachError::Refused { pid, reason }),
            Ok(_) => Ok(true),
            Err(error) if error.is_gone() => Ok(false),
            Err(error) => Err(AttachError::Refused { pid, reason: talk::with_causes(&error) }),
        }
    }

    /// Sees who has answered or ended since.
    pub(super) fn look(&mut self) {
        let Self { run_dir, members, said, .. } = self;
        for member in members.iter_mut().filter(|member| member.stage == Stage::Asked) {
            let pid = member.process.pid;
            match answers::read(run_dir, pid) {
                Some(Answer::Observing(remarks)) => {
                    member.stage = Stage::Observed;
                    for remark in remarks.into_iter().map(|remark| visible(&remark).into_owned()) {
                        if !said.contains(&remark) {
                            talk::say(&remark);
                            said.push(remark);
                        }
                    }
                }
                Some(Answer::Refused(_)) => member.stage = Stage::Done,
                None if !member.process.is_alive() => member.stage = Stage::Done,
                None => {}
            }
        }
    }

    fn of(&self, stage: Stage) -> impl Iterator<Item = &TargetProcess> {
        self.members
            .iter()
            .filter(move |member| member.stage == stage)
            .map(|member| &member.process)
    }

    /// How many are observed.
    pub(super) fn observed_count(&self) -> usize {
        self.of(Stage::Observed).count()
    }

    /// Tells all that it is over.
    pub(super) fn let_go(&mut self) {
        self.look();
        self.hold = None;
    }

    /// Those that have not let go yet.
    pub(super) fn left(&self) -> Vec<u32> {
        let mut left: Vec<u32> = Vec::new();
        for process in self.of(Stage::Observed) {
            if process.is_alive() && !answers::is_gone(&self.run_dir, process.pid) {
                left.push(process.pid);
            } else {
                answers::forget(&self.run_dir, process.pid);
            }
        }
        left.extend(self.running_ledgers());
        left.sort_unstable();
        left.dedup();
        left
    }

    /// Processes that may still write: children that were forked have only their ledgers.
    fn running_ledgers(&self) -> Vec<u32> {
        let entries = std::fs::read_dir(&self.run_dir).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        let ledgers = paths.filter(|path| path.extension().is_some_and(|word| word == "ledger"));
        let running = ledgers.filter_map(|path| {
            let process = read_ledger(&path).ok()?.process;
            let is_over = process.state != ProcessState::Running
                || ghost_ledger::liveness::running_start_ticks(process.pid)
                    != Some(process.kernel_start_ticks);
            (!is_over).then_some(process.pid)
        });
        running.collect()
    }
}
