//! What this process owes to a `ghost attach`: to stop being observed when that ends.
//!
//! As long as `ghost attach` lives it holds a lock on a file of the run folder; the kernel takes it away
//! from one that is killed. A thread of ours looks a few times a second whether the lock is still
//! held; then it asks the interpreter for a turn, as [`crate::timer`] does. Where no thread of the
//! program executes Python code, nobody makes that turn: then, and only then, the thread takes the
//! interpreter lock itself (`docs/adr/0015`). Does not know what there is to end: it is told.

use std::ffi::{c_int, c_void};
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::fork_in_progress;
use crate::native_thread;
use crate::pending_call::ask_any_thread;
use crate::spans::fork_generation;

/// Between two looks at the lock: some microseconds each.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// How long a thread of the program has to make the turn. Whoever executes Python code makes it within
/// a few milliseconds.
const TURN_WAIT_MAX: Duration = Duration::from_millis(200);
/// How long a thread that has ended may be counted.
const FORGET_WAIT_MAX: Duration = Duration::from_millis(50);
/// The end of observing is a few Python calls deep.
const STACK_BYTES: usize = 1 << 20;

/// The attachment of this process, while there is one. Locked with the interpreter lock held and never
/// across a call into Python, so no fork finds it taken.
static ATTACHMENT: Mutex<Option<Attachment>> = Mutex::new(None);

struct Attachment {
    hold: PathBuf,
    /// Ends observing.
    end: Py<PyAny>,
    shared: Arc<Shared>,
    thread: Option<Watching>,
    /// The process that `thread` belongs to.
    generation: u32,
}

/// What the thread and the program's threads share.
#[derive(Default)]
struct Shared {
    is_over: Mutex<bool>,
    changed: Condvar,
}

