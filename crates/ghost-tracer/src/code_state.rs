//! What is remembered of one observed code object: its function, and inline caches that turn the
//! usual call into a few compares.
//!
//! Caches hold addresses. An address stays true because the death of its type or code is reported
//! and clears it here ([`CodeState::forget_type`], [`CodeState::forget_caller`]).

use std::cell::Cell;

use ghost_ledger::Slot;
use ghost_model::FunctionKind;

use crate::budget::sleeper::{Events, Sleeper};
use crate::edge::Edge;
use crate::function_state::FunctionState;
use crate::signature_cache::SignatureCache;
use crate::slot_cache::SlotCache;
use crate::{CodeAddress, CodeDescription, TypeAddress};

/// The state of one observed code object. Lives as long as the process; reused after the code dies.
#[derive(Debug)]
#[repr(align(64))]
pub struct CodeState {
    pub(crate) function: Cell<&'static FunctionState>,
    /// Activations on the stack that is running now.
    pub(crate) active: Cell<u32>,
    /// Parameters whose types are compared.
    parameters: u32,
    /// Whether activations can be suspended.
    pub(crate) suspends: Cell<bool>,
    kind: Cell<FunctionKind>,
    /// The code object, as long as it lives.
    code: Cell<CodeAddress>,
    /// For the caller's own use: what it must know of the code object at every event.
    tag: Cell<u64>,
    /// Where in the code activations begin, as events tell it.
    start_offset: Cell<i64>,
    pub(crate) signatures: SignatureCache,
    pub(crate) yields: SlotCache,
    /// The exception type that left last: its address, its number and its counter.
    pub(crate) raised: Cell<Option<(usize, u32, Slot)>>,
    /// The exception type that was handled last: its address and its counter.
    pub(crate) handled: Cell<Option<(usize, Slot)>>,
    /// Activations that start at this tick or later are sampled.
    pub(crate) sample_after_ticks: Cell<u64>,
    /// Activations that start at this tick or later are due. Where the one above is earlier, every
    /// activation is looked at, for those within certain spans are all sampled.
    pub(crate) due_after_ticks: Cell<u64>,
    /// Activations sampled in this window.
    pub(crate) samples: Cell<u32>,
    /// Its place in the registry.
    pub(crate) index: u32,
    pub(crate) shape: Cell<Shape>,
    pub(crate) sleeper: Sleeper,
}

/// How parameters make a signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) positional: u16,
    pub(crate) keyword_only: u16,
    pub(crate) varargs: bool,
    pub(crate) varkwargs: bool,
}

impl Shape {
    pub(crate) fn of(code: &CodeDescription) -> Self {
        Self {
            positional: code.positional as u16,
            keyword_only: code.keyword_only as u16,
            varargs: code.varargs,
            varkwargs: code.varkwargs,
        }
    }

    pub(crate) fn parameters(self) -> usize {
        usize::from(self.positional) + usize::from(self.keyword_only)
    }
}

impl CodeState {
    pub(crate) fn new(
        function: &'static FunctionState,
        shape: Shape,
        index: u32,
        nobody: &'static Edge,
    ) -> Self {
        let parameters = shape.parameters();
        Self {
            function: Cell::new(function),
            active: Cell::new(0),
            parameters: parameters as u32,
            suspends: Cell::new(false),
            kind: Cell::default(),
            code: Cell::default(),
            tag: Cell::new(0),
            start_offset: Cell::new(0),
            signatures: SignatureCache::new(parameters, nobody),
            yields: SlotCache::default(),
            raised: Cell::new(None),
            handled: Cell::new(None),
            sample_after_ticks: Cell::new(0),
            due_after_ticks: Cell::new(0),
            samples: Cell::new(0),
            index,
            shape: Cell::new(shape),
            sleeper: Sleeper::default(),
        }
    }

    /// Binds the state to a code object of this kind.
    pub(crate) fn bind(&self, code: CodeAddress, kind: FunctionKind) {
        use FunctionKind::{AsyncGenerator, Coroutine, Generator};
        self.code.set(code);
        self.kind.set(kind);
        self.suspends.set(matches!(kind, Generator | Coroutine | AsyncGenerator));
    }

    /// The code object this observes.
    pub fn code(&self) -> CodeAddress {
        self.code.get()
    }

    /// What kind of code it is.
    pub fn kind(&self) -> FunctionKind {
        self.kind.get()
    }

    /// What the caller noted with [`Self::set_tag`]; 0 at first.
    #[inline]
    pub fn tag(&self) -> u64 {
        self.tag.get()
    }

    /// Notes something for the caller.
    pub fn set_tag(&self, tag: u64) {
        self.tag.set(tag);
    }

    /// Where in the code activations begin: what is before it never started.
    pub fn start_offset(&self) -> i64 {
        self.start_offset.get()
    }

    /// Notes where in the code activations begin.
    pub fn set_start_offset(&self, offset: i64) {
        self.start_offset.set(offset);
    }

    /// Which events its budget wants to be on, if those are not the ones that are.
    pub fn events_to_switch(&self) -> Option<Events> {
        let wanted = self.sleeper.wanted_events();
        (wanted != self.sleeper.events.get()).then_some(wanted)
    }

    /// Which of its events are on now.
    pub fn events(&self) -> Events {
        self.sleeper.events.get()
    }

    /// Notes which of its events are on now.
    pub fn set_events(&self, events: Events) {
        self.sleeper.events.set(events);
    }

    /// How many parameters are compared: fixed, so that a state is only reused for the same number.
    pub(crate) fn parameters(&self) -> usize {
        self.parameters as usize
    }

    /// Makes this the state of another code object.
    pub(crate) fn reset(&self, function: &'static FunctionState, shape: Shape) {
        // Deaths of the types it cached are reported to this state, which will be another's.
        self.function.replace(function).forget_returns();
        self.shape.set(shape);
        self.tag.set(0);
        self.start_offset.set(0);
        self.active.set(0);
        self.sleeper.reset();
        self.samples.set(0);
        self.signatures.clear();
        self.raised.set(None);
        self.handled.set(None);
        self.yields.clear();
    }

    /// Drops what is cached for a type that died.
    pub(crate) fn forget_type(&self, class: TypeAddress) {
        self.function.get().forget_returned(class);
        self.yields.forget(class.0);
        self.raised.set(None);
        self.handled.set(None);
        self.signatures.forget_type(class);
    }

    /// Drops what is cached for a caller that died.
    pub(crate) fn forget_caller(&self, code: CodeAddress) {
        self.signatures.forget_caller(code);
    }
}
