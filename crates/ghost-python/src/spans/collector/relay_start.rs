//! Starts the relay: the `ghost` binary, detached from the program, unless one runs for the folder already.
//!
//! What it is to do, which may hold credentials, goes through its standard input, never into arguments
//! or files. A shell in between ends at once, so that the relay is no child of the program, whose own
//! waiting for children must not see it.

use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ghost_spans::fork_local::ForkLocal;

use crate::native_thread;

/// The relay holds it while it lives.
const LOCK: &str = "relay.lock";
/// Where a shell is on every system we run on.
const SHELL: &str = "/bin/sh";
/// `$0` is the binary, `$1` the folder. What runs in the background has no standard input of its own, so
/// that is kept as descriptor 3.
const SCRIPT: &str = "exec 3<&0; \"$0\" relay \"$1\" <&3 3<&- &";
/// Starting a process needs little.
const STACK_BYTES: usize = 256 * 1024;
/// Between two looks at whether it is started.
const POLL: Duration = Duration::from_millis(2);

/// Where the relay is, what it is to do, and for which folder.
#[derive(Debug)]
pub(super) struct RelayStart {
    place: Option<Place>,
    thread: ForkLocal<Mutex<Option<JoinHandle<()>>>>,
}

#[derive(Clone)]
struct Place {
    binary: PathBuf,
    folder: PathBuf,
    /// Not to be shown: it may hold credentials.
    configuration: String,
    is_loud: bool,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl RelayStart {
    /// `place` is binary, folder and configuration; `None` where there is no binary or no folder.
    pub(super) fn new(place: Option<(PathBuf, PathBuf, String)>, is_loud: bool) -> Arc<Self> {
        let place = place.map(|(binary, folder, configuration)| Place {
            binary,
            folder,
            configuration,
            is_loud,
        });
        Arc::new(Self { place, thread: ForkLocal::new(Mutex::default()) })
    }

    /// Where rings go.
    pub(super) fn folder(&self) -> Option<&PathBuf> {
        self.place.as_ref().map(|place| &place.folder)
    }

    /// Starts the relay on a thread of its own; does not wait for it.
    pub(super) fn begin(&self) {
        let Some(place) = self.place.clone() else { return };
        let mut thread = self.thread();
        let is_busy = thread.as_ref().is_some_and(|thread| !thread.is_finished());
        if !is_busy {
            *thread = native_thread::spawn(STACK_BYTES, move || place.start());
        }
    }

    /// Waits until it is started, if it is being started.
    pub(super) fn wait(&self, deadline: Instant) {
        while self.thread().as_ref().is_some_and(|thread| !thread.is_finished()) {
            if Instant::now() >= deadline {
                return;
            }
            std::thread::sleep(POLL);
        }
    }

    /// The thread that starts it, in this process.
    fn thread(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.thread.get(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn start(&self) {
        if self.is_relayed() {
            return;
        }
        let mut command = Command::new(SHELL);
        command.arg("-c").arg(SCRIPT).arg(&self.binary).arg(&self.folder);
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null());
        if !self.is_loud {
            command.stderr(Stdio::null());
        }
        detach(&mut command);
        // Failing is seen in the counts: nobody reads the ring.
        let Ok(mut shell) = command.spawn() else { return };
        if let Some(mut stdin) = shell.stdin.take() {
            let _ = stdin.write_all(self.configuration.as_bytes());
        }
        let _ = shell.wait();
    }

    /// Whether somebody holds the lock.
    fn is_relayed(&self) -> bool {
        let Ok(lock) = File::open(self.folder.join(LOCK)) else { return false };
        matches!(lock.try_lock(), Err(TryLockError::WouldBlock))
    }
}

/// The relay gets a session of its own, so that no terminal's signal reaches it, and none of the
/// program's descriptors: a server's socket would stay open after the server.
fn detach(command: &mut Command) {
    let detach = || {
        // SAFETY: between fork and exec; both calls are plain system calls that touch no memory of
        // ours. Where the second is not known, what is not marked is inherited, as by any child.
        unsafe {
            libc::setsid();
            let (first, last) = (3 as libc::c_uint, libc::c_uint::MAX);
            libc::syscall(libc::SYS_close_range, first, last, libc::CLOSE_RANGE_CLOEXEC);
        }
        io::Result::Ok(())
    };
    // SAFETY: the closure allocates nothing and takes no lock.
    unsafe { command.pre_exec(detach) };
}
