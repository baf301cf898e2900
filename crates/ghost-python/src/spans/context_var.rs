//! The one context variable: which span is current. It follows tasks and copied contexts as any does.
//!
//! All functions are called with the interpreter lock held, and run no code of the program.

use std::ptr::null_mut;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::context::SpanContext;

static VARIABLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

fn variable(py: Python<'_>) -> PyResult<&Py<PyAny>> {
    VARIABLE.get_or_try_init(py, || {
        // SAFETY: a C string as name, no default; the result is a new reference or an error.
        unsafe {
            let variable = ffi::PyContextVar_New(c"ghostglass_span".as_ptr(), null_mut());
            Bound::from_owned_ptr_or_err(py, variable).map(Bound::unbind)
        }
    })
}

/// The current span.
#[inline]
pub(crate) fn get(py: Python<'_>) -> Option<Bound<'_, SpanContext>> {
    let variable = variable(py).ok()?;
    let mut value = null_mut();
    // SAFETY: our own variable, which is exact; the value is a new reference or null.
    let value = unsafe {
        if ffi::PyContextVar_Get(variable.as_ptr(), null_mut(), &raw mut value) < 0 {
            ffi::PyErr_Clear();
            return None;
        }
        Bound::from_owned_ptr_or_opt(py, value)?
    };
    value.cast_into::<SpanContext>().ok()
}

/// Reads the current span within a callback of the interpreter: what is looked up is our own variable,
/// which is compared with others by identity, so no code of the program runs.
pub(crate) fn in_callback<R>(read: impl FnOnce(Option<&SpanContext>) -> R) -> R {
    // SAFETY: callbacks are called by a thread that holds the interpreter lock.
    let py = unsafe { Python::assume_attached() };
    // Where there is no variable yet, none is made here.
    let current = VARIABLE.get(py).and_then(|_| get(py));
    read(current.as_ref().map(Bound::get))
}

/// Makes a span current, or none.
pub(crate) fn set(py: Python<'_>, context: Option<&Py<SpanContext>>) {
    let Ok(variable) = variable(py) else { return };
    let value = context.map_or_else(|| py.None(), |context| context.clone_ref(py).into_any());
    // SAFETY: our own variable and a live value; the token is a new reference or null with an error
    // set, which is only possible without memory.
    unsafe {
        let token = ffi::PyContextVar_Set(variable.as_ptr(), value.as_ptr());
        if token.is_null() {
            ffi::PyErr_Clear();
        }
        ffi::Py_XDECREF(token);
    }
}

/// Makes `previous` current where `context` is; in any other context nothing is changed.
pub(crate) fn put_back(
    py: Python<'_>,
    context: &Py<SpanContext>,
    previous: Option<&Py<SpanContext>>,
) {
    if get(py).is_some_and(|current| current.as_ptr() == context.as_ptr()) {
        set(py, previous);
    }
}
