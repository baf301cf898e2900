//! The activations that are on the stack now, one stack per thread or greenlet.
//!
//! Events are not balanced (generators die silently, hooks come and go), so an entry is only
//! believed where its frame is the one an event speaks of.

use ghost_ledger::NodeSlots;
use rustc_hash::FxHashMap;

use crate::code_state::CodeState;
use crate::edge::Edge;
use crate::exception_flight::Flights;
use crate::limits::PARKED_MAX;
use crate::{FrameAddress, StackToken};

/// One activation on the stack. One cache line, so that its place is a shift and not a product.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Entry {
    pub(crate) code: &'static CodeState,
    pub(crate) frame: FrameAddress,
    /// Who began it.
    pub(crate) edge: &'static Edge,
    pub(crate) start_ticks: u64,
    /// Ticks spent in entries above, as they ended.
    pub(crate) children_ticks: u64,
    /// Where in the call tree it is, if one is kept.
    pub(crate) node: Option<&'static NodeSlots>,
    /// Whether no other activation of the function is below.
    pub(crate) outermost: bool,
    /// Whether more than usual is to be done at its end: it can be suspended, or it is sampled.
    pub(crate) ends_slowly: bool,
    /// Whether its end is to be written down as an example.
    pub(crate) sampled: bool,
    /// Whether it was suspended before, and is on record as such.
    pub(crate) resumed: bool,
    /// Nothing: sixteen bytes of zeros are one store, twelve are two.
    pub(crate) filler: u32,
}

/// The entries of one thread or greenlet.
#[derive(Debug, Default)]
pub(crate) struct ShadowStack {
    pub(crate) token: StackToken,
    root: StackToken,
    pub(crate) entries: Vec<Entry>,
    pub(crate) flights: Flights,
}

impl ShadowStack {
    /// Takes the top entry off if it is that of `frame`.
    #[inline]
    pub(crate) fn pop(&mut self, frame: FrameAddress) -> Option<Entry> {
        match self.entries.last() {
            Some(top) if top.frame == frame => self.entries.pop(),
            _ => None,
        }
    }

    /// Where the entry of `frame` is, however deep.
    pub(crate) fn position(&self, frame: FrameAddress) -> Option<usize> {
        self.entries.iter().rposition(|entry| entry.frame == frame)
    }

    /// Drops entries of functions that went to sleep while this stack waited.
    pub(crate) fn drop_stale(&mut self) {
        self.entries.retain(|entry| {
            let stale = entry.code.sleeper.is_stale(entry.start_ticks)
                || entry.code.sleeper.weight.get() == 0;
            if stale {
                entry.code.active.set(entry.code.active.get().saturating_sub(1));
            }
            !stale
        });
    }

    /// Drops entries above `length` whose ends were missed; says how many.
    pub(crate) fn truncate(&mut self, length: usize) -> u64 {
        // Those of sleepers were not meant to be followed to their ends.
        let above = self.entries.iter().skip(length);
        let lost = above.filter(|entry| !entry.code.sleeper.sleeps.get()).count();
        for entry in self.entries.drain(length.min(self.entries.len())..) {
            entry.code.active.set(entry.code.active.get().saturating_sub(1));
        }
        lost as u64
    }
}

/// The running stack and those of threads and greenlets that wait.
#[derive(Debug, Default)]
pub(crate) struct ShadowStacks {
    pub(crate) running: ShadowStack,
    parked: FxHashMap<StackToken, ShadowStack>,
}

impl ShadowStacks {
    /// Makes the stack with this root the running one. Returns how many entries were lost because
    /// too many stacks wait.
    pub(crate) fn switch(&mut self, token: StackToken, root: StackToken) -> u64 {
        if self.running.root == root {
            // The same stack, grown into another piece of memory or shrunk out of it.
            self.running.token = token;
            return 0;
        }
        let mut next = self.parked.remove(&root).unwrap_or_default();
        (next.token, next.root) = (token, root);
        let previous = std::mem::replace(&mut self.running, next);
        mark_active(&previous, u32::wrapping_sub);
        mark_active(&self.running, u32::wrapping_add);
        if previous.entries.is_empty() {
            return 0;
        }
        if self.parked.len() >= PARKED_MAX {
            return previous.entries.len() as u64;
        }
        self.parked.insert(previous.root, previous);
        0
    }

    /// Forgets every stack, as in a forked child.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// "Outermost" is a question about one stack: activations that wait elsewhere do not count.
fn mark_active(stack: &ShadowStack, change: fn(u32, u32) -> u32) {
    for entry in &stack.entries {
        entry.code.active.set(change(entry.code.active.get(), 1));
    }
}
