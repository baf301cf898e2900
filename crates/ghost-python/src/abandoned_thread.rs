//! Long calls into Python from frames of ours, during which the interpreter may end.
//!
//! Up to 3.13 it then ends every daemon thread by unwinding its stack as soon as that thread wants the
//! interpreter lock. Frames of Rust cannot be unwound like that: the process would abort. So the first of
//! our frames that is reached keeps its thread standing for ever, as 3.14 does; the process ends without it.
//! Only for calls that may take long, such as a request: short ones are `python_calls`' business.

use std::hint::black_box;
use std::mem::{forget, transmute};
use std::ptr::null_mut;

use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::types::iterator::PySendResult;

/// Whoever is unwound through this stands still.
struct Standstill;

impl Drop for Standstill {
    fn drop(&mut self) {
        loop {
            std::thread::park();
        }
    }
}

type Vectorcall = unsafe extern "C-unwind" fn(
    *mut PyObject,
    *const *mut PyObject,
    usize,
    *mut PyObject,
) -> *mut PyObject;
type IterNext = unsafe extern "C-unwind" fn(*mut PyObject) -> *mut PyObject;
type IterSend = unsafe extern "C-unwind" fn(
    *mut PyObject,
    *mut PyObject,
    *mut *mut PyObject,
) -> ffi::PySendResult;

/// Calls something with two arguments.
pub(crate) fn call<'py>(
    callable: &Bound<'py, PyAny>,
    arguments: [&Bound<'py, PyAny>; 2],
) -> PyResult<Bound<'py, PyAny>> {
    let raw = arguments.map(Bound::as_ptr);
    // SAFETY: the lock is held and all objects are alive for the call; the result is a new reference or an
    // error is set. The type differs from the declared one in that the call may unwind, which it may. By
    // its name the compiler would take the function for one that never does.
    unsafe {
        let vectorcall: Vectorcall = transmute(black_box(ffi::PyObject_Vectorcall as *const ()));
        let standstill = Standstill;
        let result = vectorcall(callable.as_ptr(), raw.as_ptr(), raw.len(), null_mut());
        forget(standstill);
        Bound::from_owned_ptr_or_err(callable.py(), result)
    }
}

/// The next item of an iterator; `None` at its end.
pub(crate) fn next<'py>(iterator: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    // SAFETY: as above; a NULL without an error is the end.
    unsafe {
        let iter_next: IterNext = transmute(black_box(ffi::PyIter_Next as *const ()));
        let standstill = Standstill;
        let result = iter_next(iterator.as_ptr());
        forget(standstill);
        if result.is_null() {
            return PyErr::take(iterator.py()).map_or(Ok(None), Err);
        }
        Ok(Some(Bound::from_owned_ptr(iterator.py(), result)))
    }
}

/// Lets a coroutine or a generator go on with a value.
pub(crate) fn send<'py>(
    iterator: &Bound<'py, PyAny>,
    value: &Bound<'py, PyAny>,
) -> PyResult<PySendResult<'py>> {
    let (py, mut result) = (iterator.py(), null_mut());
    // SAFETY: as above; the result is a new reference unless an error is set.
    unsafe {
        let iter_send: IterSend = transmute(black_box(ffi::PyIter_Send as *const ()));
        let standstill = Standstill;
        let kind = iter_send(iterator.as_ptr(), value.as_ptr(), &raw mut result);
        forget(standstill);
        match kind {
            ffi::PySendResult::PYGEN_ERROR => Err(PyErr::fetch(py)),
            ffi::PySendResult::PYGEN_RETURN => {
                Ok(PySendResult::Return(Bound::from_owned_ptr(py, result)))
            }
            ffi::PySendResult::PYGEN_NEXT => {
                Ok(PySendResult::Next(Bound::from_owned_ptr(py, result)))
            }
        }
    }
}
