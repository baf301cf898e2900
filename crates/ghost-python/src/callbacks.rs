//! The callables that `sys.monitoring` calls.
//!
//! # Hot path
//! Instances of a type of our own with a vectorcall slot: the interpreter jumps straight into the
//! functions below, without argument parsing (8–13 ns per event cheaper than a built-in function on
//! 3.13). Budget and measurements: `docs/performance.md`.
//!
//! Every function is called by the interpreter with the lock held, with the arguments the event is
//! documented to have, and answers `None`, or `DISABLE` where the place is never to be seen again.

mod budgeted;

use std::ffi::c_int;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use ghost_model::FunctionKind;
use ghost_tracer::{CodeAddress, TypeAddress};
use pyo3::ffi::{self, Py_ssize_t, PyObject, vectorcallfunc};
use pyo3::prelude::*;

use crate::boundary::{fence, note_death};
use crate::clock;
use crate::frames::{EventFrame, type_of, wrapped_type};
use crate::observer::{Death, Discovery, is_generator_exit, raised};

/// One callable: an object header and where to jump.
#[repr(C)]
struct Callback {
    head: PyObject,
    vectorcall: vectorcallfunc,
}

/// What the interpreter calls for each event, for one way of reading frames.
pub(crate) struct Callbacks {
    pub(crate) discover: vectorcallfunc,
    pub(crate) start: vectorcallfunc,
    pub(crate) resume: vectorcallfunc,
    pub(crate) returned: vectorcallfunc,
    pub(crate) yielded: vectorcallfunc,
    pub(crate) unwound: vectorcallfunc,
    pub(crate) thrown: vectorcallfunc,
    pub(crate) handled: vectorcallfunc,
    pub(crate) reraised: vectorcallfunc,
}

impl Callbacks {
    /// Where every call is observed; `TREE` where the call tree is kept, too.
    pub(crate) const fn reading<F: EventFrame, const TREE: bool>() -> Self {
        Self {
            discover: on_discover::<F, TREE>,
            start: on_start::<F, TREE>,
            resume: on_resume::<F>,
            returned: on_return::<F, TREE>,
            yielded: on_yield::<F>,
            unwound: on_unwind::<F>,
            thrown: on_throw::<F>,
            handled: on_handled::<F>,
            reraised: on_reraise::<F>,
        }
    }
}

/// Makes callables of one type.
pub(crate) struct CallbackType(Py<PyAny>);

impl CallbackType {
    pub(crate) fn new(py: Python<'_>) -> PyResult<Self> {
        let mut members = [
            ffi::PyMemberDef {
                name: c"__vectorcalloffset__".as_ptr(),
                type_code: ffi::Py_T_PYSSIZET,
                offset: std::mem::offset_of!(Callback, vectorcall) as Py_ssize_t,
                flags: ffi::Py_READONLY,
                doc: std::ptr::null(),
            },
            // SAFETY: all zero is the documented end of the list.
            unsafe { std::mem::zeroed() },
        ];
        let mut slots = [
            ffi::PyType_Slot { slot: ffi::Py_tp_members, pfunc: members.as_mut_ptr().cast() },
            ffi::PyType_Slot {
                slot: ffi::Py_tp_call,
                pfunc: ffi::PyVectorcall_Call as *mut std::ffi::c_void,
            },
            ffi::PyType_Slot { slot: 0, pfunc: std::ptr::null_mut() },
        ];
        let mut spec = ffi::PyType_Spec {
            name: c"ghostglass._native.Callback".as_ptr(),
            basicsize: size_of::<Callback>() as c_int,
            itemsize: 0,
            flags: (ffi::Py_TPFLAGS_DEFAULT
                | ffi::Py_TPFLAGS_HAVE_VECTORCALL
                | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION) as u32,
            slots: slots.as_mut_ptr(),
        };
        // SAFETY: a complete specification; the interpreter copies what it needs of it.
        let class =
            unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&raw mut spec))? };
        Ok(Self(class.unbind()))
    }

    /// A callable that jumps to `target`.
    pub(crate) fn make<'py>(
        &self,
        py: Python<'py>,
        target: vectorcallfunc,
    ) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: an instance of our own type, which begins with a `Callback`.
        unsafe {
            let object = ffi::PyType_GenericAlloc(self.0.as_ptr().cast(), 0);
            let object = Bound::from_owned_ptr_or_err(py, object)?;
            (*object.as_ptr().cast::<Callback>()).vectorcall = target;
            Ok(object)
        }
    }
}

