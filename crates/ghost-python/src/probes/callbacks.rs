//! The callables that the interpreter calls for code with hooks.
//!
//! While one of them runs, the interpreter makes no events on this thread: instruments cannot call
//! themselves. What a hook raises is dropped, unless it is a breakpoint's. No lock of ours is held while
//! a hook runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use pyo3::ffi::{self, PyObject, vectorcallfunc};
use pyo3::prelude::*;

use super::hook::ProbeHook;
use super::points::{self, Begun, Key};
use super::tool;
use crate::frames::{EventFrame, PublicFrame, RawFrame};
use crate::observer::is_generator_exit;
use crate::python_calls::PythonCall;

/// Hooks that raised; those of probes never do.
static HOOKS_FAILED: AtomicU64 = AtomicU64::new(0);

/// Hooks that raised so far.
pub(super) fn hooks_failed() -> u64 {
    HOOKS_FAILED.load(Relaxed)
}

/// What the interpreter calls for each event, for one way of reading frames.
pub(super) struct Callbacks {
    pub(super) start: vectorcallfunc,
    pub(super) returned: vectorcallfunc,
    pub(super) unwound: vectorcallfunc,
    pub(super) line: vectorcallfunc,
}

impl Callbacks {
    pub(super) const fn reading(raw: bool) -> Self {
        if raw { Self::by::<RawFrame>() } else { Self::by::<PublicFrame>() }
    }

    const fn by<F: EventFrame>() -> Self {
        Self {
            start: on_start::<F>,
            returned: on_return::<F>,
            unwound: on_unwind::<F>,
            line: on_line::<F>,
        }
    }
}

/// How an activation ends.
#[derive(Clone, Copy)]
struct Ending {
    value: *mut PyObject,
    failed: bool,
}

/// Runs one callback's work: `None` for the interpreter, or NULL where a breakpoint raised.
fn answer(work: impl FnOnce() -> Result<(), PyErr>) -> *mut PyObject {
    match catch_unwind(AssertUnwindSafe(work)) {
        // SAFETY: the interpreter lock is held.
        Ok(Ok(())) | Err(_) => unsafe { ffi::Py_None() },
        Ok(Err(error)) => {
            // SAFETY: all callbacks are called with the interpreter lock.
            error.restore(unsafe { Python::assume_attached() });
            std::ptr::null_mut()
        }
    }
}

/// The executing frame and its function, by address.
///
/// # Safety
/// Called from an event: the lock is held and a Python frame executes.
unsafe fn executing<F: EventFrame>() -> (usize, usize) {
    // SAFETY: the caller's promise.
    let frame = unsafe { F::executing(0) };
    (frame.frame().0, frame.function() as usize)
}

/// Drops what a probe's hook raised; hands on what a breakpoint raised.
fn settle<T>(hook: &ProbeHook, outcome: PyResult<T>) -> PyResult<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if hook.raises => Err(error),
        Err(_) => {
            HOOKS_FAILED.fetch_add(1, Relaxed);
            Ok(None)
        }
    }
}

/// A function begins.
unsafe extern "C" fn on_start<F: EventFrame>(
    _callable: *mut PyObject,
    arguments: *const *mut PyObject,
    count: usize,
    names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: PY_START comes with (code, offset); the frame of `code` executes.
    unsafe {
        let code = *arguments;
        let result = answer(|| match points::hooks_of(code as usize) {
            Some(hooks) => {
                let py = Python::assume_attached();
                let place = executing::<F>();
                hooks.iter().try_for_each(|hook| enter(py, hook, code as usize, place))
            }
            None => Ok(()),
        });
        if let Some(observer) = tool::observers_callback(code) {
            // The observer's callback: never raises, answers `None` for code it observes.
            observer(arguments, count, names);
        }
        result
    }
}

