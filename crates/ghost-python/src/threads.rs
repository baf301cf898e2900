//! The state of the running thread, without a call into the interpreter where that is sure.
//!
//! The interpreter keeps it in thread-local storage, which from a shared library costs some fifty
//! instructions. We remember the last answer together with the thread it was for, and believe it
//! only while that thread has activations on the shadow stack: it cannot have ended then, nor can a
//! foreign thread have given its state back.

use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};

/// The thread that was asked about last; 0 for none.
static THREAD: AtomicUsize = AtomicUsize::new(0);
/// Its state.
static THREAD_STATE: AtomicPtr<u8> = AtomicPtr::new(null_mut());

unsafe extern "C" {
    #[cfg(Py_3_13)]
    #[link_name = "PyThreadState_GetUnchecked"]
    fn current_thread_state() -> *mut u8;
    #[cfg(not(Py_3_13))]
    #[link_name = "_PyThreadState_UncheckedGet"]
    fn current_thread_state() -> *mut u8;
}

/// The running thread's state. `same` where the thread asked about last may still be believed.
///
/// # Safety
/// The interpreter lock is held.
#[inline]
pub(crate) unsafe fn running(same: bool) -> *const u8 {
    if same && thread_pointer() == THREAD.load(Relaxed) {
        return THREAD_STATE.load(Relaxed);
    }
    // SAFETY: passed on from the caller.
    unsafe { look_up() }
}

/// The running thread's state, as the interpreter knows it.
///
/// # Safety
/// The interpreter lock is held.
pub(crate) unsafe fn look_up() -> *const u8 {
    // SAFETY: the lock is held, so there is a current thread.
    let state = unsafe { current_thread_state() };
    FORGET_AT_EXIT.with(|_| ());
    THREAD_STATE.store(state, Relaxed);
    THREAD.store(thread_pointer(), Relaxed);
    state
}

/// Forgets a thread that ends: its successor may get the same address.
struct Forget;

impl Drop for Forget {
    fn drop(&mut self) {
        let _ = THREAD.compare_exchange(thread_pointer(), 0, Relaxed, Relaxed);
    }
}

thread_local! {
    static FORGET_AT_EXIT: Forget = const { Forget };
}

/// Something that is different for every running thread, and cheap.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
#[inline]
fn thread_pointer() -> usize {
    let pointer: usize;
    // SAFETY: on x86-64 Linux `fs` holds the thread control block, whose first word is its own address.
    unsafe {
        std::arch::asm!("mov {}, fs:0", out(reg) pointer, options(nostack, preserves_flags, readonly));
    }
    pointer
}

/// Elsewhere the interpreter is always asked.
#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
fn thread_pointer() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    NEXT.fetch_add(1, Relaxed)
}
