//! What an observed process answers to a controller: checks, notes in the audit, hands on. Runs on the
//! thread that listens; touches no Python object.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ghost_control::{Audit, Change, Hello, Peer, Policy, ProbeSpec, Reply, Request};

use super::mailbox::{self, Action};
use super::outside_probe::Probe;
use super::{hit_ring, registry};
use crate::observer::hexversion;
use crate::{attachment, boundary};

/// How long a controller waits for a change. A program that executes Python makes its turn within some
/// milliseconds; one that does not is told of as waiting.
const TURN_WAIT_MAX: Duration = Duration::from_millis(200);

/// What decides about requests, at one socket.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) policy: Policy,
    pub(super) audit: Audit,
}

impl Rules {
    /// Answers; gives up waiting where `is_wanted` says so.
    pub(super) fn answer(
        &self,
        request: Request,
        peer: Peer,
        is_wanted: impl Fn() -> bool,
    ) -> Reply {
        match request {
            Request::Hello => Reply::Hello(hello()),
            Request::AddProbe { probe } => self.add(probe, peer, is_wanted),
            Request::RemoveProbe { id } => self.remove(&id, peer, is_wanted),
            Request::ListProbes => Reply::Probes {
                probes: registry::all().iter().map(|probe| probe.status()).collect(),
            },
            Request::ReadHits { after } => Reply::Hits(hit_ring::read(after)),
            // What became of it is told in the run folder; it ends with the lock there.
            Request::StartObserving { run_dir } if attachment::order(&run_dir) => Reply::Waiting,
            Request::StartObserving { .. } | Request::StopObserving => {
                Reply::Refused { reason: "this process cannot be attached to".into() }
            }
        }
    }

    /// Takes a probe that the session has already; nobody is told.
    pub(super) fn pick_up(&self, spec: ProbeSpec) {
        if let Ok(Some(probe)) = self.accept(spec, None) {
            let _ = mailbox::put(Action::Add, &probe);
        }
    }

    fn add(&self, spec: ProbeSpec, peer: Peer, is_wanted: impl Fn() -> bool) -> Reply {
        match self.accept(spec, Some(peer)) {
            Ok(Some(probe)) => applied(Action::Add, &probe, is_wanted),
            Ok(None) => Reply::Done,
            Err(reason) => Reply::Refused { reason },
        }
    }

    /// Checks a probe and takes it, unless it is there already; tells why not.
    fn accept(&self, spec: ProbeSpec, peer: Option<Peer>) -> Result<Option<Arc<Probe>>, String> {
        if registry::holds(&spec) {
            return Ok(None);
        }
        let (id, policy) = (spec.id.clone(), self.policy.clone());
        let verdict = spec.check().map_err(|error| error.to_string());
        let verdict =
            verdict.and_then(|()| policy.check(&spec).map_err(|refusal| refusal.to_string()));
        let action = "add_probe";
        let refusal = verdict.as_ref().err().map(String::as_str);
        // What cannot be printed is not repeated, either.
        let shown = Some(&spec).filter(|spec| spec.check().is_ok());
        let id = Some(id.as_str()).filter(|_| shown.is_some());
        let noted = self.audit.note(&Change { action, peer, id, probe: shown, refusal });
        verdict?;
        noted.map_err(|error| format!("cannot write the audit: {error}"))?;
        let probe = Arc::new(Probe::new(spec, policy));
        registry::add(&probe).map_err(|error| error.to_string())?;
        Ok(Some(probe))
    }

    fn remove(&self, id: &str, peer: Peer, is_wanted: impl Fn() -> bool) -> Reply {
        let peer = Some(peer);
        let removed = registry::remove(id);
        let refusal = removed.is_none().then_some("there is no such probe");
        let id = removed.as_ref().map(|probe| probe.spec.id.as_str());
        let change = Change { action: "remove_probe", peer, id, probe: None, refusal };
        // What is written or not, a probe that somebody wants to be rid of goes.
        let _ = self.audit.note(&change);
        match &removed {
            Some(probe) => applied(Action::Remove, probe, is_wanted),
            None => Reply::Refused { reason: "there is no such probe".into() },
        }
    }
}

fn applied(action: Action, probe: &Arc<Probe>, is_wanted: impl Fn() -> bool) -> Reply {
    let Some(is_done) = mailbox::put(action, probe) else {
        if action == Action::Add {
            registry::remove(&probe.spec.id);
        }
        return Reply::Refused { reason: "too many changes wait to be applied".into() };
    };
    if mailbox::wait(&is_done, Instant::now() + TURN_WAIT_MAX, is_wanted) {
        Reply::Done
    } else {
        Reply::Waiting
    }
}

fn hello() -> Hello {
    Hello {
        ghostglass: env!("CARGO_PKG_VERSION").into(),
        pid: std::process::id(),
        python_hexversion: hexversion(),
        is_observing: boundary::is_observing(),
    }
}
