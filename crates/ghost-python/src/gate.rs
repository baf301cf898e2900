//! Whether events are let through, and to what. One word is all the hot path looks at.
//!
//! Knows nothing of what is behind it: [`crate::boundary`] does. All entry points are called with the
//! interpreter lock held, but for [`shut_after_fork`].

use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering::Relaxed};

/// What the gate is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    /// Not started, or switched off for good.
    Off = 0,
    /// Observing.
    On = 1,
    /// In a forked child that has not begun its own ledger.
    Forked = 2,
}

static STATE: AtomicU8 = AtomicU8::new(State::Off as u8);
/// What events are let through to; null while none are.
static OPEN: AtomicPtr<()> = AtomicPtr::new(null_mut());

/// What is behind the gate; null where it is shut.
#[inline]
pub(crate) fn target() -> *mut () {
    OPEN.load(Relaxed)
}

/// The state.
pub(crate) fn state() -> State {
    match STATE.load(Relaxed) {
        1 => State::On,
        2 => State::Forked,
        _ => State::Off,
    }
}

/// Lets events through to `target`.
pub(crate) fn open(target: *mut ()) {
    STATE.store(State::On as u8, Relaxed);
    OPEN.store(target, Relaxed);
}

/// Lets no more events through, for good.
pub(crate) fn shut() {
    STATE.store(State::Off as u8, Relaxed);
    OPEN.store(null_mut(), Relaxed);
}

/// Keeps events out while the interpreter is asked something, which could make an event of its own.
pub(crate) fn without_events<R>(ask: impl FnOnce() -> R) -> R {
    let target = OPEN.swap(null_mut(), Relaxed);
    let answer = ask();
    if state() == State::On {
        OPEN.store(target, Relaxed);
    }
    answer
}

/// In a forked child: the next event finds the gate shut and asks why. Only stores two words, because
/// a child of a program with threads may do little more.
pub(crate) extern "C" fn shut_after_fork() {
    if STATE.load(Relaxed) != State::Off as u8 {
        STATE.store(State::Forked as u8, Relaxed);
        OPEN.store(null_mut(), Relaxed);
    }
}
