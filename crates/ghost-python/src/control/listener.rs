//! The thread that listens at one socket: blocked in `poll` until somebody asks or a probe ends. It touches
//! no Python object and never waits for the interpreter lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ghost_control::{Arrival, Connection, Endpoint, ProbeSpec, Reply};

use super::answers::Rules;
use super::mailbox::{self, Action};
use super::{now_unix_ns, registry};
use crate::native_thread;

/// Messages are parsed on it.
const STACK_BYTES: usize = 512 * 1024;
/// How long it may take to end. It waits for nothing but a controller that is slow to talk.
const END_WAIT_MAX: Duration = Duration::from_millis(250);
/// Between two looks whether it has ended.
const LOOK: Duration = Duration::from_micros(50);

/// A socket, and the thread at it.
#[derive(Debug)]
pub(super) struct Listener {
    shared: Arc<Shared>,
    thread: Option<Running>,
}

/// A thread, and the word that ends it.
#[derive(Debug)]
struct Running {
    thread: JoinHandle<()>,
    is_over: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Shared {
    endpoint: Endpoint,
    rules: Rules,
    /// What the kernel calls the thread; 0 before it runs.
    thread_id: AtomicI32,
}

impl Listener {
    /// Begins to listen.
    pub(super) fn start(endpoint: Endpoint, rules: Rules) -> Self {
        let shared = Arc::new(Shared { endpoint, rules, thread_id: AtomicI32::new(0) });
        let mut listener = Self { shared, thread: None };
        listener.resume();
        listener
    }

    /// Listens again.
    pub(super) fn resume(&mut self) {
        if self.thread.is_none() {
            let (shared, is_over) = (Arc::clone(&self.shared), Arc::<AtomicBool>::default());
            let ends = Arc::clone(&is_over);
            let thread = native_thread::spawn(STACK_BYTES, move || shared.run(&ends));
            self.thread = thread.map(|thread| Running { thread, is_over });
        }
    }

    /// Ends the thread; who asks meanwhile waits. Must not be called with the interpreter lock held, which
    /// would be held for as long.
    pub(super) fn pause(&mut self) {
        let Some(Running { thread, is_over }) = self.thread.take() else { return };
        is_over.store(true, Relaxed);
        let was_reached = self.shared.endpoint.wake();
        let until = Instant::now() + END_WAIT_MAX;
        while was_reached && !thread.is_finished() && Instant::now() < until {
            std::thread::sleep(LOOK);
        }
        if thread.is_finished() {
            let _ = thread.join();
            self.wait_until_forgotten(until);
        }
    }

    /// Takes a probe that the session has already.
    pub(super) fn pick_up(&self, spec: ProbeSpec) {
        self.shared.rules.pick_up(spec);
    }

    /// The kernel counts a thread for a moment after it can be joined. Who forks then is warned of threads.
    fn wait_until_forgotten(&self, until: Instant) {
        let id = self.shared.thread_id.load(Relaxed);
        let path = format!("/proc/self/task/{id}");
        while id != 0 && std::path::Path::new(&path).exists() && Instant::now() < until {
            std::thread::yield_now();
        }
    }
}

impl Shared {
    fn run(&self, is_over: &AtomicBool) {
        let id = rustix::thread::gettid();
        self.thread_id.store(id.as_raw_nonzero().get(), Relaxed);
        while !is_over.load(Relaxed) {
            match self.endpoint.wait(next_look()) {
                Arrival::Request(connection) => self.serve(connection, is_over),
                Arrival::Nothing => {}
                Arrival::Gone => return,
            }
            end_probes();
            mailbox::ask();
        }
    }

    fn serve(&self, mut connection: Connection, is_over: &AtomicBool) {
        let peer = connection.peer();
        let is_wanted = || !is_over.load(Relaxed);
        let reply = match connection.read() {
            Ok(request) => self.rules.answer(request, peer, is_wanted),
            Err(error) => Reply::Refused { reason: error.to_string() },
        };
        // Whoever has gone away does not want to know.
        let _ = connection.answer(&reply);
    }
}

/// When to look up though nobody asks: when the next probe ends, or a turn is to be asked for again.
fn next_look() -> Option<Instant> {
    let now = Instant::now();
    if mailbox::is_unasked() {
        return Some(now + mailbox::AGAIN);
    }
    let live = registry::all().into_iter().filter(|probe| probe.end().is_none());
    let soonest = live.map(|probe| probe.spec.expires_unix_ns).min()?;
    // A moment more, so that it is over by then.
    let left_ns = soonest.saturating_sub(now_unix_ns()) + 1_000_000;
    Some(now + Duration::from_nanos(left_ns))
}

/// Has the events of probes that have ended switched off.
fn end_probes() {
    for probe in registry::all() {
        if probe.has_just_ended() && mailbox::put(Action::End, &probe).is_some() {
            probe.note_end();
        }
    }
}
