//! Proves on the running interpreter that raw reads give what the public API gives.
//!
//! A probe function with parameters of every kind calls a callback of ours; there, both ways of
//! reading the frame must agree. Where they do not, this interpreter lays its frames out differently
//! from those we know, and the public API is used.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use ghost_tracer::{Activation, CodeAddress};
use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::callbacks::CallbackType;
use crate::frames::{EventFrame, PublicFrame, RawFrame, next_traceback};
use crate::{code_extra, layout};

/// Set by a probe that found both ways to agree.
static AGREED: AtomicBool = AtomicBool::new(false);

/// Parameters of the probe: positional, keyword-only, one in a cell.
const PARAMETERS: usize = 4;
const PROBE: &std::ffi::CStr = c"
def probe(a, cell, *rest, k, last=1.5, **extra):
    check(lambda: cell)
def generate(a):
    check_generator(a)
    yield
def caller():
    probe('a', [], 1, 2, k=b'', x=1)
    next(generate({}))
class Made:
    def __init__(self):
        check_caller()
def fail():
    raise KeyError
caller()
for _ in range(64):
    Made()
try:
    fail()
except KeyError as error:
    check_traceback(error, error.__traceback__, error.__traceback__.tb_next)
";

/// Whether raw reads can be believed.
pub(crate) fn raw_reads_agree(py: Python<'_>, class: &CallbackType) -> bool {
    let outcome = run_probes(py, class);
    if let Err(error) = &outcome {
        // The program's error indicator is not ours to leave set; the answer says enough.
        drop(error.clone_ref(py));
    }
    matches!(outcome, Ok(true))
}

fn run_probes(py: Python<'_>, class: &CallbackType) -> PyResult<bool> {
    let names = PyDict::new(py);
    names.set_item("check", class.make(py, check)?)?;
    names.set_item("check_generator", class.make(py, check_generator)?)?;
    names.set_item("check_caller", class.make(py, check_caller)?)?;
    names.set_item("check_traceback", class.make(py, check_traceback)?)?;
    AGREED.store(true, Relaxed);
    py.run(PROBE, Some(&names), None)?;
    Ok(AGREED.load(Relaxed))
}

unsafe extern "C" fn check(
    _callable: *mut PyObject,
    _arguments: *const *mut PyObject,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: called from Python: the lock is held and the probe's frame executes.
    unsafe {
        let public = PublicFrame::executing(0);
        let code = ffi::PyFrame_GetCode(ffi::PyEval_GetFrame()).cast::<PyObject>();
        let plain = RawFrame::executing(0);
        let agreed = plain.caller() == public.caller()
            && plain.globals_of(CodeAddress(code as usize)) == ffi::PyEval_GetGlobals()
            && kinds_are_readable(code)
            && code_extra::raw_read_agrees(code)
            && {
                let raw = RawFrame::executing(RawFrame::cells_of(code, PARAMETERS));
                (0..PARAMETERS).all(|at| raw.parameter_type(at) == public.parameter_type(at))
            };
        ffi::Py_DECREF(code);
        note(agreed);
        ffi::Py_None()
    }
}

/// # Safety
/// `code` is a live code object.
unsafe fn kinds_are_readable(code: *mut PyObject) -> bool {
    // SAFETY: any field within a code object can be looked at; whether it points to a bytes object is
    // what is asked, by comparing it with the one the interpreter hands out.
    unsafe {
        let field = *code.byte_add(layout::CODE_LOCAL_KINDS).cast::<*mut PyObject>();
        !field.is_null() && ffi::Py_TYPE(field) == &raw mut ffi::PyBytes_Type
    }
}

unsafe extern "C" fn check_generator(
    _callable: *mut PyObject,
    _arguments: *const *mut PyObject,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: as in `check`.
    unsafe {
        let (raw, public) = (RawFrame::executing(0), PublicFrame::executing(0));
        note(
            raw.caller() == public.caller()
                && raw.parameter_type(0) == public.parameter_type(0)
                && raw.stack_root().0 != 0,
        );
        ffi::Py_None()
    }
}

/// Often enough for the interpreter to specialise the call, which puts a frame of its own below it.
unsafe extern "C" fn check_caller(
    _callable: *mut PyObject,
    _arguments: *const *mut PyObject,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: as in `check`.
    unsafe {
        note(RawFrame::executing(0).caller() == PublicFrame::executing(0).caller());
        ffi::Py_None()
    }
}

unsafe extern "C" fn check_traceback(
    _callable: *mut PyObject,
    arguments: *const *mut PyObject,
    _count: usize,
    _names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: the probe passes an exception and the first two links of its traceback.
    unsafe {
        let newest = RawFrame::traceback(*arguments);
        let agreed = newest == *arguments.add(1) as usize
            && newest != 0
            && next_traceback(newest) == *arguments.add(2) as usize;
        note(agreed);
        ffi::Py_None()
    }
}

fn note(agreed: bool) {
    if !agreed {
        AGREED.store(false, Relaxed);
    }
}
