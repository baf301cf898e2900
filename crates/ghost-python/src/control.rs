//! Control of this process from outside: the socket of an observed process, and the probes that come
//! through it.
//!
//! # Way of a request
//! [`listener`] (a thread of ours) → [`answers`] (policy, audit) → [`registry`] and [`mailbox`] →
//! [`applying`] (a thread of the program, at its next instruction) → `ghostglass.probes.outside`. Hits go the
//! other way: a probe's instrument → [`outside_probe`] → [`hit_ring`] → who asks.
//!
//! # Forks
//! Python warns of a fork with several threads, so ours ends before and begins again after it; a child opens
//! a socket of its own, with the probes it inherited.

mod answers;
mod applying;
mod hit_ring;
mod listener;
mod mailbox;
mod outside_probe;
pub(crate) mod outside_probe_class;
mod registry;
mod window;

use std::ffi::{c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use ghost_control::{Audit, Endpoint, Policy, SpecFile};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::{fork_in_progress, identity, pending_call, python_calls};
use answers::Rules;
use listener::Listener;
use mailbox::Action;

/// The folder of the data folder in which processes listen that are not observed yet.
const STANDBY: &str = "standby";

/// Where this process listens.
#[derive(Debug)]
struct Place {
    folder: PathBuf,
    data_dir: PathBuf,
    listener: Option<Listener>,
}

/// The sockets of this process. Only used with the interpreter lock held, and never across a call into
/// Python or while a thread is waited for.
static PLACES: Mutex<Vec<Place>> = Mutex::new(Vec::new());

/// Adds what Python may call.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<outside_probe_class::OutsideProbe>()?;
    module.add_function(wrap_pyfunction!(listen, module)?)?;
    module.add_function(wrap_pyfunction!(pause_listening, module)?)?;
    module.add_function(wrap_pyfunction!(resume_listening, module)?)?;
    module.add_function(wrap_pyfunction!(listen_in_child, module)?)?;
    Ok(())
}

/// Listens in the folder of a run, which lies in `runs` of the data folder, and takes up its probes.
pub(crate) fn begin(py: Python<'_>, run_dir: &Path) {
    let Some(data_dir) = run_dir.ancestors().nth(2) else { return };
    // Without a socket the program runs, and is observed, all the same.
    let _ = listen(py, run_dir.to_owned(), data_dir.to_owned());
}

/// Listens no more: the interpreter ends, or observing does.
pub(crate) fn end(py: Python<'_>) {
    mailbox::end();
    for place in std::mem::take(&mut *places()) {
        let listener = place.listener;
        py.detach(|| {
            if let Some(mut listener) = listener {
                listener.pause();
            }
        });
    }
}

/// Observing ends and the process goes on: so do probes from outside, and the socket in the run folder.
/// One by which the process stands by stays.
pub(crate) fn leave(py: Python<'_>) {
    for probe in registry::all() {
        if registry::remove(&probe.spec.id).is_some() {
            // Without room for it the probe's own end switches it off.
            let _ = mailbox::put(Action::Remove, &probe);
        }
    }
    mailbox::apply_here();
    let left: Vec<Place> = places().extract_if(.., |place| place.is_of_a_run()).collect();
    py.detach(|| {
        for mut listener in left.into_iter().filter_map(|place| place.listener) {
            listener.pause();
        }
    });
}

impl Place {
    /// Whether the folder is that of a run, rather than the one where processes stand by.
    fn is_of_a_run(&self) -> bool {
        self.folder.file_name().is_none_or(|name| name != STANDBY)
    }
}

/// Open a control socket in a private folder, with the policy of the `run.conf` there, if there is one;
/// changes are noted in the audit of `data_dir`. Tell whether there is a socket.
#[pyfunction]
#[pyo3(signature = (folder, data_dir, /))]
fn listen(py: Python<'_>, folder: PathBuf, data_dir: PathBuf) -> PyResult<bool> {
    static WATCHES_FORKS: AtomicBool = AtomicBool::new(false);
    let listener = open(&folder, &data_dir);
    let is_listening = listener.is_some();
    if is_listening {
        places().push(Place { folder, data_dir, listener });
        if !WATCHES_FORKS.swap(true, Relaxed) {
            watch_forks(py)?;
            python_calls::watch_end(py)?;
        }
        mailbox::apply_here();
    }
    Ok(is_listening)
}

/// Before a fork: end the threads that listen.
#[pyfunction]
fn pause_listening(py: Python<'_>) {
    let mut taken: Vec<_> = places().iter_mut().map(|place| place.listener.take()).collect();
    py.detach(|| taken.iter_mut().flatten().for_each(Listener::pause));
    for (place, listener) in places().iter_mut().zip(taken) {
        place.listener = listener;
    }
}

/// In the parent of a fork: listen again, when the fork has told of the threads it saw.
#[pyfunction]
fn resume_listening() {
    fork_in_progress::note();
    if !places().is_empty() && !pending_call::ask_any_thread(resume_turn) {
        resume();
    }
}

/// In a forked child: open sockets of its own, for the probes it inherited.
#[pyfunction]
fn listen_in_child() {
    python_calls::begin_child();
    fork_in_progress::forget();
    mailbox::begin_child();
    hit_ring::begin_child();
    for probe in registry::all() {
        probe.begin_child();
    }
    for place in &mut *places() {
        // Its thread is the parent's, and so is its file; the descriptor here is closed.
        drop(place.listener.take());
        place.listener = open(&place.folder, &place.data_dir);
    }
}

extern "C" fn resume_turn(_: *mut c_void) -> c_int {
    // Handlers of others, in Python, run before Python counts the threads: not yet, then.
    if !fork_in_progress::is_one() || !pending_call::ask_any_thread(resume_turn) {
        resume();
    }
    0
}

fn resume() {
    for listener in places().iter_mut().filter_map(|place| place.listener.as_mut()) {
        listener.resume();
    }
}

/// `None` where the policy forbids probes, or the folder takes no socket.
fn open(folder: &Path, data_dir: &Path) -> Option<Listener> {
    let conf = std::fs::read_to_string(folder.join("run.conf")).unwrap_or_default();
    let rules = Rules { policy: Policy::parse(&conf), audit: Audit::new(data_dir) };
    if !rules.policy.is_enabled {
        return None;
    }
    let endpoint = Endpoint::open(folder, &identity::name()).ok()?;
    let listener = Listener::start(endpoint, rules);
    // Only a run that somebody has asked something of has such a file.
    let known = SpecFile::new(folder).read().unwrap_or_default();
    known.into_iter().filter(|spec| spec.expires_unix_ns > now_unix_ns()).for_each(|spec| {
        listener.pick_up(spec);
    });
    Some(listener)
}

fn watch_forks(py: Python<'_>) -> PyResult<()> {
    let native = py.import("ghostglass._native")?;
    let hooks = PyDict::new(py);
    hooks.set_item("before", native.getattr("pause_listening")?)?;
    hooks.set_item("after_in_parent", native.getattr("resume_listening")?)?;
    hooks.set_item("after_in_child", native.getattr("listen_in_child")?)?;
    py.import("os")?.getattr("register_at_fork")?.call((), Some(&hooks))?;
    Ok(())
}

fn now_unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn places() -> MutexGuard<'static, Vec<Place>> {
    PLACES.lock().unwrap_or_else(PoisonError::into_inner)
}
