//! Asks the interpreter to call a function of ours as soon as one of its threads executes bytecode.
//!
//! May be used from any thread, without the interpreter lock. Touches no Python object.

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

use pyo3::ffi;

/// What the interpreter calls in the end, with its lock held.
pub(crate) type Turn = extern "C" fn(*mut c_void) -> c_int;

/// `_PyEval_AddPendingCall(interpreter, function, argument, flags)`; without flags any thread makes
/// the call. Exported by every supported version.
type AddPendingCall =
    unsafe extern "C" fn(*mut ffi::PyInterpreterState, Turn, *mut c_void, c_int) -> c_int;

/// Asks that any thread of the main interpreter makes the call; tells whether there was room for that.
pub(crate) fn ask_any_thread(turn: Turn) -> bool {
    // SAFETY: both are made to be called without the interpreter lock. The main interpreter is never
    // freed, and threads of ours that ask end before it is finalised.
    let refused = unsafe {
        match find_add_pending_call() {
            Some(add) => add(ffi::PyInterpreterState_Main(), turn, null_mut(), 0),
            None => ffi::Py_AddPendingCall(Some(turn), null_mut()),
        }
    };
    refused == 0
}

/// Asks that the main thread makes the call.
pub(crate) fn ask_main_thread(turn: Turn) -> bool {
    // SAFETY: as above.
    unsafe { ffi::Py_AddPendingCall(Some(turn), null_mut()) == 0 }
}

/// Looked up by name: not part of the documented API, whose own function only reaches the main thread.
fn find_add_pending_call() -> Option<AddPendingCall> {
    // SAFETY: a look-up by name; the symbol, where it exists, has had this signature since 3.12.
    unsafe {
        let symbol = libc::dlsym(libc::RTLD_DEFAULT, c"_PyEval_AddPendingCall".as_ptr());
        (!symbol.is_null()).then(|| std::mem::transmute::<*mut c_void, AddPendingCall>(symbol))
    }
}
