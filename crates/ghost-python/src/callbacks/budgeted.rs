//! The callables under a budget: they measure what they take, and functions may sleep.
//!
//! Not the hot path: whatever is called often sleeps most of the time.

use pyo3::ffi::PyObject;

use super::{
    Callbacks, argument, none, offset, on_discover, on_handled, on_reraise, on_unwind, yielded_type,
};
use crate::boundary::fence;
use crate::clock;
use crate::frames::{EventFrame, type_of};

/// What the interpreter calls a callback with.
type Arguments = *const *mut PyObject;

impl Callbacks {
    /// The callables of a process that keeps to a budget. For two tools only.
    pub(crate) const fn budgeted<F: EventFrame>() -> Self {
        Self {
            discover: discover::<F>,
            start: start::<F>,
            resume: resume::<F>,
            returned: returned::<F>,
            yielded: yielded::<F>,
            unwound: unwound::<F>,
            thrown: thrown::<F>,
            handled: handled::<F>,
            reraised: reraised::<F>,
        }
    }
}

/// Adds what a callback took that was written without a budget in mind.
fn measured(begin: u64) {
    fence(|observer| observer.measured(begin));
}

/// A function begins.
unsafe extern "C" fn start<F: EventFrame>(
    _callable: *mut PyObject,
    arguments: Arguments,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    let begin = clock::now();
    // SAFETY: PY_START comes with (code, offset); the frame of `code` executes.
    unsafe {
        if let Some(state) = F::state(argument(arguments, 0)) {
            fence(|observer| {
                let begin = observer.pace(begin);
                let same_thread = observer.tracer.has_activations();
                let frame = F::starting(argument(arguments, 0), state.tag(), same_thread);
                let now = observer.program_time(begin);
                observer.tracer.start_budgeted(state, &frame, || now);
                observer.measured_start(begin);
            });
        }
    }
    none()
}

/// A generator or coroutine goes on.
unsafe extern "C" fn resume<F: EventFrame>(
    _callable: *mut PyObject,
    arguments: Arguments,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    let begin = clock::now();
    // SAFETY: the event comes with the code object first; its frame executes.
    unsafe {
        if let Some(state) = F::state(argument(arguments, 0)) {
            fence(|observer| {
                let begin = observer.pace(begin);
                let same_thread = observer.tracer.has_activations();
                let frame = F::starting(argument(arguments, 0), 0, same_thread);
                let now = observer.program_time(begin);
                observer.tracer.resume_budgeted(state, &frame, || now);
                observer.measured(begin);
            });
        }
    }
    none()
}

/// An exception is thrown into a generator or coroutine: see `on_throw`.
unsafe extern "C" fn thrown<F: EventFrame>(
    callable: *mut PyObject,
    arguments: Arguments,
    count: usize,
    names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: PY_THROW comes with (code, offset, exception); the frame of `code` executes.
    unsafe {
        let started = F::state(argument(arguments, 0))
            .is_some_and(|state| offset(argument(arguments, 1)) >= state.start_offset());
        if started { resume::<F>(callable, arguments, count, names) } else { none() }
    }
}

/// A function returns.
unsafe extern "C" fn returned<F: EventFrame>(
    _callable: *mut PyObject,
    arguments: Arguments,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    let begin = clock::now();
    // SAFETY: PY_RETURN comes with (code, offset, value); the frame of `code` executes.
    unsafe {
        if let Some(state) = F::state(argument(arguments, 0)) {
            let value = type_of(argument(arguments, 2));
            fence(|observer| {
                let begin = observer.pace(begin);
                let frame = F::ending(observer.tracer.has_activations());
                let now = observer.program_time(begin);
                observer.tracer.finish_budgeted(state, &frame, value, now);
                observer.measured(begin);
            });
        }
    }
    none()
}

/// A generator or coroutine is suspended.
unsafe extern "C" fn yielded<F: EventFrame>(
    _callable: *mut PyObject,
    arguments: Arguments,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    let begin = clock::now();
    // SAFETY: PY_YIELD comes with (code, offset, value); the frame of `code` executes.
    unsafe {
        if let Some(state) = F::state(argument(arguments, 0)) {
            let value = yielded_type(state.kind(), argument(arguments, 2));
            fence(|observer| {
                let begin = observer.pace(begin);
                let frame = F::ending(observer.tracer.has_activations());
                let now = observer.program_time(begin);
                observer.tracer.suspend_budgeted(state, &frame, value, now);
                observer.measured(begin);
            });
        }
    }
    none()
}

/// First start of a code object anywhere.
unsafe extern "C" fn discover<F: EventFrame>(
    callable: *mut PyObject,
    arguments: Arguments,
    count: usize,
    names: *mut PyObject,
) -> *mut PyObject {
    let begin = clock::now();
    // SAFETY: called as `on_discover` is.
    let answer = unsafe { on_discover::<F, false>(callable, arguments, count, names) };
    measured(begin);
    answer
}

/// An exception leaves a function.
unsafe extern "C" fn unwound<F: EventFrame>(
    callable: *mut PyObject,
    arguments: Arguments,
    count: usize,
    names: *mut PyObject,
) -> *mut PyObject {
    let begin = clock::now();
    // SAFETY: called as `on_unwind` is.
    let answer = unsafe { on_unwind::<F>(callable, arguments, count, names) };
    measured(begin);
    answer
}

/// A handler takes an exception.
unsafe extern "C" fn handled<F: EventFrame>(
    callable: *mut PyObject,
    arguments: Arguments,
    count: usize,
    names: *mut PyObject,
) -> *mut PyObject {
    let begin = clock::now();
    // SAFETY: called as `on_handled` is.
    let answer = unsafe { on_handled::<F>(callable, arguments, count, names) };
    measured(begin);
    answer
}

/// A handler raises the exception it took again.
unsafe extern "C" fn reraised<F: EventFrame>(
    callable: *mut PyObject,
    arguments: Arguments,
    count: usize,
    names: *mut PyObject,
) -> *mut PyObject {
    let begin = clock::now();
    // SAFETY: called as `on_reraise` is.
    let answer = unsafe { on_reraise::<F>(callable, arguments, count, names) };
    measured(begin);
    answer
}
