//! Beginning, ending and what happens between: forks, and the deaths of types and code.

use std::path::Path;

use ghost_ledger::{Counter, Identity, Ledger, LedgerError, Slot};

use super::Tracer;
use crate::clock::TickRate;
use crate::code_state::CodeState;
use crate::function_registry::FunctionRegistry;
use crate::sampling::{OpenSamples, SamplingRule};
use crate::shadow_stack::ShadowStacks;
use crate::suspended::SuspendedActivations;
use crate::type_registry::{Texts, TypeRegistry};
use crate::{CodeAddress, CodeDescription, EventsMode, Interpreter, TypeAddress};

/// Activations the ring holds when a few of each function are kept.
const SAMPLE_RING: u32 = 4_096;
/// Activations the ring holds when all are kept: 4 MiB, some tenths of a second of a busy program.
const FULL_RING: u32 = 65_536;
/// Length of a sampling window.
const WINDOW_NS: u64 = 1_000_000_000;

impl<I: Interpreter> Tracer<I> {
    /// Begins the ledger of this process at `path`. `now` is the clock's reading at `unix_ns`.
    pub fn begin(
        path: &Path,
        who: &Identity,
        events: EventsMode,
        interpreter: I,
        clock: (TickRate, u64, u64),
    ) -> Result<Self, LedgerError> {
        let (rate, now, unix_ns) = clock;
        let (sampling, capacity) = sampling(events, rate);
        let mut ledger = Ledger::create(path, who, capacity)?;
        let mut texts = Texts::default();
        let types = TypeRegistry::new(&mut ledger, &mut texts);
        let functions = FunctionRegistry::new(&mut ledger, &mut texts);
        Ok(Self {
            interpreter,
            ledger,
            texts,
            types,
            functions,
            stacks: ShadowStacks::default(),
            suspended: SuspendedActivations::default(),
            samples: OpenSamples::default(),
            sampling,
            tree: None,
            rate,
            epoch_unix_ns: unix_ns.wrapping_sub(rate.nanoseconds(now)),
            own_cost_ns: 0,
        })
    }

    /// Continues in a forked child: its own ledger, every count from zero, and none of the
    /// activations it inherited. Where the ledger cannot be made the child counts in memory.
    pub fn begin_child(&mut self, path: &Path, who: &Identity) -> Result<(), LedgerError> {
        self.forget_activations();
        self.ledger.begin_child(path, who)
    }

    /// Begins again at `path` after [`Self::detach`]: every count from zero.
    pub fn begin_again(
        &mut self,
        path: &Path,
        who: &Identity,
        events: EventsMode,
        (now, unix_ns): (u64, u64),
    ) -> Result<(), LedgerError> {
        let (sampling, capacity) = sampling(events, self.rate);
        self.sampling = sampling;
        self.epoch_unix_ns = unix_ns.wrapping_sub(self.rate.nanoseconds(now));
        self.own_cost_ns = 0;
        self.begin_child(path, who)?;
        self.ledger.ensure_ring(capacity);
        Ok(())
    }

    /// Marks the end of observing in the ledger, lets go of it, and forgets all addresses. No event may
    /// come until [`Self::begin_again`].
    pub fn detach(&mut self) -> Result<(), LedgerError> {
        self.forget_activations();
        for code in self.live_code() {
            self.code_died(code);
        }
        for class in self.types.mortal() {
            self.type_died(class);
        }
        self.ledger.detach()
    }

    /// How long a tick is.
    pub fn rate(&self) -> TickRate {
        self.rate
    }

    /// Every code object that is known by its address, and lives.
    pub fn live_code(&self) -> Vec<CodeAddress> {
        self.functions.live_code()
    }

    /// Forgets every activation under way, as after a gap in the events.
    pub fn forget_activations(&mut self) {
        self.stacks.clear();
        self.suspended.clear();
        self.samples.clear();
        self.functions.states().for_each(|code| code.active.set(0));
    }

    /// The state to observe a code object with from now on. `None` where there is no room.
    pub fn observe(
        &mut self,
        code: CodeAddress,
        description: &CodeDescription,
    ) -> Option<&'static CodeState> {
        let Self { functions, ledger, texts, .. } = self;
        let state = functions.observe(ledger, texts, code, description);
        if let Some(state) = state {
            state.sample_after_ticks.set(self.sampling.first_ticks());
            state.due_after_ticks.set(self.sampling.first_ticks());
        }
        state
    }

    /// Looks at every activation from now on, until no span is left of which all are to be sampled.
    /// Then each function goes back to its own pace at its next activation.
    ///
    /// `now` is the clock's reading at `unix_ns` of the clock that spans go by: two clocks drift apart,
    /// and what ran within what follows from time. Under a budget ticks are no reading of a clock.
    pub fn begin_detail(&mut self, now: u64, unix_ns: u64) {
        if self.own_cost_ns == 0 {
            self.epoch_unix_ns = unix_ns.wrapping_sub(self.rate.nanoseconds(now));
        }
        if self.sampling.passes_over() {
            self.functions.states().for_each(|code| code.sample_after_ticks.set(0));
        }
    }

    /// A code object is about to be freed.
    pub fn code_died(&mut self, code: CodeAddress) {
        for user in self.functions.forget(code) {
            user.forget_caller(code);
        }
    }

    /// A type is about to be freed.
    pub fn type_died(&mut self, class: TypeAddress) {
        for user in self.types.forget(class) {
            if let Some(state) = self.functions.state_at(user) {
                state.forget_type(class);
            }
        }
    }

    /// Forgets what was counted so far, now that it is known what observing a call costs.
    pub fn begin_counting(&mut self, call_cost_ps: u64) {
        self.forget_activations();
        self.ledger.begin_counting(call_cost_ps);
    }

    /// One of the observer's counters about itself, to be kept: it stays valid, also after a fork.
    pub fn counter(&self, counter: Counter) -> Slot {
        self.ledger.counter(counter)
    }

    /// Adds to one of the observer's counters about itself.
    pub fn count(&self, counter: Counter, amount: u64) {
        self.ledger.counter(counter).add(amount);
    }

    /// Marks the end of the process in its ledger. What still runs is still counted.
    pub fn close(&self) {
        self.ledger.close();
    }

    /// The interpreter this tracer asks for names.
    pub fn interpreter(&mut self) -> &mut I {
        &mut self.interpreter
    }
}

/// Which activations are kept as examples, and for how many there is room.
fn sampling(events: EventsMode, rate: TickRate) -> (SamplingRule, u32) {
    match events {
        EventsMode::None => (SamplingRule::Never, 0),
        EventsMode::Sample => (SamplingRule::Window { ticks: rate.ticks(WINDOW_NS) }, SAMPLE_RING),
        EventsMode::All => (SamplingRule::All, FULL_RING),
    }
}
