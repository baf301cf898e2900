//! The one boundary between the interpreter and us: every callback passes through [`fence`].
//!
//! It hands out the only observer there is, never twice at once; it turns a panic into "switched
//! off"; it begins anew after a fork. Relies on the interpreter lock: all entry points are called
//! with it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering::Relaxed};

use ghost_ledger::Slot;
use ghost_model::Counter;

use crate::gate::{self, State};
use crate::observer::{Death, Observer};

/// The observer of this process; made once, never freed.
static INSTALLED: AtomicPtr<Observer> = AtomicPtr::new(null_mut());

/// Whether observing was ended in good order.
static DETACHED: AtomicBool = AtomicBool::new(false);

/// Where failures are counted: kept apart, so that counting one needs nothing else.
static FAILURES: OnceLock<Slot> = OnceLock::new();

/// Runs one callback's work on the observer. Does nothing where observing is off.
#[inline]
pub(crate) fn fence<R>(work: impl FnOnce(&mut Observer) -> R) -> Option<R> {
    let mut observer: *mut Observer = gate::target().cast();
    if observer.is_null() {
        observer = begin_again();
        if observer.is_null() {
            return None;
        }
    }
    enter(observer, work)
}

#[inline]
fn enter<R>(observer: *mut Observer, work: impl FnOnce(&mut Observer) -> R) -> Option<R> {
    // SAFETY: never freed. The lock is held, so no other thread is inside; and this thread is not
    // inside already, because all that could lead back here happens in `gate::without_events`.
    let observer = unsafe { &mut *observer };
    if let Ok(result) = catch_unwind(AssertUnwindSafe(|| work(observer))) {
        return Some(result);
    }
    switch_off();
    None
}

/// What to do where the gate is shut: begin again in a forked child, else nothing.
#[cold]
#[inline(never)]
fn begin_again() -> *mut Observer {
    if gate::state() == State::Forked {
        let observer = INSTALLED.load(Relaxed);
        gate::open(observer.cast());
        enter(observer, Observer::begin_child);
    }
    gate::target().cast()
}

/// The first internal failure ends observing; what was counted stays, and the report says so. Does
/// not touch the observer, which may be in the middle of something.
#[cold]
fn switch_off() {
    gate::shut();
    if let Some(failures) = FAILURES.get() {
        failures.add(1);
    }
}

/// Makes `observer` the one of this process. The caller registers callbacks only afterwards.
pub(crate) fn install(observer: Observer) {
    // Our panics are caught and counted; the host's stderr is not ours to write to. This hook belongs
    // to the standard library linked into this extension, not to the host.
    std::panic::set_hook(Box::new(|_| {}));
    FAILURES.get_or_init(|| observer.tracer.counter(Counter::Failures));
    let observer = Box::into_raw(Box::new(observer));
    INSTALLED.store(observer, Relaxed);
    gate::open(observer.cast());
}

/// What has become of observing in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It never began.
    Fresh,
    /// It goes on.
    Observing,
    /// It was ended as it should be, and may begin again.
    Detached,
    /// It ended by a failure of ours: what is known of addresses is not sure any more.
    Failed,
}

/// What has become of observing in this process.
pub(crate) fn condition() -> Condition {
    if INSTALLED.load(Relaxed).is_null() {
        Condition::Fresh
    } else if gate::state() != State::Off {
        Condition::Observing
    } else if DETACHED.load(Relaxed) {
        Condition::Detached
    } else {
        Condition::Failed
    }
}

/// Shuts the gate and runs `work`, the end of observing, on the observer. `None` where nothing is
/// observed. A forked child has its own ledger then, and not its parent's.
pub(crate) fn detach<R>(work: impl FnOnce(&mut Observer) -> R) -> Option<R> {
    fence(|_| ())?;
    gate::shut();
    DETACHED.store(true, Relaxed);
    // SAFETY: as in `enter`; the gate is shut, so that nothing that `work` does leads back here.
    let observer = unsafe { INSTALLED.load(Relaxed).as_mut()? };
    catch_unwind(AssertUnwindSafe(|| work(observer))).ok()
}

/// Runs `work`, a new beginning, on the observer that was detached, and lets events through if it
/// succeeds. `None` where it was not, or where `work` fails badly.
pub(crate) fn begin_anew<E>(
    work: impl FnOnce(&mut Observer) -> Result<(), E>,
) -> Option<Result<(), E>> {
    if condition() != Condition::Detached {
        return None;
    }
    // SAFETY: as in `detach`.
    let observer = unsafe { INSTALLED.load(Relaxed).as_mut()? };
    let outcome = catch_unwind(AssertUnwindSafe(|| work(observer))).ok()?;
    if outcome.is_ok() {
        DETACHED.store(false, Relaxed);
        gate::open(INSTALLED.load(Relaxed).cast());
    }
    Some(outcome)
}

/// Whether events are being counted.
pub(crate) fn is_observing() -> bool {
    gate::state() != State::Off
}

/// Forgets an address before it can be used for something else.
pub(crate) fn note_death(death: Death) {
    match gate::state() {
        State::Off => {}
        // While the interpreter is asked for names nothing of the host is given up. Should it happen
        // all the same, what we know of addresses is no longer sure.
        State::On if gate::target().is_null() => switch_off(),
        // In a forked child this touches memory only, no ledger: one that never runs a function
        // begins none.
        State::On | State::Forked => {
            enter(INSTALLED.load(Relaxed), |observer| observer.forget(death));
        }
    }
}

/// Marks the end of the process in its ledger.
pub(crate) fn close() {
    fence(Observer::close);
}

/// In a forked child: begins its ledger.
pub(crate) fn begin_child() {
    fence(|_| ());
}
