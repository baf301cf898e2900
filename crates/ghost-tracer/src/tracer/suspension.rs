//! Generators and coroutines: activations that leave the stack and come back.
//!
//! Their latency is wall-clock time from first start to end; time on the stack is kept beside it.

use ghost_ledger::Counter;

use super::{End, Tracer};
use crate::code_state::CodeState;
use crate::shadow_stack::Entry;
use crate::suspended::Suspended;
use crate::{Activation, Interpreter, TypeAddress};

impl<I: Interpreter> Tracer<I> {
    /// A frame yields. `value` is the type of what it hands out, `None` where that is only
    /// plumbing (an awaiting coroutine).
    pub fn suspend(
        &mut self,
        code: &'static CodeState,
        frame: &impl Activation,
        value: Option<TypeAddress>,
        now: u64,
    ) {
        let Some(entry) = self.take_entry(frame) else { return };
        if let Some(value) = value
            && !code.yields.count(value.0, 1)
        {
            self.miss_yield(code, value, 1);
        }
        self.leave_stack(&entry, now);
    }

    /// An entry is off the stack, and may come back.
    pub(super) fn leave_stack(&mut self, entry: &Entry, now: u64) {
        let ticks = self.stop(entry, now);
        self.add_running(entry, ticks);
        self.keep_suspended(entry);
    }

    pub(super) fn add_running(&self, entry: &Entry, ticks: u64) {
        let running_ns = self.rate.nanoseconds(ticks) * entry.code.sleeper.times();
        entry.code.function.get().slots.add_running(running_ns);
    }

    fn keep_suspended(&mut self, entry: &Entry) {
        if entry.resumed {
            return;
        }
        let Entry { code, edge, start_ticks, sampled, .. } = *entry;
        if !self.suspended.insert(entry.frame, Suspended { code, edge, start_ticks, sampled }) {
            self.ledger.counter(Counter::GeneratorsRefused).add(1);
        }
    }

    /// A suspended frame goes on, by a value or by an exception thrown into it. One that was never
    /// started (or started unseen) has no activation.
    pub fn resume(
        &mut self,
        code: &'static CodeState,
        frame: &impl Activation,
        now: impl FnOnce() -> u64,
    ) {
        self.follow(frame);
        let Some(suspended) = self.suspended.get(frame.frame(), code) else { return };
        let Suspended { edge, sampled, .. } = *suspended;
        let node = self.resume_on_node(code, edge);
        let top = self.push(code, frame, edge);
        top.node = node;
        top.sampled = sampled;
        top.resumed = true;
        top.start_ticks = now();
    }

    /// Ends an activation that was suspended, is sampled, or was ended by an exception. Its last
    /// stretch on the stack is already accounted for, but for the running time of generators.
    #[inline(never)]
    pub(super) fn end_slowly(&mut self, entry: &Entry, end: End, now: u64) {
        let mut start_ticks = entry.start_ticks;
        if entry.code.suspends.get() {
            let ticks = now.saturating_sub(entry.start_ticks);
            self.add_running(entry, ticks);
            // One that is not back is on record only if another died there without an event.
            if let Some(suspended) = self.suspended.remove(entry.frame)
                && entry.resumed
                && std::ptr::eq(suspended.code, entry.code)
            {
                start_ticks = suspended.start_ticks;
            }
        }
        let latency_ns = self.rate.nanoseconds(now.saturating_sub(start_ticks));
        let times = entry.code.sleeper.times();
        entry.code.function.get().add_latency(&mut self.ledger, latency_ns, times);
        if entry.sampled {
            self.end_sample(entry, start_ticks, end, now);
        }
    }
}
