//! Asks the interpreter for a turn at a given processor time of the process, though no event comes: while
//! every function that is called sleeps, none does.
//!
//! A thread of ours that sleeps and, when it is time, adds a *pending call*: the interpreter makes it
//! as soon as any of its threads executes bytecode. The thread itself touches no Python object, never
//! waits for the interpreter lock, and has all signals blocked.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::native_thread;
use crate::pacing::cpu_ns;
use crate::pending_call::{Turn, ask_any_thread};

/// The thread sleeps and calls two functions.
const STACK_BYTES: usize = 64 * 1024;
/// When to ask again for a turn that was not made.
const ASK_AGAIN_NS: u64 = 5_000_000;
/// Shortest and longest time between two looks at the processor time. While the program waits for
/// something, it does not pass, and looking would keep the machine awake.
const WAIT_NS: (u64, u64) = (50_000, 100_000_000);

/// Whether a turn is asked for and not made yet, and the processor time at which it was asked for.
static ASKED: AtomicBool = AtomicBool::new(false);
static ASKED_AT_NS: AtomicU64 = AtomicU64::new(0);

/// No turn is due.
const NEVER: u64 = u64::MAX;

/// What the interpreter's threads and the timer's share.
#[derive(Debug)]
struct Shared {
    /// The processor time at which the next turn is due.
    due_ns: AtomicU64,
    /// Whether the thread is to end.
    over: AtomicBool,
    /// Whether it sleeps until it is woken: [`Timer::schedule`] wakes no other, which would cost more
    /// than a window may.
    rests: Mutex<bool>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, bool> {
        // Nothing that holds it can panic; a copied word is never half written.
        self.rests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rouse(&self) {
        *self.lock() = false;
        self.changed.notify_one();
    }
}

/// The timer of this process. Its thread is started when the first turn is asked for.
#[derive(Debug)]
pub(crate) struct Timer {
    turn: Turn,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Timer {
    pub(crate) fn new(turn: Turn) -> Self {
        let shared = Shared {
            due_ns: AtomicU64::new(NEVER),
            over: AtomicBool::new(false),
            rests: Mutex::new(false),
            changed: Condvar::new(),
        };
        Self { turn, shared: Arc::new(shared), thread: None }
    }

    /// In a forked child: the thread is gone, and what it shared may be locked for ever.
    pub(crate) fn begin_child(&mut self) {
        ASKED.store(false, Relaxed);
        let old = std::mem::replace(self, Self::new(self.turn));
        // Joining or dropping would ask the system for a thread that does not exist here.
        std::mem::forget(old);
    }

    /// Asks for a turn when the process has used so much processor time, or for none.
    pub(crate) fn schedule(&mut self, due_ns: Option<u64>) {
        if self.shared.over.load(Relaxed) {
            return;
        }
        let rested = self.shared.due_ns.swap(due_ns.unwrap_or(NEVER), Relaxed) == NEVER;
        if due_ns.is_none() {
            return;
        }
        if self.thread.is_none() {
            let (shared, turn) = (Arc::clone(&self.shared), self.turn);
            self.thread = native_thread::spawn(STACK_BYTES, move || run(&shared, turn));
        } else if rested && *self.shared.lock() {
            self.shared.rouse();
        }
    }

    /// The processor time at which the latest turn was asked for; 0 before the first.
    pub(crate) fn asked_at_ns() -> u64 {
        ASKED_AT_NS.load(Relaxed)
    }

    /// A turn is being made: the next one may be asked for.
    pub(crate) fn answered() {
        ASKED.store(false, Relaxed);
    }

    /// Ends the thread, before the interpreter ends.
    pub(crate) fn stop(&mut self) {
        self.shared.over.store(true, Relaxed);
        self.shared.rouse();
        if let Some(thread) = self.thread.take() {
            // It holds nothing and waits for nothing but us.
            let _ = thread.join();
        }
    }
}

fn run(shared: &Shared, turn: Turn) {
    let (mut wait_ns, mut seen_ns) = (0, 0);
    while !shared.over.load(Relaxed) {
        let (due_ns, used_ns) = (shared.due_ns.load(Relaxed), cpu_ns());
        let left_ns = due_ns.saturating_sub(used_ns);
        if left_ns == 0 {
            ask(turn);
            // Asked again, if it is not made.
            wait_ns = ASK_AGAIN_NS;
        } else {
            // Processor time passes no faster than the clock while one thread runs.
            let idle = used_ns.saturating_sub(seen_ns) < wait_ns / 8;
            let least_ns = if idle { 2 * wait_ns } else { 0 };
            wait_ns = left_ns.max(least_ns).clamp(WAIT_NS.0, WAIT_NS.1);
        }
        seen_ns = used_ns;
        rest(shared, (due_ns != NEVER || wait_ns < WAIT_NS.1).then_some(wait_ns));
    }
}

/// Sleeps for so long, or until a turn is due at all.
fn rest(shared: &Shared, wait_ns: Option<u64>) {
    let mut rests = shared.lock();
    if shared.over.load(Relaxed) {
        return;
    }
    if let Some(ns) = wait_ns {
        // Why it ended is seen by looking.
        let _ = shared.changed.wait_timeout(rests, Duration::from_nanos(ns));
        return;
    }
    *rests = shared.due_ns.load(Relaxed) == NEVER;
    while *rests {
        rests = shared.changed.wait(rests).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Adds the pending call, unless one waits already.
fn ask(turn: Turn) {
    if ASKED.swap(true, Relaxed) {
        return;
    }
    // `stop` ends this thread before the interpreter is finalised.
    if !ask_any_thread(turn) {
        return ASKED.store(false, Relaxed);
    }
    // Only now: what runs before the call is there runs unseen. If the turn was made already, it was
    // made at once, and this is of no use.
    ASKED_AT_NS.store(cpu_ns(), Relaxed);
}
