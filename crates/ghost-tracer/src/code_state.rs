//! What is remembered of one observed code object: its function, and inline caches that turn the
//! usual call into a few compares.
//!
//! Caches hold addresses. An address stays true because the death of its type or code is reported
//! and clears it here ([`CodeState::forget_type`], [`CodeState::forget_caller`]).

use std::cell::Cell;

use ghost_ledger::Slot;
use ghost_model::FunctionKind;

use crate::function_state::FunctionState;
use crate::limits::INLINE_WAYS;
use crate::{Activation, CodeAddress, CodeDescription, TypeAddress};

/// No object is at this address: what an unused way of a cache holds.
const UNUSED: usize = usize::MAX;

/// A small cache from an address to its counter. Filled front to back, then overwritten in turn.
#[derive(Debug)]
pub(crate) struct SlotCache {
    ways: [(Cell<usize>, Cell<Slot>); INLINE_WAYS],
    next: Cell<u8>,
}

impl Default for SlotCache {
    fn default() -> Self {
        let unused = || (Cell::new(UNUSED), Cell::new(Slot::nowhere()));
        Self { ways: std::array::from_fn(|_| unused()), next: Cell::new(0) }
    }
}

impl SlotCache {
    /// Adds one to the counter of `address`; false where it is not cached.
    #[inline]
    pub(crate) fn count(&self, address: usize) -> bool {
        for (key, slot) in &self.ways {
            if key.get() == address {
                slot.get().add(1);
                return true;
            }
        }
        false
    }

    pub(crate) fn remember(&self, address: usize, slot: Slot) {
        let way = &self.ways[usize::from(self.next.get()) % INLINE_WAYS];
        self.next.set(self.next.get().wrapping_add(1));
        way.0.set(address);
        way.1.set(slot);
    }

    fn forget(&self, address: usize) {
        for (key, _) in &self.ways {
            if key.get() == address {
                key.set(UNUSED);
            }
        }
    }

    fn clear(&self) {
        self.ways.iter().for_each(|(key, _)| key.set(UNUSED));
    }
}

/// A cached signature: the types of the parameters, and the counter.
#[derive(Debug)]
struct SignatureWay {
    /// Unused until the way is set, unless there are no parameters.
    types: Box<[Cell<usize>]>,
    slot: Cell<Slot>,
}

impl SignatureWay {
    fn unused(parameters: usize) -> Self {
        Self {
            types: (0..parameters).map(|_| Cell::new(UNUSED)).collect(),
            slot: Cell::new(Slot::nowhere()),
        }
    }

    /// Whether a frame's parameters have these types.
    #[inline]
    fn matches(&self, frame: &impl Activation) -> bool {
        let mut types = self.types.iter().enumerate();
        types.all(|(index, class)| class.get() == frame.parameter_type(index).0)
    }

    fn set(&self, types: &[TypeAddress], slot: Slot) {
        self.types.iter().zip(types).for_each(|(place, class)| place.set(class.0));
        self.slot.set(slot);
    }

    fn forget(&self, class: usize) {
        if self.types.iter().any(|known| known.get() == class) {
            self.clear();
        }
    }

    fn clear(&self) {
        self.types.iter().for_each(|class| class.set(UNUSED));
    }
}

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
    signatures: [SignatureWay; INLINE_WAYS],
    /// Place of the next signature to remember.
    next_signature: Cell<u8>,
    pub(crate) callers: SlotCache,
    pub(crate) returns: SlotCache,
    pub(crate) yields: SlotCache,
    /// The exception type that left last: its address, its number and its counter.
    pub(crate) raised: Cell<Option<(usize, u32, Slot)>>,
    /// The exception type that was handled last: its address and its counter.
    pub(crate) handled: Cell<Option<(usize, Slot)>>,
    /// Activations that start at this tick or later are sampled.
    pub(crate) sample_after_ticks: Cell<u64>,
    /// Activations sampled in this window.
    pub(crate) samples: Cell<u32>,
    /// Its place in the registry.
    pub(crate) index: u32,
    pub(crate) shape: Cell<Shape>,
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
    pub(crate) fn new(function: &'static FunctionState, shape: Shape, index: u32) -> Self {
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
            signatures: std::array::from_fn(|_| SignatureWay::unused(parameters)),
            next_signature: Cell::new(0),
            callers: SlotCache::default(),
            returns: SlotCache::default(),
            yields: SlotCache::default(),
            raised: Cell::new(None),
            handled: Cell::new(None),
            sample_after_ticks: Cell::new(0),
            samples: Cell::new(0),
            index,
            shape: Cell::new(shape),
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

    /// How many parameters are compared: fixed, so that a state is only reused for the same number.
    pub(crate) fn parameters(&self) -> usize {
        self.parameters as usize
    }

    /// Makes this the state of another code object.
    pub(crate) fn reset(&self, function: &'static FunctionState, shape: Shape) {
        self.function.set(function);
        self.shape.set(shape);
        self.tag.set(0);
        self.start_offset.set(0);
        self.active.set(0);
        self.samples.set(0);
        self.signatures.iter().for_each(SignatureWay::clear);
        self.next_signature.set(0);
        self.raised.set(None);
        self.handled.set(None);
        [&self.callers, &self.returns, &self.yields].into_iter().for_each(SlotCache::clear);
    }

    /// Counts the signature of a frame if it is the first that was seen. Without parameters there
    /// is only one, and it must have been remembered before the first start.
    #[inline]
    pub(crate) fn count_first_signature(&self, frame: &impl Activation) -> bool {
        let [first, ..] = &self.signatures;
        let known = first.matches(frame);
        if known {
            first.slot.get().add(1);
        }
        known
    }

    /// Counts the signature of a frame if it is another of those cached.
    pub(crate) fn count_other_signature(&self, frame: &impl Activation) -> bool {
        let [_, others @ ..] = &self.signatures;
        let found = others.iter().find(|way| way.matches(frame));
        found.inspect(|way| way.slot.get().add(1)).is_some()
    }

    pub(crate) fn remember_signature(&self, types: &[TypeAddress], slot: Slot) {
        let next = usize::from(self.next_signature.get()) % INLINE_WAYS;
        self.signatures[next].set(types, slot);
        self.next_signature.set(next as u8 + 1);
    }

    /// Drops what is cached for a type that died.
    pub(crate) fn forget_type(&self, class: TypeAddress) {
        self.returns.forget(class.0);
        self.yields.forget(class.0);
        self.raised.set(None);
        self.handled.set(None);
        self.signatures.iter().for_each(|way| way.forget(class.0));
    }

    /// Drops what is cached for a caller that died.
    pub(crate) fn forget_caller(&self, code: CodeAddress) {
        self.callers.forget(code.0);
    }
}