fn enter(
    py: Python<'_>,
    hook: &Py<ProbeHook>,
    code: usize,
    (frame, function): (usize, usize),
) -> PyResult<()> {
    let it = hook.get();
    if !it.wants_starts() || !it.means(function) {
        return Ok(());
    }
    let token = match &it.enter {
        Some(enter) => {
            let Some(_call) = PythonCall::begin() else { return Ok(()) };
            settle(it, enter.call0(py))?
        }
        None => None,
    };
    if it.spans_activation() {
        let begun = Begun { token, started_ns: if it.timed { monotonic_ns() } else { 0 } };
        drop(points::begin(code, Key { frame, hook: hook.as_ptr() as usize }, begun));
    }
    Ok(())
}

/// A function returns.
unsafe extern "C" fn on_return<F: EventFrame>(
    _callable: *mut PyObject,
    arguments: *const *mut PyObject,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: PY_RETURN comes with (code, offset, value); the frame of `code` executes.
    unsafe { on_end::<F>(*arguments, Ending { value: *arguments.add(2), failed: false }) }
}

/// An exception leaves a function. The close of a generator is an ordinary end.
unsafe extern "C" fn on_unwind<F: EventFrame>(
    _callable: *mut PyObject,
    arguments: *const *mut PyObject,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: PY_UNWIND comes with (code, offset, exception); the frame of `code` executes.
    unsafe {
        let exception = *arguments.add(2);
        let closes = is_generator_exit(exception);
        let value = if closes { ffi::Py_None() } else { exception };
        on_end::<F>(*arguments, Ending { value, failed: !closes })
    }
}

/// # Safety
/// Called from an event about `code`: the lock is held and its frame executes.
unsafe fn on_end<F: EventFrame>(code: *mut PyObject, ending: Ending) -> *mut PyObject {
    answer(|| {
        let Some(hooks) = points::hooks_of(code as usize) else { return Ok(()) };
        // SAFETY: the caller's promise.
        let (py, place) = unsafe { (Python::assume_attached(), executing::<F>()) };
        hooks.iter().try_for_each(|hook| leave(py, hook, place, ending))
    })
}

fn leave(
    py: Python<'_>,
    hook: &Py<ProbeHook>,
    (frame, function): (usize, usize),
    ending: Ending,
) -> PyResult<()> {
    let it = hook.get();
    let Some(leave) = &it.leave else { return Ok(()) };
    let begun = if it.spans_activation() {
        // None that began before the probe was there.
        let Some(begun) = points::end(Key { frame, hook: hook.as_ptr() as usize }) else {
            return Ok(());
        };
        begun
    } else if it.means(function) {
        Begun { token: None, started_ns: 0 }
    } else {
        return Ok(());
    };
    // SAFETY: the event's argument is alive while the event is.
    let value = unsafe { Bound::from_borrowed_ptr(py, ending.value) };
    let Some(_call) = PythonCall::begin() else { return Ok(()) };
    let outcome = leave.call1(py, (begun.token, begun.started_ns, value, ending.failed));
    settle(it, outcome).map(drop)
}

/// A line begins.
unsafe extern "C" fn on_line<F: EventFrame>(
    _callable: *mut PyObject,
    arguments: *const *mut PyObject,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: LINE comes with (code, line); the frame of `code` executes.
    unsafe {
        let (code, number) = (*arguments, *arguments.add(1));
        answer(|| {
            let Some(hooks) = points::hooks_of(code as usize) else { return Ok(()) };
            let (py, (_, function)) = (Python::assume_attached(), executing::<F>());
            let number = Bound::from_borrowed_ptr(py, number);
            let Some(_call) = PythonCall::begin() else { return Ok(()) };
            for hook in hooks.iter() {
                let it = hook.get();
                if let Some(line) = it.line.as_ref().filter(|_| it.means(function)) {
                    settle(it, line.call1(py, (&number,)))?;
                }
            }
            Ok(())
        })
    }
}

/// The monotonic clock, the one of `time.monotonic_ns`.
fn monotonic_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: fills the structure; fails only for clocks that do not exist.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}
