//! Whether a fork that is over for us still goes on for the program: Python calls the handlers of all others
//! after ours, and only then counts the threads and warns.
//!
//! Told by the frame that forked: while handlers run below it, it stays at the same instruction.

use std::sync::Mutex;
use std::sync::PoisonError;

use pyo3::ffi::{self, PyFrameObject};
use pyo3::prelude::*;

/// Frames between a handler and what forked; more were called since.
const FRAMES_MAX: usize = 32;

/// A frame, by address, and the instruction it is at.
type Place = (usize, i32);

static FORKED: Mutex<Option<Place>> = Mutex::new(None);

/// Notes the frame that forks. Called by a handler of the fork, with the interpreter lock held.
pub(crate) fn note() {
    *lock() = frames().first().copied();
}

/// In a forked child: nobody waits for anything.
pub(crate) fn forget() {
    *lock() = None;
}

/// Whether the thread that runs is in a handler of that fork. Called with the interpreter lock held.
pub(crate) fn is_one() -> bool {
    let Some(forked) = *lock() else { return false };
    frames().iter().skip(1).any(|place| *place == forked)
}

/// The frames of the running thread, the executing one first.
fn frames() -> Vec<Place> {
    let mut places = Vec::new();
    // SAFETY: the callers hold the interpreter lock. The frame that executes is borrowed and alive; each
    // one below it is a reference of our own, given back when the next is there.
    unsafe {
        let py = Python::assume_attached();
        let executing = ffi::PyEval_GetFrame().cast();
        let mut frame = Bound::from_borrowed_ptr_or_opt(py, executing);
        while let Some(found) = frame.filter(|_| places.len() < FRAMES_MAX) {
            let raw: *mut PyFrameObject = found.as_ptr().cast();
            places.push((raw as usize, ffi::PyFrame_GetLasti(raw)));
            frame = Bound::from_owned_ptr_or_opt(py, ffi::PyFrame_GetBack(raw).cast());
        }
    }
    places
}

fn lock() -> std::sync::MutexGuard<'static, Option<Place>> {
    FORKED.lock().unwrap_or_else(PoisonError::into_inner)
}
