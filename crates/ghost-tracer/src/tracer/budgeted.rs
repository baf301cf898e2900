//! Events under a budget: the same counts, each as many times as its function's weight says, and none
//! while it sleeps. See [`crate::budget`].
//!
//! Apart from the hot path of exact observing, which knows nothing of weights.

use super::{End, Tracer};
use crate::budget::{Budget, Moment, Turn};
use crate::code_state::CodeState;
use crate::edge::Edge;
use crate::{Activation, Interpreter, TypeAddress};

impl<I: Interpreter> Tracer<I> {
    /// A frame of `code` begins its activation.
    pub fn start_budgeted(
        &mut self,
        code: &'static CodeState,
        frame: &impl Activation,
        now: impl FnOnce() -> u64,
    ) {
        let times = u64::from(code.sleeper.weight.get());
        if times == 0 {
            return;
        }
        code.sleeper.note_start();
        self.follow(frame);
        let edge = match code.signatures.count_usual(frame, times) {
            Some(edge) => edge,
            None => self.count_start_slowly(code, frame, times),
        };
        if !code.sleeper.timed.get() {
            return;
        }
        let top = self.push(code, frame, edge);
        let start_ticks = now();
        top.start_ticks = start_ticks;
        if start_ticks >= code.sample_after_ticks.get() {
            self.begin_sample(code, frame, start_ticks);
        }
    }

    /// A frame of `code` returns. It may have begun unseen: then its value counts, its time does not.
    pub fn finish_budgeted(
        &mut self,
        code: &'static CodeState,
        frame: &impl Activation,
        value: TypeAddress,
        now: u64,
    ) {
        if !code.sleeper.is_timed() {
            return;
        }
        let times = code.sleeper.times();
        self.follow(frame);
        let entry = self.take_entry(frame).filter(|entry| std::ptr::eq(entry.code, code));
        let edge = match &entry {
            Some(entry) => entry.edge,
            // Observed from its beginning to its end, or not at all.
            None if !code.sleeper.sleeps.get() => return,
            None => self.edge_of(code, frame),
        };
        if !edge.returns.count(value.0, times) {
            self.miss_return(code, edge, value, times);
        }
        if let Some(entry) = entry {
            self.stop(&entry, now);
            self.end_slowly(&entry, End::Returned(value), now);
        }
    }

    /// A frame yields. It may have gone on unseen: then its value counts, its time does not.
    pub fn suspend_budgeted(
        &mut self,
        code: &'static CodeState,
        frame: &impl Activation,
        value: Option<TypeAddress>,
        now: u64,
    ) {
        if !code.sleeper.is_timed() {
            return;
        }
        let times = code.sleeper.times();
        self.follow(frame);
        let entry = self.take_entry(frame);
        if entry.is_none() && !code.sleeper.sleeps.get() {
            return;
        }
        if let Some(value) = value
            && !code.yields.count(value.0, times)
        {
            self.miss_yield(code, value, times);
        }
        if let Some(entry) = entry {
            self.leave_stack(&entry, now);
        }
    }

    /// A suspended frame goes on, if it was followed to here.
    pub fn resume_budgeted(
        &mut self,
        code: &'static CodeState,
        frame: &impl Activation,
        now: impl FnOnce() -> u64,
    ) {
        if !code.sleeper.is_timed() {
            return;
        }
        code.sleeper.note_resumption();
        self.follow(frame);
        let known = self.suspended.get(frame.frame(), code);
        if known.is_some_and(|suspended| code.sleeper.is_stale(suspended.start_ticks)) {
            // It, or another that had its frame before, went on while nobody looked.
            self.suspended.remove(frame.frame());
            self.samples.remove(frame.frame());
            return;
        }
        self.resume(code, frame, now);
    }

    /// The caller of a frame that began unseen.
    #[cold]
    fn edge_of(&mut self, code: &'static CodeState, frame: &impl Activation) -> &'static Edge {
        let number = self.function_number(frame.caller(), None);
        let function = code.function.get();
        let edge = number.and_then(|number| function.edge(number));
        edge.unwrap_or_else(|| function.edge_beyond_bound())
    }

    /// Asks the budget what is to be done.
    pub fn turn(&mut self, budget: &mut Budget, now: Moment) -> Turn {
        self.note_own_cost(budget);
        budget.turn(now, self.functions.states())
    }

    /// Sleepers go to sleep. What they were doing counts up to here.
    pub fn put_to_sleep(&mut self, budget: &mut Budget, now: Moment) {
        self.leave_sleepers(budget.program_time(now.ticks));
        budget.close_window(|code, more| {
            code.function.get().slots.add_uncertainty(more.variance, more.bias);
        });
        self.note_own_cost(budget);
    }

    /// Notes what observing took so far.
    pub fn note_own_cost(&mut self, budget: &Budget) {
        let own_cost_ns = self.rate.nanoseconds(budget.own_ticks());
        let more = own_cost_ns.saturating_sub(self.own_cost_ns);
        self.epoch_unix_ns = self.epoch_unix_ns.wrapping_add(more);
        self.own_cost_ns += more;
        self.ledger.set_own_cost_ns(own_cost_ns);
    }

    /// Takes the entries of sleepers off the running stack. Their time up to now counts; where another
    /// entry is above, its time is not theirs.
    fn leave_sleepers(&mut self, now: u64) {
        let mut entries = std::mem::take(&mut self.stacks.running.entries);
        // Time up to now of the nearest entry above that stays.
        let mut above = 0;
        for place in (0..entries.len()).rev() {
            let mut entry = entries[place];
            let elapsed = now.saturating_sub(entry.start_ticks);
            if !entry.code.sleeper.sleeps.get() {
                above = elapsed;
                continue;
            }
            let ticks = elapsed.saturating_sub(above);
            if let Some(parent) = place.checked_sub(1).and_then(|below| entries.get_mut(below)) {
                parent.children_ticks += ticks * entry.code.sleeper.times_within(parent.code);
            }
            entry.children_ticks += above;
            self.account(&entry, elapsed);
            if entry.code.suspends.get() {
                self.add_running(&entry, elapsed);
            }
            entry.code.active.set(entry.code.active.get().wrapping_sub(1));
            if entry.sampled {
                self.samples.remove(entry.frame);
            }
        }
        entries.retain(|entry| !entry.code.sleeper.sleeps.get());
        self.stacks.running.entries = entries;
    }
}
