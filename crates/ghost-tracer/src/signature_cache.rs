//! The signatures a code object was called with lately, and who called it with each: what turns
//! the usual call into a few compares and one addition.
//!
//! Holds addresses of types and of callers' code: see [`crate::code_state`].

use std::cell::{Cell, OnceCell};

use ghost_ledger::Slot;

use crate::edge::Edge;
use crate::limits::INLINE_WAYS;
use crate::slot_cache::UNUSED;
use crate::{Activation, CodeAddress, TypeAddress};

/// Where a caller's calls with one signature are counted.
#[derive(Debug)]
struct CallerWay {
    code: Cell<usize>,
    slot: Cell<Slot>,
    edge: Cell<&'static Edge>,
}

/// A cached signature: the types of the parameters, and its callers.
#[derive(Debug)]
pub(crate) struct SignatureWay {
    /// Unused until the way is set, unless there are no parameters.
    types: Box<[Cell<usize>]>,
    /// Number of the signature; `None` until the way is set.
    number: Cell<Option<u32>>,
    callers: [CallerWay; INLINE_WAYS],
    next_caller: Cell<u8>,
}

impl SignatureWay {
    /// `nobody` stands where no caller is known yet; it is never handed out.
    fn unused(parameters: usize, nobody: &'static Edge) -> Self {
        let caller = || CallerWay {
            code: Cell::new(UNUSED),
            slot: Cell::new(Slot::nowhere()),
            edge: Cell::new(nobody),
        };
        Self {
            types: (0..parameters).map(|_| Cell::new(UNUSED)).collect(),
            number: Cell::new(None),
            callers: std::array::from_fn(|_| caller()),
            next_caller: Cell::new(0),
        }
    }

    /// The signature's number, once it is known.
    pub(crate) fn number(&self) -> Option<u32> {
        self.number.get()
    }

    /// Counts calls by the code at this address. `None` where it is not cached.
    #[inline]
    pub(crate) fn count(&self, caller: CodeAddress, times: u64) -> Option<&'static Edge> {
        for way in &self.callers {
            if way.code.get() == caller.0 {
                way.slot.get().add(times);
                return Some(way.edge.get());
            }
        }
        None
    }

    pub(crate) fn remember_caller(&self, code: CodeAddress, slot: Slot, edge: &'static Edge) {
        let next = usize::from(self.next_caller.get()) % INLINE_WAYS;
        let way = &self.callers[next];
        self.next_caller.set(next as u8 + 1);
        way.slot.set(slot);
        way.edge.set(edge);
        way.code.set(code.0);
    }

    /// Whether a frame's parameters have these types.
    #[inline]
    fn matches(&self, frame: &impl Activation) -> bool {
        let mut types = self.types.iter().enumerate();
        types.all(|(index, class)| class.get() == frame.parameter_type(index).0)
    }

    fn set(&self, types: &[TypeAddress], number: u32) {
        self.clear();
        self.types.iter().zip(types).for_each(|(place, class)| place.set(class.0));
        self.number.set(Some(number));
    }

    fn forget_type(&self, class: TypeAddress) {
        if self.types.iter().any(|known| known.get() == class.0) {
            self.clear();
        }
    }

    fn forget_caller(&self, code: CodeAddress) {
        let ways = self.callers.iter().filter(|way| way.code.get() == code.0);
        ways.for_each(|way| way.code.set(UNUSED));
    }

    fn clear(&self) {
        self.number.set(None);
        self.types.iter().for_each(|class| class.set(UNUSED));
        self.callers.iter().for_each(|way| way.code.set(UNUSED));
        self.next_caller.set(0);
    }
}

/// The signatures of one code object. Filled front to back, then overwritten in turn.
#[derive(Debug)]
pub(crate) struct SignatureCache {
    first: SignatureWay,
    /// Made when a second signature is seen: most code has one only.
    others: OnceCell<Box<[SignatureWay; INLINE_WAYS - 1]>>,
    next: Cell<u8>,
}

impl SignatureCache {
    pub(crate) fn new(parameters: usize, nobody: &'static Edge) -> Self {
        let first = SignatureWay::unused(parameters, nobody);
        Self { first, others: OnceCell::new(), next: Cell::new(0) }
    }

    /// Counts calls with the signature that was seen first, by the frame directly below.
    #[inline]
    pub(crate) fn count_usual(&self, frame: &impl Activation, times: u64) -> Option<&'static Edge> {
        if self.first.matches(frame) { self.first.count(frame.below(), times) } else { None }
    }

    /// The way with the signature of this frame.
    pub(crate) fn find(&self, frame: &impl Activation) -> Option<&SignatureWay> {
        // Without parameters there is nothing to compare, and an unused way matches.
        self.ways().find(|way| way.matches(frame) && way.number().is_some())
    }

    /// Remembers a signature in the place of the oldest.
    pub(crate) fn remember(&self, types: &[TypeAddress], number: u32) -> &SignatureWay {
        let next = usize::from(self.next.get());
        let way = match next.checked_sub(1) {
            None => &self.first,
            Some(other) => &self.others()[other % (INLINE_WAYS - 1)],
        };
        self.next.set(((next + 1) % INLINE_WAYS) as u8);
        way.set(types, number);
        way
    }

    fn others(&self) -> &[SignatureWay; INLINE_WAYS - 1] {
        // Any edge will do where none is handed out.
        let nobody = self.first.callers[0].edge.get();
        let parameters = self.first.types.len();
        let make = || SignatureWay::unused(parameters, nobody);
        self.others.get_or_init(|| Box::new(std::array::from_fn(|_| make())))
    }

    fn ways(&self) -> impl Iterator<Item = &SignatureWay> {
        let others = self.others.get().into_iter().flat_map(|others| others.iter());
        std::iter::once(&self.first).chain(others)
    }

    pub(crate) fn forget_type(&self, class: TypeAddress) {
        self.ways().for_each(|way| way.forget_type(class));
    }

    pub(crate) fn forget_caller(&self, code: CodeAddress) {
        self.ways().for_each(|way| way.forget_caller(code));
    }

    pub(crate) fn clear(&self) {
        self.ways().for_each(SignatureWay::clear);
        self.next.set(0);
    }
}
