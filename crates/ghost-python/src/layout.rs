//! Where the interpreter keeps what we read, per minor version. The self-test proves it on the running one.
//!
//! Taken with `offsetof` from the internal headers of 3.12.1, 3.13.0, 3.14.8 and 3.15.0. Patch
//! releases keep these structures; if one does not, the self-test sends us to the public API.
//!
//! ```text
//!                      3.12      3.13   3.14   3.15
//! tstate frame         56 → 0    72     72     72     (3.12: through `cframe`)
//! tstate stack chunk   232       232    232    256
//! frame owner          70        70     74     74
//! frame locals         72        72     80     80
//! code extra           184       192    200    200
//! ```

/// `PyThreadState.current_frame`, in 3.12 `PyThreadState.cframe`.
pub(crate) const THREAD_FRAME: usize = if cfg!(Py_3_13) { 72 } else { 56 };
/// Whether the frame hangs off a structure on the C stack.
pub(crate) const FRAME_IS_INDIRECT: bool = !cfg!(Py_3_13);
/// `PyThreadState.datastack_chunk`.
pub(crate) const THREAD_CHUNK: usize = if cfg!(Py_3_15) { 256 } else { 232 };
/// `_PyStackChunk.previous`.
pub(crate) const CHUNK_PREVIOUS: usize = 0;
/// `_PyInterpreterFrame.f_executable` (`f_code` in 3.12).
pub(crate) const FRAME_CODE: usize = 0;
/// `_PyInterpreterFrame.previous`.
pub(crate) const FRAME_PREVIOUS: usize = 8;
/// `_PyInterpreterFrame.f_funcobj`.
pub(crate) const FRAME_FUNCTION: usize = 16;
/// `_PyInterpreterFrame.f_globals`.
pub(crate) const FRAME_GLOBALS: usize = 24;
/// `_PyInterpreterFrame.owner`.
pub(crate) const FRAME_OWNER: usize = if cfg!(Py_3_14) { 74 } else { 70 };
/// `_PyInterpreterFrame.localsplus`.
pub(crate) const FRAME_LOCALS: usize = if cfg!(Py_3_14) { 80 } else { 72 };
/// Owners from here on are entries into the interpreter loop, not Python frames.
pub(crate) const OWNER_NOT_PYTHON: u8 = 3;
/// Stack references carry tags in their low bits from 3.14 on; before, these bits are zero.
pub(crate) const REFERENCE_MASK: usize = !3;
/// `PyCodeObject.co_extra`.
pub(crate) const CODE_EXTRA: usize = if cfg!(Py_3_14) {
    200
} else if cfg!(Py_3_13) {
    192
} else {
    184
};
/// `_PyCodeObjectExtra.ce_size`.
pub(crate) const EXTRA_SIZE: usize = 0;
/// `_PyCodeObjectExtra.ce_extras`.
pub(crate) const EXTRA_SLOTS: usize = 8;
/// `PyCodeObject.co_localspluskinds`.
pub(crate) const CODE_LOCAL_KINDS: usize = 104;
/// Kind bit of a local that lives in a cell.
pub(crate) const LOCAL_IN_CELL: u8 = 0x40;
/// `PyCellObject.ob_ref`.
pub(crate) const CELL_CONTENT: usize = 16;
/// `PyBaseExceptionObject.traceback`.
pub(crate) const EXCEPTION_TRACEBACK: usize = 40;
/// `PyTracebackObject.tb_next`.
pub(crate) const TRACEBACK_NEXT: usize = 16;
/// `_PyAsyncGenWrappedValue.agw_val`.
pub(crate) const WRAPPED_VALUE: usize = 16;