impl Shared {
    fn finish(&self) {
        *self.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Waits for the end, or this long; tells whether it came.
    fn is_over_within(&self, time: Duration) -> bool {
        let is_over = self.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(is_over, time, |is_over| !*is_over);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Call `end()` once, when nobody holds the lock on the file `hold` any more.
#[pyfunction]
#[pyo3(signature = (hold, end, /))]
pub(crate) fn watch_hold(py: Python<'_>, hold: PathBuf, end: Py<PyAny>) -> PyResult<()> {
    static WATCHES_FORKS: AtomicBool = AtomicBool::new(false);
    fork_generation::watch();
    let mut attachment = Attachment {
        hold,
        end,
        shared: Arc::default(),
        thread: None,
        generation: fork_generation::current(),
    };
    attachment.start();
    *lock() = Some(attachment);
    if WATCHES_FORKS.swap(true, Relaxed) { Ok(()) } else { watch_forks(py) }
}

/// The run folder that a process which stands by was told to record into.
static ORDER: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Has the program begin to observe into a run folder at its next instruction; called by the thread that
/// listens. False where the interpreter takes no calls at present.
pub(crate) fn order(run_dir: &Path) -> bool {
    *ORDER.lock().unwrap_or_else(PoisonError::into_inner) = Some(run_dir.to_owned());
    ask_any_thread(on_order)
}

extern "C" fn on_order(_: *mut c_void) -> c_int {
    let order = ORDER.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(run_dir) = order {
        // What it raises is nothing the program could do anything about.
        let _ = Python::attach(|py| {
            py.import("ghostglass._attach")?.getattr("attach_to")?.call1((run_dir,)).map(drop)
        });
    }
    0
}

/// Python warns of a fork with several threads: ours ends before, and begins again after it.
fn watch_forks(py: Python<'_>) -> PyResult<()> {
    let native = py.import("ghostglass._native")?;
    let hooks = PyDict::new(py);
    hooks.set_item("before", native.getattr("pause_watching")?)?;
    hooks.set_item("after_in_parent", native.getattr("resume_watching")?)?;
    hooks.set_item("after_in_child", native.getattr("continue_in_child")?)?;
    py.import("os")?.getattr("register_at_fork")?.call((), Some(&hooks))?;
    Ok(())
}

/// Before a fork: end the thread that watches.
#[pyfunction]
pub(crate) fn pause_watching(py: Python<'_>) {
    let Some(thread) = lock().as_mut().and_then(Attachment::pause) else { return };
    // The thread may be waiting for the interpreter lock.
    py.detach(|| thread.join());
}

/// In the parent of a fork: watch again, when the fork has told of the threads it saw.
#[pyfunction]
pub(crate) fn resume_watching() {
    fork_in_progress::note();
    if lock().is_some() && !ask_any_thread(resume_turn) {
        resume();
    }
}

extern "C" fn resume_turn(_: *mut c_void) -> c_int {
    if !fork_in_progress::is_one() || !ask_any_thread(resume_turn) {
        resume();
    }
    0
}

fn resume() {
    if let Some(attachment) = lock().as_mut().filter(|attachment| attachment.thread.is_none()) {
        attachment.shared = Arc::default();
        attachment.start();
    }
}

/// In a forked child: its own thread.
pub(crate) fn begin_child() {
    let mut attachment = lock();
    let Some(attachment) = attachment.as_mut() else { return };
    let generation = fork_generation::current();
    if attachment.generation == generation {
        return;
    }
    attachment.generation = generation;
    // Its thread is not here, and may have held what they shared.
    std::mem::forget(std::mem::take(&mut attachment.shared));
    std::mem::forget(attachment.thread.take());
    attachment.start();
}

/// Watches no longer, and waits until the thread has ended. Before the interpreter ends.
pub(crate) fn stop(py: Python<'_>) {
    let Some(attachment) = take() else { return };
    // The thread may be waiting for the interpreter lock.
    py.detach(|| attachment.thread.map(Watching::join));
}

/// Watches no longer; the thread ends by itself, and may be the one that calls.
pub(crate) fn forget() {
    drop(take());
}

/// Takes the attachment out, and tells its thread.
fn take() -> Option<Attachment> {
    let attachment = lock().take()?;
    if attachment.generation == fork_generation::current() {
        attachment.shared.finish();
        return Some(attachment);
    }
    // In a child that began nothing of its own.
    std::mem::forget(attachment);
    None
}

fn lock() -> MutexGuard<'static, Option<Attachment>> {
    ATTACHMENT.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Attachment {
    fn start(&mut self) {
        let (hold, shared) = (self.hold.clone(), Arc::clone(&self.shared));
        let id = Arc::<AtomicI32>::default();
        let own_id = Arc::clone(&id);
        let thread = native_thread::spawn(STACK_BYTES, move || {
            own_id.store(native_thread::id(), Relaxed);
            watch(&hold, &shared);
        });
        self.thread = thread.map(|thread| Watching { thread, id });
    }

    /// Tells the thread to end, and hands it over.
    fn pause(&mut self) -> Option<Watching> {
        self.shared.finish();
        self.thread.take()
    }
}

/// A thread that watches.
struct Watching {
    thread: JoinHandle<()>,
    /// What the kernel calls it; 0 before it runs.
    id: Arc<AtomicI32>,
}

impl Watching {
    /// Waits until it has ended and the kernel no longer counts it, which is a moment later.
    fn join(self) {
        // It cannot panic, and holds nothing.
        let _ = self.thread.join();
        let path = format!("/proc/self/task/{}", self.id.load(Relaxed));
        let until = Instant::now() + FORGET_WAIT_MAX;
        while Path::new(&path).exists() && Instant::now() < until {
            std::thread::yield_now();
        }
    }
}

fn watch(hold: &Path, shared: &Shared) {
    while is_held(hold) {
        if shared.is_over_within(LOOK_INTERVAL) {
            return;
        }
    }
    if ask_any_thread(on_release) && shared.is_over_within(TURN_WAIT_MAX) {
        return;
    }
    Python::attach(end);
}

/// Tell whether somebody holds the lock on a file.
#[pyfunction]
#[pyo3(name = "is_held", signature = (hold, /))]
#[expect(clippy::needless_pass_by_value, reason = "as Python gives it")]
pub(crate) fn is_hold_held(hold: PathBuf) -> bool {
    is_held(&hold)
}

/// Whether somebody holds the lock. What cannot be told now (no descriptor left) is asked again.
fn is_held(hold: &Path) -> bool {
    match File::open(hold) {
        Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

/// The pending call that the thread asks for.
extern "C" fn on_release(_: *mut c_void) -> c_int {
    Python::attach(end);
    // Anything else would raise in the program.
    0
}

/// Ends observing, whoever is first to.
fn end(py: Python<'_>) {
    let Some(Attachment { end, .. }) = take() else { return };
    // What it raises is nothing the program could do anything about.
    let _ = end.call0(py);
}
