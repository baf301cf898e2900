//! Two ways to read the frame an event is about: raw, in a few loads, and by the public API.
//!
//! Raw reads rely on [`layout`], which [`crate::self_test`] proves before the first callback is
//! registered. They see borrowed objects of a frame that is executing and therefore alive, under the
//! interpreter lock; nothing is kept beyond the event.

#![expect(
    clippy::cast_ptr_alignment,
    reason = "every offset in `layout` is that of an aligned field"
)]

use std::ffi::{c_char, c_int};

use ghost_tracer::{Activation, CodeAddress, CodeState, FrameAddress, StackToken, TypeAddress};
use pyo3::ffi::{self, PyObject};

use crate::{code_extra, layout, threads};

/// A frame an event is about.
pub(crate) trait EventFrame: Activation {
    /// The frame that is executing. `cells` marks the parameters that live in cells.
    ///
    /// # Safety
    /// The interpreter lock is held and a Python frame is executing.
    unsafe fn executing(cells: u64) -> Self;
    /// The frame that begins to execute `code`. `same_thread` where activations are on the running
    /// shadow stack: if this thread is theirs, its state is still the one that was looked up then.
    ///
    /// # Safety
    /// As [`Self::executing`]; `code` is what `PY_START` came with.
    unsafe fn starting(code: *mut PyObject, cells: u64, same_thread: bool) -> Self;
    /// The frame that is about to return, or that an exception passes; only to be compared.
    ///
    /// # Safety
    /// As [`Self::executing`].
    unsafe fn ending(same_thread: bool) -> Self;
    /// Globals of the frame, or of one of its callers that runs `code`; borrowed, or null.
    fn globals_of(&self, code: CodeAddress) -> *mut PyObject;
    /// The function object of the frame; borrowed, or null where it is not known.
    fn function(&self) -> *mut PyObject;
    /// Which of the first parameters live in cells, a bit each.
    fn cells_of(code: *mut PyObject, parameters: usize) -> u64;
    /// The state of an observed code object.
    ///
    /// # Safety
    /// `code` is a live code object and the interpreter lock is held.
    unsafe fn state(code: *mut PyObject) -> Option<&'static CodeState>;
    /// The newest link of an exception's traceback; 0 for none, or where it is not known.
    ///
    /// # Safety
    /// `exception` is a live exception object.
    unsafe fn traceback(exception: *mut PyObject) -> usize;
}

/// How far up a caller is looked for when its module is asked.
const CALLERS_SEARCHED: usize = 8;

/// Read raw.
pub(crate) struct RawFrame {
    frame: *const u8,
    thread: *const u8,
    cells: u64,
}

unsafe extern "C" {
    fn PyFrame_GetVar(frame: *mut ffi::PyFrameObject, name: *mut PyObject) -> *mut PyObject;
    fn PyCode_GetVarnames(code: *mut ffi::PyCodeObject) -> *mut PyObject;
}

/// # Safety
/// `base + offset` is a readable, aligned word.
#[inline]
unsafe fn word(base: *const u8, offset: usize) -> usize {
    // SAFETY: the caller's promise.
    unsafe { *base.add(offset).cast::<usize>() }
}

/// Whether a frame's function is missing: NULL up to 3.12, `None` later.
#[inline]
fn is_no_function(reference: usize) -> bool {
    let function = reference & layout::REFERENCE_MASK;
    // SAFETY: the address of a static of the interpreter.
    function == 0 || function == unsafe { ffi::Py_None() } as usize
}

