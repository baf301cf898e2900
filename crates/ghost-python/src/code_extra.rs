//! What we attach to code objects: the state of observed ones, a mark on those seen as callers.
//!
//! The interpreter calls [`code_freed`] when the code object dies, which is what makes its address usable as
//! a key until then.
//!
//! A slot holds a boxed [`SeenCaller`] or, with the lowest bit set, a [`CodeState`] (64-byte aligned,
//! never freed); nothing else is ever stored in it.

use std::ffi::c_void;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering::Relaxed};

use ghost_tracer::{CodeAddress, CodeState};
use pyo3::ffi::{self, Py_ssize_t, PyObject};

use crate::layout::{CODE_EXTRA, EXTRA_SIZE, EXTRA_SLOTS};

/// Our index among the users of the slot; negative before [`request_index`].
static INDEX: AtomicIsize = AtomicIsize::new(-1);
/// Set while we replace a slot ourselves: the interpreter then gives the old one up, but nothing died.
static REPLACING: AtomicBool = AtomicBool::new(false);
/// Whether [`raw_read_agrees`] has said so.
static RAW_READS_PROVEN: AtomicBool = AtomicBool::new(false);
/// Marks a [`CodeState`]: one test tells it from everything else.
const STATE_BIT: usize = 1;

/// A code object that is not observed, only known by address.
struct SeenCaller {
    code: CodeAddress,
}

unsafe extern "C" {
    fn PyUnstable_Eval_RequestCodeExtraIndex(free: unsafe extern "C" fn(*mut c_void))
    -> Py_ssize_t;
    fn PyUnstable_Code_GetExtra(
        code: *mut PyObject,
        index: Py_ssize_t,
        extra: *mut *mut c_void,
    ) -> std::ffi::c_int;
    fn PyUnstable_Code_SetExtra(
        code: *mut PyObject,
        index: Py_ssize_t,
        extra: *mut c_void,
    ) -> std::ffi::c_int;
}

/// Whom to tell that a code object is about to be freed.
static ON_DEATH: OnceLock<fn(CodeAddress)> = OnceLock::new();

/// Asks for our slot, once per process. False where all are taken.
pub(crate) fn request_index(on_death: fn(CodeAddress)) -> bool {
    ON_DEATH.get_or_init(|| on_death);
    if INDEX.load(Relaxed) < 0 {
        // SAFETY: the interpreter lock is held (callers have a `Python` token or are callbacks).
        INDEX.store(unsafe { PyUnstable_Eval_RequestCodeExtraIndex(code_freed) }, Relaxed);
    }
    INDEX.load(Relaxed) >= 0
}

/// The state of an observed code object.
///
/// # Safety
/// `code` is a live code object and the interpreter lock is held.
#[inline]
pub(crate) unsafe fn state(code: *mut PyObject) -> Option<&'static CodeState> {
    // SAFETY: passed on from the caller.
    decode(unsafe { raw_slot(code) })
}

/// # Safety
/// As [`state`].
#[inline]
unsafe fn raw_slot(code: *mut PyObject) -> usize {
    // SAFETY: the layout was proven by the self-test before any callback was registered; the slot
    // array is owned by the code object, which is alive.
    unsafe {
        let extra = *code.byte_add(CODE_EXTRA).cast::<*const isize>();
        let index = INDEX.load(Relaxed);
        if extra.is_null() || *extra.byte_add(EXTRA_SIZE) <= index {
            return 0;
        }
        (*extra.byte_add(EXTRA_SLOTS).offset(index)).cast_unsigned()
    }
}

/// The same through the public API.
///
/// # Safety
/// As [`state`].
pub(crate) unsafe fn state_by_api(code: *mut PyObject) -> Option<&'static CodeState> {
    // SAFETY: passed on from the caller.
    decode(unsafe { slot_by_api(code) })
}

/// # Safety
/// As [`state`].
unsafe fn slot_by_api(code: *mut PyObject) -> usize {
    let mut slot: *mut c_void = std::ptr::null_mut();
    // SAFETY: a live code object, our own index, and a place for the answer.
    let status = unsafe { PyUnstable_Code_GetExtra(code, INDEX.load(Relaxed), &raw mut slot) };
    if status == 0 { slot as usize } else { 0 }
}

