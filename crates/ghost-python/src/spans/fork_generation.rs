//! Whether this is still the process that something was made for.
//!
//! Asking for the process id is a system call; a number that a fork handler raises is a load.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use ghost_spans::fork_local::note_fork;

static GENERATION: AtomicU32 = AtomicU32::new(0);
static REGISTER: Once = Once::new();

/// Counts the forks that led to this process, from the first call of [`watch`] on.
#[inline]
pub(crate) fn current() -> u32 {
    GENERATION.load(Relaxed)
}

/// Begins to count. Cheap after the first time.
pub(crate) fn watch() {
    REGISTER.call_once(|| {
        // SAFETY: the handler only adds to a word; the extension is never unloaded.
        unsafe { libc::pthread_atfork(None, None, Some(count)) };
    });
}

extern "C" fn count() {
    GENERATION.fetch_add(1, Relaxed);
    note_fork();
}
