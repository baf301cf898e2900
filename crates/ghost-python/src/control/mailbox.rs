//! Changes that wait to be applied: put in by the threads that listen, taken out by whichever thread of
//! the program executes Python next, which applies them with [`super::applying`].
//!
//! So nothing of ours ever waits for the interpreter lock. Where the whole program waits in C, nothing it
//! could be probed for happens either: changes are applied before its next call.

use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::applying::{self, Outcome};
use super::outside_probe::Probe;
use crate::pending_call::{ask_any_thread, ask_main_thread};
use crate::python_calls::PythonCall;

/// Changes that wait; more are refused.
const CHANGES_MAX: usize = 256;
/// Changes that one turn applies: they are somebody's waiting time.
const CHANGES_PER_TURN: usize = 16;
/// How often a change is put off because the thread is in the middle of something.
const TRIES_MAX: u32 = 100;
/// When to ask again for a turn that was refused, or in which nothing could be done.
pub(super) const AGAIN: Duration = Duration::from_millis(5);

/// What is to be done to a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Its events are to go on.
    Add,
    /// It is to be forgotten.
    Remove,
    /// It has ended: its events are to go off.
    End,
}

/// A change.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) action: Action,
    pub(super) probe: Arc<Probe>,
    is_done: Arc<AtomicBool>,
    tries: u32,
}

static CHANGES: Mutex<VecDeque<Change>> = Mutex::new(VecDeque::new());
static DONE: Condvar = Condvar::new();
/// Whether the interpreter was asked for a turn that it has not made.
static IS_ASKED: AtomicBool = AtomicBool::new(false);
/// Whether the interpreter ends: nothing is applied any more.
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// Puts a change in; `None` where there is no room. The result becomes true when it is done.
pub(super) fn put(action: Action, probe: &Arc<Probe>) -> Option<Arc<AtomicBool>> {
    let mut changes = lock();
    if changes.len() >= CHANGES_MAX {
        return None;
    }
    let (probe, is_done) = (Arc::clone(probe), Arc::<AtomicBool>::default());
    changes.push_back(Change { action, probe, is_done: Arc::clone(&is_done), tries: 0 });
    Some(is_done)
}

/// Waits for a change to be done, until `until` or while `is_wanted`; tells whether it is.
pub(super) fn wait(is_done: &AtomicBool, until: Instant, is_wanted: impl Fn() -> bool) -> bool {
    loop {
        ask();
        let changes = lock();
        let left = until.saturating_duration_since(Instant::now());
        if is_done.load(Relaxed) || left.is_zero() || !is_wanted() {
            return is_done.load(Relaxed);
        }
        drop(DONE.wait_timeout(changes, left.min(AGAIN)));
    }
}

/// Asks for a turn if something waits; tells whether that must be tried again.
pub(super) fn ask() -> bool {
    if lock().is_empty() || IS_ASKED.swap(true, Relaxed) {
        return false;
    }
    let is_refused = !ask_any_thread(turn);
    if is_refused {
        IS_ASKED.store(false, Relaxed);
    }
    is_refused
}

/// Whether something waits for which no turn is asked for.
pub(super) fn is_unasked() -> bool {
    !IS_ASKED.load(Relaxed) && !lock().is_empty()
}

/// Applies what waits, on this thread, which has the interpreter lock.
pub(super) fn apply_here() {
    IS_OVER.store(false, Relaxed);
    while let Some(change) = pop() {
        if settle(change).is_some() {
            break;
        }
    }
}

/// Nothing is applied any more: the interpreter ends.
pub(super) fn end() {
    IS_OVER.store(true, Relaxed);
}

/// In a forked child: what was asked of the parent is the parent's to do.
pub(super) fn begin_child() {
    IS_ASKED.store(false, Relaxed);
    lock().clear();
}

/// What the interpreter calls, with its lock held, between two instructions of some thread.
extern "C" fn turn(_: *mut c_void) -> c_int {
    IS_ASKED.store(false, Relaxed);
    std::panic::catch_unwind(|| {
        let Some(_call) = PythonCall::begin() else { return 0 };
        for _ in 0..CHANGES_PER_TURN {
            if IS_OVER.load(Relaxed) {
                return 0;
            }
            let Some(change) = pop() else { return 0 };
            if let Some(answer) = settle(change) {
                return answer;
            }
        }
        ask();
        0
    })
    .unwrap_or(0)
}

/// Applies one change; if it cannot be now, it is the next one again, and the turn ends with that answer.
fn settle(mut change: Change) -> Option<c_int> {
    change.tries += 1;
    let answer = match applying::apply(&change) {
        Outcome::Done => {
            change.is_done.store(true, Relaxed);
            DONE.notify_all();
            return None;
        }
        Outcome::NotNow(why) if change.tries >= TRIES_MAX => {
            change.probe.give_up(&why);
            change.is_done.store(true, Relaxed);
            DONE.notify_all();
            return None;
        }
        Outcome::NotNow(_) => 0,
        Outcome::OnMainThread => {
            IS_ASKED.store(ask_main_thread(turn), Relaxed);
            0
        }
        // What a signal handler of the program raised meanwhile is for the program.
        Outcome::Raised => -1,
    };
    lock().push_front(change);
    Some(answer)
}

fn pop() -> Option<Change> {
    lock().pop_front()
}

fn lock() -> MutexGuard<'static, VecDeque<Change>> {
    CHANGES.lock().unwrap_or_else(PoisonError::into_inner)
}
