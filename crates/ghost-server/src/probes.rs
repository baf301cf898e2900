//! Probes of a session as its processes tell of them now: what was asked for, how each fares in every process,
//! and what it told last.
//!
//! Only asks. Blocks, never for longer than [`ASKING_MAX`] in all: a process that is stopped answers nobody.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::Path;
use std::time::{Duration, Instant};

use ghost_control::{
    Hit, ProbeSpec, ProbeStatus, ProcessSocket, Reply, Request, SpecFile, ask, sockets,
};

/// How long all processes together are waited for.
const ASKING_MAX: Duration = Duration::from_secs(2);
/// How long one of them is waited for.
const ANSWER_WAIT_MAX: Duration = Duration::from_millis(500);
/// Processes that are asked: of more than that nobody reads a list.
const PROCESSES_MAX: usize = 64;
/// What is kept of what a probe told.
const HITS_MAX: usize = 20;

/// A probe in all processes.
#[derive(Debug)]
pub(crate) struct SessionProbe {
    /// What was asked for.
    pub(crate) spec: ProbeSpec,
    /// How it fares, by process.
    pub(crate) processes: Vec<(u32, ProbeStatus)>,
    /// What it told last, the oldest first, by process.
    pub(crate) hits: VecDeque<(u32, Hit)>,
}

/// What the processes of a session answered.
#[derive(Debug, Default)]
pub(crate) struct SessionProbes {
    /// Probes, the oldest first.
    pub(crate) probes: Vec<SessionProbe>,
    /// Processes that answered.
    pub(crate) answered_count: usize,
    /// Processes that listen and did not answer in time.
    pub(crate) silent_count: usize,
}

/// Asks the processes whose sockets lie in a run folder. Probes that no process has yet are told, too.
pub(crate) fn session_probes(run_dir: &Path) -> SessionProbes {
    let until = Instant::now() + ASKING_MAX;
    let wanted = SpecFile::new(run_dir).read().unwrap_or_default();
    let mut known: BTreeMap<String, SessionProbe> =
        wanted.into_iter().map(|spec| (spec.id.clone(), SessionProbe::new(spec))).collect();
    let mut found = SessionProbes::default();
    for socket in sockets(run_dir).iter().take(PROCESSES_MAX) {
        match statuses(socket, until) {
            Some(statuses) if statuses.is_empty() => found.answered_count += 1,
            Some(statuses) => {
                found.answered_count += 1;
                for status in statuses {
                    let probe = known.entry(status.probe.id.clone());
                    let probe = probe.or_insert_with(|| SessionProbe::new(status.probe.clone()));
                    probe.processes.push((socket.pid, status));
                }
                add_hits(&mut known, socket, until);
            }
            None => found.silent_count += 1,
        }
    }
    found.probes = known.into_values().collect();
    found.probes.sort_by_key(|probe| probe.spec.created_unix_ns);
    found
}

impl SessionProbe {
    fn new(spec: ProbeSpec) -> Self {
        Self { spec, processes: Vec::new(), hits: VecDeque::new() }
    }
}

fn statuses(socket: &ProcessSocket, until: Instant) -> Option<Vec<ProbeStatus>> {
    match question(socket, &Request::ListProbes, until)? {
        Reply::Probes { probes } => Some(probes),
        _ => None,
    }
}

/// Adds what the probes of one process told, and keeps the latest of each.
fn add_hits(known: &mut BTreeMap<String, SessionProbe>, socket: &ProcessSocket, until: Instant) {
    let mut after = 0;
    let mut latest: HashMap<String, VecDeque<Hit>> = HashMap::new();
    while let Some(Reply::Hits(hits)) = question(socket, &Request::ReadHits { after }, until) {
        let Some(last) = hits.hits.last() else { break };
        after = last.number;
        for hit in hits.hits {
            keep(latest.entry(hit.id.clone()).or_default(), hit);
        }
        if !hits.has_more {
            break;
        }
    }
    for (id, hits) in latest {
        let Some(probe) = known.get_mut(&id) else { continue };
        probe.hits.extend(hits.into_iter().map(|hit| (socket.pid, hit)));
        probe.hits.make_contiguous().sort_by_key(|(_, hit)| hit.time_unix_ns);
        let surplus = probe.hits.len().saturating_sub(HITS_MAX);
        probe.hits.drain(..surplus);
    }
}

