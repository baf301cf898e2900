//! What the inline caches do not know: look it up by name, count it, remember it.

use ghost_ledger::layout::CellKind;
use ghost_ledger::{ActivationEntry, Counter};

use super::{End, Tracer};
use crate::code_state::CodeState;
use crate::edge::Edge;
use crate::limits::PARAMETERS_MAX;
use crate::sampling::Sample;
use crate::shadow_stack::Entry;
use crate::signature_cache::SignatureWay;
use crate::type_registry::{OVERFLOW, declared_order};
use crate::{Activation, CodeAddress, FrameAddress, Interpreter, TypeAddress};

fn parameter_types(code: &CodeState, frame: &impl Activation) -> Vec<TypeAddress> {
    (0..code.parameters().min(PARAMETERS_MAX)).map(|at| frame.parameter_type(at)).collect()
}

impl<I: Interpreter> Tracer<I> {
    /// Not the first signature, or called through C or from somewhere new.
    #[inline(never)]
    pub(super) fn count_start_slowly(
        &mut self,
        code: &'static CodeState,
        frame: &impl Activation,
        times: u64,
    ) -> &'static Edge {
        let known = code.signatures.find(frame);
        let Some(way) = known.or_else(|| self.miss_signature(code, frame)) else {
            return self.count_start(code, OVERFLOW, frame.caller(), times);
        };
        if let Some(edge) = way.count(frame.below(), times) {
            return edge;
        }
        let caller = frame.caller();
        match way.count(caller, times) {
            Some(edge) => edge,
            None => self.miss_caller(code, way, caller, times),
        }
    }

    /// Remembers a signature that is not cached. `None` where it is beyond the bound.
    #[cold]
    #[inline(never)]
    fn miss_signature(
        &mut self,
        code: &'static CodeState,
        frame: &impl Activation,
    ) -> Option<&'static SignatureWay> {
        let addresses = parameter_types(code, frame);
        let types = self.signature_types(code, &addresses);
        let function = code.function.get();
        // A signature nobody counts must not take room in the ledger.
        let number = if function.is_full_of_signatures() {
            self.types.known_signature(&types)
        } else {
            self.types.signature(&mut self.ledger, &types)
        };
        let number = function.signature(&self.ledger, number)?;
        Some(code.signatures.remember(&addresses, number))
    }

    fn signature_types(&mut self, code: &CodeState, addresses: &[TypeAddress]) -> Vec<u32> {
        let types = addresses.iter().map(|&class| self.type_number(class, Some(code))).collect();
        declared_order(code.shape.get(), types)
    }

    #[cold]
    #[inline(never)]
    fn miss_caller(
        &mut self,
        code: &'static CodeState,
        way: &SignatureWay,
        caller: CodeAddress,
        times: u64,
    ) -> &'static Edge {
        code.sleeper.note_news();
        let number = self.function_number(caller, Some(code));
        let signature = way.number().unwrap_or(OVERFLOW);
        let function = code.function.get();
        let known = number.and_then(|number| function.start(&mut self.ledger, signature, number));
        if let Some((slot, edge)) = known {
            slot.add(times);
            way.remember_caller(caller, slot, edge);
            return edge;
        }
        let (slot, edge) = function.refuse_caller(&mut self.ledger, signature);
        slot.add(times);
        edge
    }

    /// Counts a call that no cache may hold.
    #[cold]
    fn count_start(
        &mut self,
        code: &'static CodeState,
        signature: u32,
        caller: CodeAddress,
        times: u64,
    ) -> &'static Edge {
        let number = self.function_number(caller, None);
        let function = code.function.get();
        let known = number.and_then(|number| function.start(&mut self.ledger, signature, number));
        let (slot, edge) =
            known.unwrap_or_else(|| function.refuse_caller(&mut self.ledger, signature));
        slot.add(times);
        edge
    }

    #[cold]
    #[inline(never)]
    pub(super) fn miss_return(
        &mut self,
        code: &'static CodeState,
        edge: &'static Edge,
        value: TypeAddress,
        times: u64,
    ) {
        code.sleeper.note_news();
        let number = self.type_number(value, Some(code));
        let function = code.function.get();
        let class = function.returned(&self.ledger, number);
        let (slot, lasts) = function.receive(&mut self.ledger, class, edge);
        slot.add(times);
        // What is refused is noted each time, so no cache may hold it.
        if lasts && class == number {
            edge.returns.remember(value.0, slot);
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn miss_yield(&mut self, code: &'static CodeState, value: TypeAddress, times: u64) {
        let number = self.type_number(value, Some(code));
        let function = code.function.get();
        match function.cell(&mut self.ledger, CellKind::Yield, number, 0) {
            Some(slot) => {
                slot.add(times);
                code.yields.remember(value.0, slot);
            }
            None => function.overflow(&mut self.ledger, CellKind::Yield).add(times),
        }
    }

    pub(super) fn type_number(&mut self, class: TypeAddress, user: Option<&CodeState>) -> u32 {
        let Self { types, ledger, texts, interpreter, .. } = self;
        types.number(ledger, texts, interpreter, class, user.map(|code| code.index))
    }

    /// The number of the function whose code this is, cached from now on by `user`. `None` where the
    /// interpreter cannot tell, or not tell of its death: then no cache may hold the address.
    pub(super) fn function_number(
        &mut self,
        code: CodeAddress,
        user: Option<&CodeState>,
    ) -> Option<u32> {
        let Self { functions, ledger, texts, interpreter, .. } = self;
        let user = user.map(|code| code.index);
        functions.caller(ledger, texts, interpreter, code, user)
    }

    /// The end of an activation that was suspended or is sampled; or not that of the top entry: on
    /// another stack, or ends in between were missed, or its start was.
    #[inline(never)]
    pub(super) fn finish_slowly(
        &mut self,
        code: CodeAddress,
        frame: &impl Activation,
        value: TypeAddress,
        now: u64,
    ) {
        let Some(entry) = self.take_entry(frame) else { return };
        if entry.code.code() != code {
            // Its end was missed, and its frame is another one's now.
            return self.ledger.counter(Counter::EndsMissed).add(1);
        }
        if !entry.edge.returns.count(value.0, 1) {
            self.miss_return(entry.code, entry.edge, value, 1);
        }
        self.stop(&entry, now);
        self.end_slowly(&entry, End::Returned(value), now);
    }

    /// Takes the entry of a frame off its stack, wherever it is.
    pub(super) fn take_entry(&mut self, frame: &impl Activation) -> Option<Entry> {
        self.follow(frame);
        let top = self.stacks.running.pop(frame.frame());
        top.or_else(|| self.resynchronise(frame.frame()))
    }

    /// Takes off the entry of `frame`, and those above it, whose ends were missed.
    fn resynchronise(&mut self, frame: FrameAddress) -> Option<Entry> {
        let position = self.stacks.running.position(frame)?;
        let missed = self.stacks.running.truncate(position + 1);
        self.ledger.counter(Counter::EndsMissed).add(missed);
        self.stacks.running.pop(frame)
    }

    #[cold]
    #[inline(never)]
    pub(super) fn begin_sample(
        &mut self,
        code: &'static CodeState,
        frame: &impl Activation,
        now: u64,
    ) {
        let is_due = now >= code.due_after_ticks.get();
        let span_id = self.interpreter.span_of_sample(is_due);
        let is_sampled = span_id.is_some_and(|span_id| self.sample(code, frame, span_id));
        if is_due && is_sampled {
            self.sampling.note(code, now);
        }
        if !self.interpreter.is_detailing() {
            code.sample_after_ticks.set(code.due_after_ticks.get());
        }
    }

    /// Keeps what is known of the activation that is on top until it ends.
    fn sample(&mut self, code: &'static CodeState, frame: &impl Activation, span_id: u64) -> bool {
        let addresses = parameter_types(code, frame);
        let types = self.signature_types(code, &addresses);
        // Only signatures that are counted are shown: no new one is made for an example.
        let Some(signature) = self.types.known_signature(&types) else { return false };
        let Some(top) = self.stacks.running.entries.last_mut() else { return false };
        top.sampled = true;
        top.ends_slowly = true;
        let sample = Sample { signature, caller: top.edge.caller, span_id };
        self.samples.insert(frame.frame(), sample);
        true
    }

    pub(super) fn end_sample(&mut self, entry: &Entry, start_ticks: u64, end: End, now: u64) {
        let Some(sample) = self.samples.remove(entry.frame) else { return };
        let (class, raised) = match end {
            End::Returned(class) => (class, false),
            End::Raised(class) => (class, true),
            End::Closed => return,
        };
        let outcome_type = self.type_number(class, None);
        self.ledger.add_activation(&ActivationEntry {
            start_unix_ns: self.epoch_unix_ns.wrapping_add(self.rate.nanoseconds(start_ticks)),
            latency_ns: self.rate.nanoseconds(now.saturating_sub(start_ticks)),
            function: entry.code.function.get().id,
            caller: sample.caller,
            signature: sample.signature,
            outcome_type,
            raised,
            span_id: sample.span_id,
        });
    }
}