/// Whether the raw read finds what the public API stored. Leaves no mark.
///
/// # Safety
/// As [`state`]; nothing is observed yet.
pub(crate) unsafe fn raw_read_agrees(code: *mut PyObject) -> bool {
    // SAFETY: passed on from the caller; the array holds our slot once the API has stored it.
    unsafe {
        let agrees = watch(code) && raw_slot(code) == slot_by_api(code) && raw_slot(code) != 0;
        let agrees = clear(code) && agrees;
        RAW_READS_PROVEN.store(agrees, Relaxed);
        agrees
    }
}

fn decode(slot: usize) -> Option<&'static CodeState> {
    if slot & STATE_BIT == 0 {
        return None;
    }
    // SAFETY: an odd slot holds what `set_state` stored: a state that is never freed.
    Some(unsafe { &*((slot - STATE_BIT) as *const CodeState) })
}

/// Attaches the state of an observed code object.
///
/// # Safety
/// As [`state`].
pub(crate) unsafe fn set_state(code: *mut PyObject, state: &'static CodeState) -> bool {
    // SAFETY: passed on from the caller.
    unsafe { set(code, std::ptr::from_ref(state) as usize | STATE_BIT) }
}

/// Marks a code object as seen, so that we learn of its death.
///
/// # Safety
/// As [`state`].
pub(crate) unsafe fn watch(code: *mut PyObject) -> bool {
    let seen = Box::into_raw(Box::new(SeenCaller { code: CodeAddress(code as usize) }));
    // SAFETY: passed on from the caller.
    let stored = unsafe { set(code, seen as usize) };
    if !stored {
        // SAFETY: made above and stored nowhere.
        drop(unsafe { Box::from_raw(seen) });
    }
    stored
}

/// Takes our mark off again. The caller forgets the address.
///
/// # Safety
/// As [`state`].
pub(crate) unsafe fn clear(code: *mut PyObject) -> bool {
    // SAFETY: passed on from the caller.
    unsafe { set(code, 0) }
}

/// # Safety
/// As [`state`].
unsafe fn set(code: *mut PyObject, slot: usize) -> bool {
    REPLACING.store(true, Relaxed);
    // SAFETY: a live code object and our own index.
    let status =
        unsafe { PyUnstable_Code_SetExtra(code, INDEX.load(Relaxed), slot as *mut c_void) };
    REPLACING.store(false, Relaxed);
    if status != 0 {
        // SAFETY: the interpreter lock is held; the error (out of memory) is ours alone.
        unsafe { ffi::PyErr_Clear() };
    } else if RAW_READS_PROVEN.load(Relaxed) {
        // SAFETY: as above, and the layout is the known one.
        unsafe { hide_later_slots(code) };
    }
    status == 0
}

/// Makes the array end with our slot where nobody behind us uses it.
///
/// A dying code object calls the free function of every slot it has, used or not. One registered
/// through `ctypes` and forgotten (as the interpreter's own tests do) would crash on each code object we
/// touched; without us it had hardly been called. The array grows again when somebody stores there.
///
/// # Safety
/// As [`state`]; the layout has been proven.
unsafe fn hide_later_slots(code: *mut PyObject) {
    // SAFETY: the array exists, it was stored to just now, and has `size` slots.
    unsafe {
        let extra = *code.byte_add(CODE_EXTRA).cast::<*mut isize>();
        let size = extra.byte_add(EXTRA_SIZE);
        let slots = extra.byte_add(EXTRA_SLOTS);
        while *size > INDEX.load(Relaxed) + 1 && *slots.offset(*size - 1) == 0 {
            *size -= 1;
        }
    }
}

/// Called by the interpreter with our slot when a code object dies, or when the slot is set anew; with NULL
/// for code objects we never marked.
unsafe extern "C" fn code_freed(slot: *mut c_void) {
    let slot = slot as usize;
    let code = match decode(slot) {
        Some(state) => state.code(),
        None if slot == 0 => return,
        // SAFETY: an even slot holds the box `watch` made; this is the one place that takes it back.
        None => unsafe { Box::from_raw(slot as *mut SeenCaller) }.code,
    };
    if !REPLACING.load(Relaxed)
        && let Some(on_death) = ON_DEATH.get()
    {
        on_death(code);
    }
}
