//! Threads of ours: they touch no Python object, never wait for the interpreter lock, and take no signal
//! that is meant for the program.
//!
//! What they do is up to who starts them.

use std::ptr::null_mut;
use std::thread::{Builder, JoinHandle};

/// What profilers and debuggers show.
const NAME: &str = "ghostglass";

/// Starts a thread with all signals blocked; `None` where the system has none to give.
pub(crate) fn spawn(
    stack_bytes: usize,
    work: impl FnOnce() + Send + 'static,
) -> Option<JoinHandle<()>> {
    let signals = block_signals();
    let thread = Builder::new().name(NAME.into()).stack_size(stack_bytes).spawn(work).ok();
    restore_signals(&signals);
    thread
}

/// Works with all signals blocked: those that come wait, as long as no other thread takes them.
pub(crate) fn without_signals<R>(work: impl FnOnce() -> R) -> R {
    let signals = block_signals();
    let result = work();
    restore_signals(&signals);
    result
}

/// What the kernel calls the running thread.
pub(crate) fn id() -> i32 {
    // SAFETY: a system call without arguments, which cannot fail.
    unsafe { libc::gettid() }
}

/// Signals are for the program's own threads. The new thread inherits our mask.
fn block_signals() -> libc::sigset_t {
    // SAFETY: plain memory that the calls fill; they fail only for wrong arguments.
    unsafe {
        let (mut all, mut before) = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        before
    }
}

fn restore_signals(before: &libc::sigset_t) {
    // SAFETY: the mask that was read above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, null_mut()) };
}
