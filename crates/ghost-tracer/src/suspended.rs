//! Generators and coroutines that are suspended: what must be known when they go on.
//!
//! Keyed by frame: it stays where it is inside the generator object. A generator that dies without
//! an event (`CPython` 3.13.0) leaves its record behind until another begins at the same address.

use rustc_hash::FxHashMap;

use crate::FrameAddress;
use crate::code_state::CodeState;
use crate::edge::Edge;
use crate::limits::SUSPENDED_MAX;

/// One activation that is not on the stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Suspended {
    pub(crate) code: &'static CodeState,
    /// Who first started it.
    pub(crate) edge: &'static Edge,
    /// When it was first started.
    pub(crate) start_ticks: u64,
    /// Whether its end is to be written down as an example.
    pub(crate) sampled: bool,
}

/// All suspended activations of the process: a generator may be resumed by another thread.
#[derive(Debug, Default)]
pub(crate) struct SuspendedActivations(FxHashMap<FrameAddress, Suspended>);

impl SuspendedActivations {
    /// Notes the first suspension; later ones find the record still there. False where too many
    /// are suspended.
    pub(crate) fn insert(&mut self, frame: FrameAddress, suspended: Suspended) -> bool {
        if self.0.len() >= SUSPENDED_MAX && !self.0.contains_key(&frame) {
            return false;
        }
        self.0.insert(frame, suspended);
        true
    }

    /// The record of a frame, if it is that of this code.
    pub(crate) fn get(&self, frame: FrameAddress, code: &CodeState) -> Option<&Suspended> {
        self.0.get(&frame).filter(|suspended| std::ptr::eq(suspended.code, code))
    }

    /// Takes the record of an ended activation out.
    pub(crate) fn remove(&mut self, frame: FrameAddress) -> Option<Suspended> {
        self.0.remove(&frame)
    }

    /// Forgets all, as in a forked child.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