impl RawFrame {
    /// The frame a thread executes.
    ///
    /// # Safety
    /// `thread` is a live thread state with a frame.
    #[inline]
    unsafe fn of(thread: *const u8, cells: u64) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            let mut frame = word(thread, layout::THREAD_FRAME);
            if layout::FRAME_IS_INDIRECT {
                frame = word(frame as *const u8, 0);
            }
            Self { frame: frame as *const u8, thread, cells }
        }
    }

    /// The nearest Python frame from here on down. Not Python are entries into the interpreter loop,
    /// and the shim below a specialised `__init__`: it has no function, and its code is a constant of
    /// the interpreter that may not even be written to.
    #[inline]
    fn python_frame(mut frame: *const u8) -> *const u8 {
        // SAFETY: `frame` is a frame of the running thread or null, and so is every `previous`.
        unsafe {
            while !frame.is_null()
                && (*frame.add(layout::FRAME_OWNER) >= layout::OWNER_NOT_PYTHON
                    || is_no_function(word(frame, layout::FRAME_FUNCTION)))
            {
                frame = word(frame, layout::FRAME_PREVIOUS) as *const u8;
            }
        }
        frame
    }

    #[inline]
    fn previous(frame: *const u8) -> *const u8 {
        // SAFETY: callers pass a live frame of the running thread.
        Self::python_frame(unsafe { word(frame, layout::FRAME_PREVIOUS) } as *const u8)
    }

    /// Code of a Python frame; none for null.
    #[inline]
    fn code(frame: *const u8) -> CodeAddress {
        if frame.is_null() {
            return CodeAddress(0);
        }
        // SAFETY: a live frame; its code is a reference whose tag bits are masked off.
        CodeAddress(unsafe { word(frame, layout::FRAME_CODE) } & layout::REFERENCE_MASK)
    }
}

impl Activation for RawFrame {
    #[inline]
    fn frame(&self) -> FrameAddress {
        FrameAddress(self.frame as usize)
    }

    #[inline]
    fn stack(&self) -> StackToken {
        // SAFETY: the running thread's own state.
        let chunk = unsafe { word(self.thread, layout::THREAD_CHUNK) };
        StackToken(if chunk == 0 { self.thread as usize } else { chunk })
    }

    fn stack_root(&self) -> StackToken {
        // SAFETY: the running thread's own state, and its chain of chunks down to null.
        unsafe {
            let mut root = self.thread as usize;
            let mut chunk = word(self.thread, layout::THREAD_CHUNK);
            while chunk != 0 {
                root = chunk;
                chunk = word(chunk as *const u8, layout::CHUNK_PREVIOUS);
            }
            StackToken(root)
        }
    }

    #[inline]
    fn below(&self) -> CodeAddress {
        // SAFETY: a live frame of the running thread. What is not a Python frame has a code of the
        // interpreter's own there, or none.
        unsafe { Self::code(word(self.frame, layout::FRAME_PREVIOUS) as *const u8) }
    }

    #[inline]
    fn caller(&self) -> CodeAddress {
        Self::code(Self::previous(self.frame))
    }

    #[inline]
    fn parameter_type(&self, index: usize) -> TypeAddress {
        // SAFETY: `index` is below the number of parameters (the tracer asks for no more), so the
        // slot exists; what it refers to is alive while the frame is.
        unsafe {
            let at = layout::FRAME_LOCALS + index * size_of::<usize>();
            let mut object = word(self.frame, at) & layout::REFERENCE_MASK;
            if self.cells >> index & 1 == 1 && object != 0 {
                object = word(object as *const u8, layout::CELL_CONTENT);
            }
            if object == 0 {
                return TypeAddress(0);
            }
            TypeAddress(ffi::Py_TYPE(object as *mut PyObject) as usize)
        }
    }
}

impl EventFrame for RawFrame {
    #[inline]
    unsafe fn executing(cells: u64) -> Self {
        // SAFETY: the interpreter lock is held, so there is a current thread with a frame.
        unsafe { Self::of(threads::look_up(), cells) }
    }

