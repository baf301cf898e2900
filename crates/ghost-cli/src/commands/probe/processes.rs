//! The processes of a session that listen, and questions to all of them.

use std::path::PathBuf;
use std::time::Duration;

use ghost_control::{
    AskError, ProbeSpec, ProbeStatus, ProcessSocket, Reply, Request, SpecFile, ask, sockets,
};
use ghost_store::{DataDir, SessionIndex};

use super::{ProbeError, now_unix_ns};
use crate::args::ProbeScope;
use crate::commands::session_choice;
use crate::exit::CommandError;
use crate::output::talk::{self, with_causes};

/// How long a process is waited for: it may be stopped, or on a machine with much to do.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(3);
/// Stands for the newest session of which a process listens.
const LATEST: &str = "latest";

/// The processes of a session.
#[derive(Debug)]
pub(super) struct Processes {
    run_dir: PathBuf,
    whose: String,
    pid: Option<u32>,
}

impl Processes {
    /// Those that `scope` means.
    pub(super) fn of(scope: &ProbeScope) -> Result<Self, CommandError> {
        let data_dir = session_choice::data_dir()?;
        let (run_dir, whose) = if scope.session == LATEST {
            latest(&data_dir)?
        } else {
            let id = session_choice::select(&data_dir, &scope.session)?;
            (data_dir.run_dir(&id), format!("session {id}"))
        };
        Ok(Self { run_dir, whose, pid: scope.pid })
    }

    /// The probes of the session, for processes that start later.
    pub(super) fn spec_file(&self) -> SpecFile {
        SpecFile::new(&self.run_dir)
    }

    /// Whether only one process is meant.
    pub(super) fn is_one(&self) -> bool {
        self.pid.is_some()
    }

    /// Asks all that are there now. One that does not answer is told of; one that has ended is not.
    pub(super) fn ask(&self, request: &Request) -> Vec<(u32, Reply)> {
        self.ask_each(|_| request.clone())
    }

    /// The same, each its own question.
    pub(super) fn ask_each(&self, request: impl Fn(u32) -> Request) -> Vec<(u32, Reply)> {
        let answers = self.sockets().into_iter().map(|socket| {
            let answer = ask(&socket.path, &request(socket.pid), ANSWER_WAIT_MAX);
            (socket.pid, answer)
        });
        answers.filter_map(|(pid, answer)| Some((pid, told(pid, answer)?))).collect()
    }

    /// The same, where somebody must answer.
    pub(super) fn ask_some(&self, request: &Request) -> Result<Vec<(u32, Reply)>, ProbeError> {
        let answers = self.ask(request);
        if answers.is_empty() { Err(self.nobody()) } else { Ok(answers) }
    }

    /// The probes in each process. Probes of the session that a process does not have are added first: it
    /// may have begun in a way that nobody noticed.
    pub(super) fn probes(&self) -> Result<Vec<(u32, Vec<ProbeStatus>)>, ProbeError> {
        let wanted = self.spec_file().read().unwrap_or_default();
        let is_live = |spec: &&ProbeSpec| spec.expires_unix_ns > now_unix_ns();
        let wanted: Vec<&ProbeSpec> = wanted.iter().filter(is_live).collect();
        let answers = self.ask_some(&Request::ListProbes)?.into_iter();
        let lacks = |known: &[ProbeStatus]| {
            wanted.iter().any(|spec| !known.iter().any(|status| status.probe.id == spec.id))
        };
        let listed: Vec<_> = answers.filter_map(|(pid, reply)| probes_in(pid, reply)).collect();
        if !listed.iter().any(|(_, known)| lacks(known)) {
            return Ok(listed);
        }
        for spec in wanted {
            self.ask(&Request::AddProbe { probe: spec.clone() });
        }
        let answers = self.ask_some(&Request::ListProbes)?.into_iter();
        Ok(answers.filter_map(|(pid, reply)| probes_in(pid, reply)).collect())
    }

    /// Nobody listens.
    pub(super) fn nobody(&self) -> ProbeError {
        let whose = match self.pid {
            Some(pid) => format!("{} with id {pid}", self.whose),
            None => self.whose.clone(),
        };
        ProbeError::NobodyListens { whose }
    }

    fn sockets(&self) -> Vec<ProcessSocket> {
        let mut found = sockets(&self.run_dir);
        found.retain(|socket| self.pid.is_none_or(|pid| pid == socket.pid));
        found
    }
}

fn probes_in(pid: u32, reply: Reply) -> Option<(u32, Vec<ProbeStatus>)> {
    match reply {
        Reply::Probes { probes } => Some((pid, probes)),
        _ => None,
    }
}

fn told(pid: u32, answer: Result<Reply, AskError>) -> Option<Reply> {
    match answer {
        Ok(reply) => return Some(reply),
        Err(error) if error.is_gone() => {}
        Err(error) => talk::say(format_args!("process {pid}: {}", with_causes(&error))),
    }
    None
}

/// The newest session of which a process listens; where there is none, the newest.
fn latest(data_dir: &DataDir) -> Result<(PathBuf, String), CommandError> {
    let index = SessionIndex::read(data_dir)?;
    let listens = |run_dir: &PathBuf| {
        let answers =
            |socket: ProcessSocket| ask(&socket.path, &Request::Hello, ANSWER_WAIT_MAX).is_ok();
        sockets(run_dir).into_iter().any(answers)
    };
    let mut ids: Vec<_> = index.ids().to_vec();
    ids.sort_by(|one, other| other.as_str().cmp(one.as_str()));
    let running = ids.iter().map(|id| (data_dir.run_dir(id), format!("session {id}")));
    let running = running.into_iter().find(|(run_dir, _)| listens(run_dir));
    Ok(running.unwrap_or_else(|| (data_dir.runs_dir().join("none"), "any session".into())))
}