/// The answer that asks for more events.
#[inline]
fn none() -> *mut PyObject {
    // SAFETY: `None` is immortal on every version this builds for.
    unsafe { ffi::Py_None() }
}

/// `sys.monitoring.DISABLE`: like `None` an immortal object on all supported versions.
static DISABLE: AtomicPtr<PyObject> = AtomicPtr::new(std::ptr::null_mut());

/// Must be told before the first event arrives.
pub(crate) fn set_disable(object: *mut PyObject) {
    DISABLE.store(object, Relaxed);
}

/// The answer that asks for no more events from this place.
fn disable() -> *mut PyObject {
    DISABLE.load(Relaxed)
}

/// # Safety
/// The interpreter passes at least `index + 1` arguments for this event.
#[inline]
unsafe fn argument(arguments: *const *mut PyObject, index: usize) -> *mut PyObject {
    // SAFETY: the caller's promise.
    unsafe { *arguments.add(index) }
}

/// First start of a code object anywhere: decides about it, and counts this start if it is ours.
/// Asks for more events only where it is not decided.
unsafe extern "C" fn on_discover<F: EventFrame, const TREE: bool>(
    _callable: *mut PyObject,
    arguments: *const *mut PyObject,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: PY_START comes with (code, offset); the frame of `code` executes.
    let discovery = unsafe {
        let code = argument(arguments, 0);
        fence(|observer| {
            if let Some(state) = F::state(code) {
                return Discovery::Observed(state);
            }
            let discovery = observer.discover::<F>(code);
            if let Discovery::Observed(state) = discovery {
                state.set_start_offset(offset(argument(arguments, 1)));
                let own_ticks = observer.own_ticks();
                let now = || clock::now().saturating_sub(own_ticks);
                observer.tracer.start::<TREE>(state, &F::executing(state.tag()), now);
            }
            discovery
        })
    };
    if matches!(discovery, Some(Discovery::Undecided)) { none() } else { disable() }
}

/// A function begins. Code that is not known yet is discovered: with one tool only, this is where.
unsafe extern "C" fn on_start<F: EventFrame, const TREE: bool>(
    callable: *mut PyObject,
    arguments: *const *mut PyObject,
    count: usize,
    names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: PY_START comes with (code, offset); the frame of `code` executes.
    unsafe {
        let Some(state) = F::state(argument(arguments, 0)) else {
            let answer = on_discover::<F, TREE>(callable, arguments, count, names);
            return after_discovery::<F>(argument(arguments, 0), answer);
        };
        fence(|observer| {
            let same_thread = observer.tracer.has_activations();
            let frame = F::starting(argument(arguments, 0), state.tag(), same_thread);
            observer.tracer.start::<TREE>(state, &frame, clock::now);
        });
    }
    none()
}

/// The answer of a tool that discovers and counts: observed code has more events.
///
/// # Safety
/// `code` is a live code object.
#[cold]
unsafe fn after_discovery<F: EventFrame>(
    code: *mut PyObject,
    answer: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: the caller's promise.
    if unsafe { F::state(code) }.is_some() { none() } else { answer }
}

/// An exception is thrown into a generator or coroutine. If it never started it has no activation,
/// whatever is on record for a dead one that had its frame before.
unsafe extern "C" fn on_throw<F: EventFrame>(
    callable: *mut PyObject,
    arguments: *const *mut PyObject,
    count: usize,
    names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: PY_THROW comes with (code, offset, exception); the frame of `code` executes.
    unsafe {
        let started = F::state(argument(arguments, 0))
            .is_some_and(|state| offset(argument(arguments, 1)) >= state.start_offset());
        if started { on_resume::<F>(callable, arguments, count, names) } else { none() }
    }
}

/// An instruction offset, as events come with.
///
/// # Safety
/// `number` is a live exact int.
unsafe fn offset(number: *mut PyObject) -> i64 {
    // SAFETY: the caller's promise; offsets are small.
    unsafe { ffi::PyLong_AsLong(number) }
}

/// A generator or coroutine goes on, by a value or by an exception thrown into it.
unsafe extern "C" fn on_resume<F: EventFrame>(
    _callable: *mut PyObject,
    arguments: *const *mut PyObject,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: the event comes with the code object first; its frame executes.
    unsafe {
        if let Some(state) = F::state(argument(arguments, 0)) {
            fence(|observer| {
                let same_thread = observer.tracer.has_activations();
                let frame = F::starting(argument(arguments, 0), 0, same_thread);
                observer.tracer.resume(state, &frame, clock::now);
            });
        }
    }
    none()
}

