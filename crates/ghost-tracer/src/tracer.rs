//! The tracer itself: what each event does to the counters.
//!
//! This file is the hot path; what it needs rarely is in the rooms below it.

mod budgeted;
mod call_tree;
mod exceptions;
mod lifecycle;
mod misses;
mod suspension;

use ghost_ledger::{Counter, Ledger};

use crate::call_tree::CallTree;
use crate::clock::TickRate;
use crate::code_state::CodeState;
use crate::edge::Edge;
use crate::function_registry::FunctionRegistry;
use crate::sampling::{OpenSamples, SamplingRule};
use crate::shadow_stack::{Entry, ShadowStacks};
use crate::suspended::SuspendedActivations;
use crate::type_registry::{Texts, TypeRegistry};
use crate::{Activation, CodeAddress, Interpreter, TypeAddress};

/// Turns events into counts. One per process.
#[derive(Debug)]
pub struct Tracer<I> {
    interpreter: I,
    ledger: Ledger,
    texts: Texts,
    types: TypeRegistry,
    functions: FunctionRegistry,
    stacks: ShadowStacks,
    suspended: SuspendedActivations,
    samples: OpenSamples,
    sampling: SamplingRule,
    /// Where one is kept.
    tree: Option<CallTree>,
    rate: TickRate,
    /// Unix time at tick 0, in nanoseconds.
    epoch_unix_ns: u64,
    /// What observing took, where ticks leave it out; the epoch is later by as much.
    own_cost_ns: u64,
}

/// What ended an activation, or a stretch of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Returned(TypeAddress),
    Raised(TypeAddress),
    /// A generator was closed: an ordinary end without a value.
    Closed,
}

impl<I: Interpreter> Tracer<I> {
    /// A frame of `code` begins its activation. `now` is read last, so that our own work counts
    /// for the caller as little as possible. `TREE` where the call tree is kept.
    #[expect(clippy::inline_always, reason = "one caller each; saves the registers' round trip")]
    #[inline(always)]
    pub fn start<const TREE: bool>(
        &mut self,
        code: &'static CodeState,
        frame: &impl Activation,
        now: impl FnOnce() -> u64,
    ) {
        self.follow(frame);
        let edge = match code.signatures.count_usual(frame, 1) {
            Some(edge) => edge,
            None => self.count_start_slowly(code, frame, 1),
        };
        let node = if TREE { self.begin_on_node(code, edge, self.running_node()) } else { None };
        let top = self.push(code, frame, edge);
        if TREE {
            top.node = node;
        }
        let start_ticks = now();
        top.start_ticks = start_ticks;
        if start_ticks >= code.sample_after_ticks.get() {
            self.begin_sample(code, frame, start_ticks);
        }
    }

    /// A frame of `code` returns a value of type `value`. `now` was read before anything else. `TREE` as
    /// in [`Self::start`].
    #[expect(clippy::inline_always, reason = "one caller each; saves the registers' round trip")]
    #[inline(always)]
    pub fn finish<const TREE: bool>(
        &mut self,
        code: CodeAddress,
        frame: &impl Activation,
        value: TypeAddress,
        now: u64,
    ) {
        // No look at the stack: frames that live are where they are, on whichever stack.
        let top = self.stacks.running.entries.last();
        let expected = |top: &&Entry| {
            top.frame == frame.frame() && top.code.code() == code && !top.ends_slowly
        };
        let Some(top) = top.filter(expected) else {
            return self.finish_slowly(code, frame, value, now);
        };
        let (code, edge) = (top.code, top.edge);
        let ticks = now.saturating_sub(top.start_ticks);
        let own_ticks = ticks.saturating_sub(top.children_ticks);
        let (outermost, node) = (top.outermost, top.node);
        self.stacks.running.entries.pop();
        if let Some(parent) = self.stacks.running.entries.last_mut() {
            parent.children_ticks += ticks;
        }
        code.active.set(code.active.get().wrapping_sub(1));
        if !edge.returns.count(value.0, 1) {
            self.miss_return(code, edge, value, 1);
        }
        let latency_ns = self.rate.nanoseconds(ticks);
        let function = code.function.get();
        let own_ns = self.rate.nanoseconds(own_ticks);
        function.slots.add_self(own_ns);
        if let Some(node) = node.filter(|_| TREE) {
            node.add_self(own_ns);
        }
        if outermost {
            function.slots.add_total(latency_ns);
        }
        function.add_latency(&mut self.ledger, latency_ns, 1);
    }

    /// Whether activations are on the running stack. Their thread then has the state it had.
    #[inline]
    pub fn has_activations(&self) -> bool {
        !self.stacks.running.entries.is_empty()
    }

    /// Sees to it that the running shadow stack is that of the frame's thread or greenlet.
    #[inline]
    fn follow(&mut self, frame: &impl Activation) {
        if self.stacks.running.token != frame.stack() {
            self.switch(frame);
        }
    }

    #[cold]
    fn switch(&mut self, frame: &impl Activation) {
        let lost = self.stacks.switch(frame.stack(), frame.stack_root());
        self.stacks.running.drop_stale();
        self.ledger.counter(Counter::EndsMissed).add(lost);
    }

    #[inline]
    fn push(
        &mut self,
        code: &'static CodeState,
        frame: &impl Activation,
        edge: &'static Edge,
    ) -> &mut Entry {
        let top = self.stacks.running.entries.push_mut(Entry {
            code,
            frame: frame.frame(),
            edge,
            start_ticks: 0,
            children_ticks: 0,
            outermost: false,
            ends_slowly: false,
            sampled: false,
            resumed: false,
            node: None,
            filler: 0,
        });
        // What is read of the code after pushing need not be kept while the stack may be growing.
        let active = code.active.get();
        code.active.set(active.wrapping_add(1));
        top.outermost = active == 0;
        top.ends_slowly = code.suspends.get();
        top
    }

    /// Accounts for the stretch of time an entry was on the stack; returns its ticks.
    #[inline]
    fn stop(&mut self, entry: &Entry, now: u64) -> u64 {
        let ticks = now.saturating_sub(entry.start_ticks);
        entry.code.active.set(entry.code.active.get().wrapping_sub(1));
        if let Some(parent) = self.stacks.running.entries.last_mut() {
            parent.children_ticks += ticks * entry.code.sleeper.times_within(parent.code);
        }
        self.account(entry, ticks);
        ticks
    }

    /// Adds a stretch of time to what its function took. Less than nothing may be its own: children
    /// that are sampled count for those that are not, and only their mean is right.
    #[inline]
    fn account(&mut self, entry: &Entry, ticks: u64) {
        let times = entry.code.sleeper.times();
        let slots = entry.code.function.get().slots;
        let children_ns = self.rate.nanoseconds(entry.children_ticks);
        let ticks_ns = self.rate.nanoseconds(ticks);
        let own_ns = ticks_ns.wrapping_sub(children_ns).wrapping_mul(times);
        slots.add_self(own_ns);
        if let Some(node) = entry.node {
            node.add_self(own_ns);
        }
        if entry.outermost {
            slots.add_total(ticks_ns * times);
        }
    }
}
