//! The one boundary between the interpreter and us: every callback passes through [`fence`].
//!
//! It hands out the only observer there is, never twice at once; it turns a panic into "switched
//! off"; it notices a fork. Relies on the interpreter lock: all entry points are called with it.

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use crate::observer::{Death, Observer};
use ghost_model::Counter;

/// Not started, or switched off for good.
const OFF: u8 = 0;
/// Observing, and not inside a callback.
const READY: u8 = 1;
/// Inside a callback: a nested event must not reach the observer again.
const BUSY: u8 = 2;
/// In a forked child that has not begun its own ledger.
const FORKED: u8 = 3;

static STATE: AtomicU8 = AtomicU8::new(OFF);

struct Shared(UnsafeCell<Option<Observer>>);

// SAFETY: only touched with the interpreter lock held (and `STATE` keeps one thread, the one with
// the lock, from touching it twice); sub-interpreters with a lock of their own cannot load us.
unsafe impl Sync for Shared {}

static OBSERVER: Shared = Shared(UnsafeCell::new(None));

/// Runs one callback's work on the observer. Does nothing where observing is off or already busy.
#[inline]
pub(crate) fn fence<R>(work: impl FnOnce(&mut Observer) -> R) -> Option<R> {
    if STATE.load(Relaxed) != READY && !recover() {
        return None;
    }
    STATE.store(BUSY, Relaxed);
    // SAFETY: the lock is held and `STATE` was READY, so no other reference exists; it is BUSY until
    // this one is gone.
    let observer = unsafe { &mut *OBSERVER.0.get() };
    let outcome = catch_unwind(AssertUnwindSafe(|| observer.as_mut().map(work)));
    if let Ok(result) = outcome {
        STATE.store(READY, Relaxed);
        result
    } else {
        switch_off();
        None
    }
}

/// What to do where observing is not ready: begin again in a forked child, else nothing.
#[cold]
#[inline(never)]
fn recover() -> bool {
    if STATE.load(Relaxed) != FORKED {
        return false;
    }
    STATE.store(READY, Relaxed);
    fence(Observer::begin_child).is_some()
}

/// The first internal failure ends observing; what was counted stays, and the report says so.
#[cold]
fn switch_off() {
    STATE.store(OFF, Relaxed);
    // SAFETY: as in `fence`; the reference that panicked is gone.
    let observer = unsafe { &mut *OBSERVER.0.get() };
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if let Some(observer) = observer {
            observer.tracer.count(Counter::Failures, 1);
        }
    }));
}

/// Makes `observer` the one of this process. The caller registers callbacks only afterwards.
pub(crate) fn install(observer: Observer) {
    // Our panics are caught and counted; the host's stderr is not ours to write to. This hook belongs
    // to the standard library linked into this extension, not to the host.
    std::panic::set_hook(Box::new(|_| {}));
    // SAFETY: the lock is held, and no callback is registered yet.
    unsafe { *OBSERVER.0.get() = Some(observer) };
    STATE.store(READY, Relaxed);
}

/// Whether this process has, or had, an observer.
pub(crate) fn is_installed() -> bool {
    // SAFETY: the lock is held; a shared look at a value only `install` replaces.
    unsafe { (*OBSERVER.0.get()).is_some() }
}

/// Whether events are being counted.
pub(crate) fn is_observing() -> bool {
    STATE.load(Relaxed) != OFF
}

/// Forgets an address before it can be used for something else.
pub(crate) fn note_death(death: Death) {
    match STATE.load(Relaxed) {
        READY => {
            fence(|observer| observer.forget(death));
        }
        FORKED => {
            // Only memory is touched, no ledger: a child that never runs a function begins none.
            // SAFETY: as in `fence`: nobody else is inside.
            let observer = unsafe { &mut *OBSERVER.0.get() };
            if let Some(observer) = observer {
                observer.forget(death);
            }
        }
        // Inside a callback nothing of the host is freed: names are read, nothing is given up. Should
        // it happen all the same, what we know of addresses is no longer sure.
        BUSY => STATE.store(OFF, Relaxed),
        _ => {}
    }
}

/// Marks the end of the process in its ledger.
pub(crate) fn close() {
    fence(|observer| observer.tracer.close());
}

/// In a forked child: the next event begins its own ledger. Only stores one byte, because a child of
/// a program with threads may do little more.
pub(crate) extern "C" fn after_fork_in_child() {
    if STATE.load(Relaxed) != OFF {
        STATE.store(FORKED, Relaxed);
    }
}