/// A function returns.
unsafe extern "C" fn on_return<F: EventFrame, const TREE: bool>(
    _callable: *mut PyObject,
    arguments: *const *mut PyObject,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    let now = clock::now();
    // SAFETY: PY_RETURN comes with (code, offset, value); the frame of `code` executes.
    unsafe {
        let code = CodeAddress(argument(arguments, 0) as usize);
        let value = type_of(argument(arguments, 2));
        fence(|observer| {
            let same_thread = observer.tracer.has_activations();
            observer.tracer.finish::<TREE>(code, &F::ending(same_thread), value, now);
        });
    }
    none()
}

/// A generator or coroutine is suspended.
unsafe extern "C" fn on_yield<F: EventFrame>(
    _callable: *mut PyObject,
    arguments: *const *mut PyObject,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    let now = clock::now();
    // SAFETY: PY_YIELD comes with (code, offset, value); the frame of `code` executes.
    unsafe {
        if let Some(state) = F::state(argument(arguments, 0)) {
            let value = yielded_type(state.kind(), argument(arguments, 2));
            fence(|observer| {
                let same_thread = observer.tracer.has_activations();
                observer.tracer.suspend(state, &F::ending(same_thread), value, now);
            });
        }
    }
    none()
}

/// What a suspension hands out; `None` where that is only plumbing.
///
/// # Safety
/// `value` is a live object.
#[inline]
unsafe fn yielded_type(kind: FunctionKind, value: *mut PyObject) -> Option<TypeAddress> {
    // SAFETY: the caller's promise.
    unsafe {
        match kind {
            FunctionKind::Coroutine => None,
            FunctionKind::AsyncGenerator => wrapped_type(value),
            _ => Some(type_of(value)),
        }
    }
}

/// An exception leaves a function.
unsafe extern "C" fn on_unwind<F: EventFrame>(
    _callable: *mut PyObject,
    arguments: *const *mut PyObject,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    let now = clock::now();
    // SAFETY: PY_UNWIND comes with (code, offset, exception); the frame of `code` executes.
    unsafe {
        if let Some(state) = F::state(argument(arguments, 0)) {
            let exception = argument(arguments, 2);
            let closes = is_generator_exit(exception);
            let raised = raised::<F>(exception);
            fence(|observer| {
                let frame = F::ending(observer.tracer.has_activations());
                let now = observer.program_time(now);
                observer.tracer.unwind(state, &frame, &raised, closes, now);
            });
        }
    }
    none()
}

/// A handler takes an exception; `finally` and `with` do so too, and raise it again.
unsafe extern "C" fn on_handled<F: EventFrame>(
    _callable: *mut PyObject,
    arguments: *const *mut PyObject,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: EXCEPTION_HANDLED comes with (code, offset, exception); the frame of `code` executes.
    unsafe {
        let code = argument(arguments, 0);
        let state = F::state(code);
        let raised = raised::<F>(argument(arguments, 2));
        let address = CodeAddress(code as usize);
        fence(|observer| {
            let frame = F::ending(observer.tracer.has_activations());
            observer.tracer.handle(state, address, &frame, &raised);
        });
    }
    none()
}

/// A handler raises the exception it took again.
unsafe extern "C" fn on_reraise<F: EventFrame>(
    _callable: *mut PyObject,
    arguments: *const *mut PyObject,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: RERAISE comes with (code, offset, exception); the frame of `code` executes.
    unsafe {
        let raised = raised::<F>(argument(arguments, 2));
        fence(|observer| {
            let frame = F::ending(observer.tracer.has_activations());
            observer.tracer.raise_again(&frame, &raised);
        });
    }
    none()
}

/// A watched type died: called by its weak reference, which is the only argument.
pub(crate) unsafe extern "C" fn on_type_died(
    _callable: *mut PyObject,
    arguments: *const *mut PyObject,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: weak reference callbacks get the reference.
    let reference = unsafe { argument(arguments, 0) };
    let dead = fence(|observer| observer.tracer.interpreter().take_dead(reference)).flatten();
    if let Some(class) = dead {
        note_death(Death::Type(class));
    }
    none()
}
