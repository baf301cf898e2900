//! Which code objects have hooks, and the activations that have begun. Calls nothing.
//!
//! The lock is only taken under the interpreter lock and never held across a call into Python; what is
//! taken out is dropped by the caller, after it, because dropping may run code of the program.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use rustc_hash::FxHashMap;

use super::hook::ProbeHook;

/// The hooks of one code object.
pub(super) type Hooks = Arc<[Py<ProbeHook>]>;

/// Activations that may be remembered at once. Reached only where suspended generators are counted in
/// tens of thousands, or where the interpreter does not tell of their end.
const ACTIVATIONS_MAX: usize = 65_536;

/// Activations without a hook's end because of [`ACTIVATIONS_MAX`].
static REFUSED: AtomicU64 = AtomicU64::new(0);

static POINTS: LazyLock<Mutex<Points>> = LazyLock::new(Mutex::default);

/// A frame and the hook it was begun for, by address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) frame: usize,
    pub(super) hook: usize,
}

/// What is known of an activation.
pub(super) struct Begun {
    pub(super) token: Option<Py<PyAny>>,
    pub(super) started_ns: u64,
}

/// A code object that has hooks.
struct Point {
    /// Keeps the address ours.
    code: Py<PyAny>,
    hooks: Hooks,
    wants_starts: bool,
}

#[derive(Default)]
struct Points {
    by_code: FxHashMap<usize, Point>,
    begun: FxHashMap<Key, Begun>,
}

fn points() -> MutexGuard<'static, Points> {
    POINTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was taken out, to be dropped without the lock.
pub(super) struct Removed {
    _point: Option<Point>,
    _begun: Vec<Begun>,
}

/// Gives a code object its hooks; none takes it out.
pub(super) fn set(code: Py<PyAny>, hooks: &Hooks) -> Removed {
    let address = code.as_ptr() as usize;
    let wants_starts = hooks.iter().any(|hook| hook.get().wants_starts());
    let mut points = points();
    let point = if hooks.is_empty() {
        points.by_code.remove(&address)
    } else {
        points.by_code.insert(address, Point { code, hooks: hooks.clone(), wants_starts })
    };
    let stay = |hook: usize| hooks.iter().any(|kept| kept.as_ptr() as usize == hook);
    let gone = |hook: usize| {
        let old = point.as_ref().map(|point| &point.hooks);
        old.is_some_and(|old| old.iter().any(|old| old.as_ptr() as usize == hook)) && !stay(hook)
    };
    let begun = points.begun.extract_if(|key, _| gone(key.hook)).map(|(_, begun)| begun).collect();
    drop(points);
    Removed { _point: point, _begun: begun }
}

/// The hooks of a code object.
pub(super) fn hooks_of(code: usize) -> Option<Hooks> {
    points().by_code.get(&code).map(|point| point.hooks.clone())
}

/// All code objects that have hooks.
pub(super) fn all(py: Python<'_>) -> Vec<(Py<PyAny>, Hooks)> {
    let point = |point: &Point| (point.code.clone_ref(py), point.hooks.clone());
    points().by_code.values().map(point).collect()
}

/// Whether a code object has a hook that wants starts.
pub(super) fn wants_starts(code: usize) -> bool {
    points().by_code.get(&code).is_some_and(|point| point.wants_starts)
}

/// How many code objects have hooks.
pub(super) fn count() -> usize {
    points().by_code.len()
}

/// Activations begun, and refused so far.
pub(super) fn activations() -> (usize, u64) {
    (points().begun.len(), REFUSED.load(Relaxed))
}

/// Remembers an activation of `code`; gives what had its place: one whose end nobody told, or itself
/// where there is no room, or where its hook went away while it was called.
pub(super) fn begin(code: usize, key: Key, begun: Begun) -> Option<Begun> {
    let mut points = points();
    let is_there =
        |point: &Point| point.hooks.iter().any(|hook| hook.as_ptr() as usize == key.hook);
    if !points.by_code.get(&code).is_some_and(is_there) {
        return Some(begun);
    }
    if points.begun.len() >= ACTIVATIONS_MAX && !points.begun.contains_key(&key) {
        drop(points);
        REFUSED.fetch_add(1, Relaxed);
        return Some(begun);
    }
    points.begun.insert(key, begun)
}

/// Takes out an activation that ends.
pub(super) fn end(key: Key) -> Option<Begun> {
    points().begun.remove(&key)
}