    #[expect(
        clippy::inline_always,
        reason = "a call apart costs 24 instructions per observed call"
    )]
    #[inline(always)]
    unsafe fn starting(code: *mut PyObject, cells: u64, same_thread: bool) -> Self {
        // SAFETY: as above; a thread with activations has not ended, nor lost its state.
        unsafe {
            let frame = Self::of(threads::running(same_thread), cells);
            // A second state of the same thread would give another frame: then ask for it.
            if Self::code(frame.frame).0 == code as usize { frame } else { Self::executing(cells) }
        }
    }

    #[inline]
    unsafe fn ending(same_thread: bool) -> Self {
        // SAFETY: as above.
        unsafe { Self::of(threads::running(same_thread), 0) }
    }

    fn globals_of(&self, code: CodeAddress) -> *mut PyObject {
        let mut frame = self.frame;
        for _ in 0..CALLERS_SEARCHED {
            if frame.is_null() {
                break;
            }
            if Self::code(frame) == code {
                // SAFETY: a live Python frame.
                return unsafe { word(frame, layout::FRAME_GLOBALS) } as *mut PyObject;
            }
            frame = Self::previous(frame);
        }
        std::ptr::null_mut()
    }

    fn function(&self) -> *mut PyObject {
        // SAFETY: a live Python frame; tags are masked off.
        let function = unsafe { word(self.frame, layout::FRAME_FUNCTION) };
        (function & layout::REFERENCE_MASK) as *mut PyObject
    }

    fn cells_of(code: *mut PyObject, parameters: usize) -> u64 {
        let mut cells = 0;
        // SAFETY: `code` is a live code object; its kinds are a bytes object with one byte per local,
        // of which parameters are the first.
        unsafe {
            let kinds = word(code.cast(), layout::CODE_LOCAL_KINDS) as *mut PyObject;
            let bytes = ffi::PyBytes_AsString(kinds).cast::<u8>();
            let length = ffi::PyBytes_Size(kinds).max(0) as usize;
            for index in 0..parameters.min(length).min(64) {
                if *bytes.add(index) & layout::LOCAL_IN_CELL != 0 {
                    cells |= 1 << index;
                }
            }
        }
        cells
    }

    #[inline]
    unsafe fn state(code: *mut PyObject) -> Option<&'static CodeState> {
        // SAFETY: passed on from the caller.
        unsafe { code_extra::state(code) }
    }

    unsafe fn traceback(exception: *mut PyObject) -> usize {
        // SAFETY: the caller's promise; the field is null or a traceback.
        unsafe { word(exception.cast(), layout::EXCEPTION_TRACEBACK) }
    }
}

/// Read through the public API: some ten times slower, and right by contract.
pub(crate) struct PublicFrame {
    /// Borrowed from the executing frame, which keeps its frame object until it ends; null where
    /// there was no memory to make it.
    frame: *mut ffi::PyFrameObject,
}

impl Activation for PublicFrame {
    fn frame(&self) -> FrameAddress {
        FrameAddress(self.frame as usize)
    }

    fn stack(&self) -> StackToken {
        // SAFETY: the interpreter lock is held.
        StackToken(unsafe { ffi::PyThreadState_Get() } as usize)
    }

    fn stack_root(&self) -> StackToken {
        self.stack()
    }

    fn below(&self) -> CodeAddress {
        self.caller()
    }

    fn caller(&self) -> CodeAddress {
        if self.frame.is_null() {
            return CodeAddress(0);
        }
        // SAFETY: a live frame; both new references are given back. The code object stays alive: its
        // frame is on the stack.
        unsafe {
            let back = ffi::PyFrame_GetBack(self.frame);
            if back.is_null() {
                // None below, or no memory for its frame object.
                ffi::PyErr_Clear();
                return CodeAddress(0);
            }
            let code = ffi::PyFrame_GetCode(back);
            let address = CodeAddress(code as usize);
            ffi::Py_DECREF(code.cast());
            ffi::Py_DECREF(back.cast());
            address
        }
    }

    fn parameter_type(&self, index: usize) -> TypeAddress {
        if self.frame.is_null() {
            return TypeAddress(0);
        }
        // SAFETY: a live frame; every new reference is given back; an unbound name is an error that
        // is cleared. The object stays alive: the frame holds it.
        unsafe {
            let code = ffi::PyFrame_GetCode(self.frame);
            let names = PyCode_GetVarnames(code);
            ffi::Py_DECREF(code.cast());
            if names.is_null() {
                ffi::PyErr_Clear();
                return TypeAddress(0);
            }
            let name = ffi::PyTuple_GetItem(names, index as ffi::Py_ssize_t);
            let object = if name.is_null() {
                std::ptr::null_mut()
            } else {
                PyFrame_GetVar(self.frame, name)
            };
            ffi::Py_DECREF(names);
            if object.is_null() {
                ffi::PyErr_Clear();
                return TypeAddress(0);
            }
            let class = ffi::Py_TYPE(object) as usize;
            ffi::Py_DECREF(object);
            TypeAddress(class)
        }
    }
}