fn keep(latest: &mut VecDeque<Hit>, hit: Hit) {
    if latest.len() == HITS_MAX {
        latest.pop_front();
    }
    latest.push_back(hit);
}

fn question(socket: &ProcessSocket, request: &Request, until: Instant) -> Option<Reply> {
    let left = until.saturating_duration_since(Instant::now()).min(ANSWER_WAIT_MAX);
    match ask(&socket.path, request, left) {
        Ok(reply) => Some(reply),
        Err(error) => {
            tracing::debug!(%error, pid = socket.pid, "a process does not tell of its probes");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::thread;

    use ghost_control::{Hits, ProbeEvent, ProbeKind, ProbeState, REPLY_BYTES_MAX, read, write};
    use ghost_control::{LIFESPAN_MINUTES_DEFAULT, REQUEST_BYTES_MAX};

    use super::*;

    fn spec(id: &str, created_unix_ns: u64) -> ProbeSpec {
        let life_ns = (LIFESPAN_MINUTES_DEFAULT * 60e9) as u64;
        ProbeSpec {
            id: id.into(),
            target: "app.place".into(),
            kind: ProbeKind::Log,
            event: ProbeEvent::Return,
            name: "place".into(),
            value: Some("result".into()),
            condition: None,
            created_unix_ns,
            expires_unix_ns: created_unix_ns + life_ns,
            max_hits: None,
            rate: None,
        }
    }

    fn status(id: &str, created_unix_ns: u64) -> ProbeStatus {
        ProbeStatus {
            probe: spec(id, created_unix_ns),
            state: ProbeState::Active,
            reason: None,
            hit_count: 30,
            dropped_count: 0,
            error_count: 0,
            error: None,
            numbers: None,
            file: None,
            lines: Vec::new(),
        }
    }

    /// A process that has one probe and was hit thirty times, told in three parts.
    fn listens(folder: &Path, name: &str) -> thread::JoinHandle<()> {
        let listener = UnixListener::bind(folder.join(name)).unwrap();
        thread::spawn(move || {
            for _ in 0..4 {
                let (mut stream, _) = listener.accept().unwrap();
                let reply = match read(&mut stream, REQUEST_BYTES_MAX).unwrap() {
                    Request::ListProbes => Reply::Probes { probes: vec![status("place-1", 2)] },
                    Request::ReadHits { after } => Reply::Hits(Hits {
                        hits: (after + 1..=after + 10).map(hit).collect(),
                        overwritten_count: 0,
                        has_more: after < 20,
                    }),
                    other => panic!("{other:?}"),
                };
                write(&mut stream, &reply, REPLY_BYTES_MAX).unwrap();
            }
        })
    }

    fn hit(number: u64) -> Hit {
        let value = Some(number.to_string());
        Hit { number, time_unix_ns: number * 10, id: "place-1".into(), value }
    }

    #[test]
    fn probes_are_told_with_their_processes_and_latest_hits() {
        let folder = tempfile::tempdir().unwrap();
        SpecFile::new(folder.path()).add(spec("later-1", 9)).unwrap();
        let process = listens(folder.path(), "71-a.control");
        drop(UnixListener::bind(folder.path().join("72-b.control")).unwrap());
        let found = session_probes(folder.path());
        process.join().unwrap();
        assert_eq!((found.answered_count, found.silent_count), (1, 1));
        let ids: Vec<_> = found.probes.iter().map(|probe| probe.spec.id.as_str()).collect();
        assert_eq!(ids, ["place-1", "later-1"]);
        let place = &found.probes[0];
        assert_eq!((place.processes[0].0, place.processes[0].1.hit_count), (71, 30));
        let told: Vec<_> = place.hits.iter().map(|(_, hit)| hit.number).collect();
        assert_eq!(told, (11..=30).collect::<Vec<_>>());
        assert!(found.probes[1].processes.is_empty());
    }

    #[test]
    fn a_session_that_is_over_has_none() {
        let found = session_probes(Path::new("/nonexistent"));
        assert!(found.probes.is_empty() && found.answered_count == 0);
    }
}