impl EventFrame for PublicFrame {
    unsafe fn executing(_cells: u64) -> Self {
        // SAFETY: the interpreter lock is held.
        Self { frame: unsafe { ffi::PyEval_GetFrame() } }
    }

    unsafe fn starting(_code: *mut PyObject, cells: u64, _same_thread: bool) -> Self {
        // SAFETY: passed on from the caller.
        unsafe { Self::executing(cells) }
    }

    unsafe fn ending(_same_thread: bool) -> Self {
        // SAFETY: passed on from the caller.
        unsafe { Self::executing(0) }
    }

    fn globals_of(&self, code: CodeAddress) -> *mut PyObject {
        if self.frame.is_null() {
            return std::ptr::null_mut();
        }
        // SAFETY: frames of the running thread; every new reference is given back. The globals are
        // borrowed from a frame that is on the stack.
        unsafe {
            let mut globals = std::ptr::null_mut();
            let mut frame = ffi::Py_NewRef(self.frame.cast()).cast::<ffi::PyFrameObject>();
            for _ in 0..CALLERS_SEARCHED {
                let own = ffi::PyFrame_GetCode(frame);
                ffi::Py_DECREF(own.cast());
                if own as usize == code.0 {
                    globals = ffi::PyFrame_GetGlobals(frame);
                    ffi::Py_XDECREF(globals);
                }
                let back = ffi::PyFrame_GetBack(frame);
                ffi::Py_DECREF(frame.cast());
                frame = back;
                if frame.is_null() || !globals.is_null() {
                    break;
                }
            }
            ffi::Py_XDECREF(frame.cast());
            ffi::PyErr_Clear();
            globals
        }
    }

    fn function(&self) -> *mut PyObject {
        std::ptr::null_mut()
    }

    fn cells_of(_code: *mut PyObject, _parameters: usize) -> u64 {
        0
    }

    unsafe fn state(code: *mut PyObject) -> Option<&'static CodeState> {
        // SAFETY: passed on from the caller.
        unsafe { code_extra::state_by_api(code) }
    }

    /// Who caught an exception is then not told: without a traceback two cannot be told apart.
    unsafe fn traceback(_exception: *mut PyObject) -> usize {
        0
    }
}

/// Type of an object an event came with.
///
/// # Safety
/// `object` is alive.
#[inline]
pub(crate) unsafe fn type_of(object: *mut PyObject) -> TypeAddress {
    // SAFETY: the caller's promise.
    TypeAddress(unsafe { ffi::Py_TYPE(object) } as usize)
}

/// What an asynchronous generator really yields; `None` where it only awaits.
///
/// # Safety
/// `object` is alive.
pub(crate) unsafe fn wrapped_type(object: *mut PyObject) -> Option<TypeAddress> {
    const WRAPPER: &std::ffi::CStr = c"async_generator_wrapped_value";
    // SAFETY: a live object of a live type; the wrapper's value is set for its whole life.
    unsafe {
        let name: *const c_char = (*ffi::Py_TYPE(object)).tp_name;
        let same: c_int = libc::strcmp(name, WRAPPER.as_ptr());
        (same == 0).then(|| type_of(word(object.cast(), layout::WRAPPED_VALUE) as *mut PyObject))
    }
}

/// The next older link of a traceback; 0 at the end.
pub(crate) fn next_traceback(link: usize) -> usize {
    // SAFETY: links come from a live exception, which keeps the whole chain alive while the event
    // about it is being handled.
    unsafe { word(link as *const u8, layout::TRACEBACK_NEXT) }
}
