//! Functions by identity, code objects by address.
//!
//! A function is (module, qualname, file, line, kind): recompiled or reloaded code finds its old
//! counters again. A code object is an address, and only for as long as it lives.

use rustc_hash::{FxHashMap, FxHashSet};

use ghost_ledger::{Counter, Ledger};
use ghost_model::FunctionKind;

use crate::code_state::{CodeState, Shape};
use crate::edge::Edge;
use crate::function_state::{FunctionState, OVERFLOW_FUNCTION};
use crate::limits::FUNCTIONS_MAX;
use crate::type_registry::Texts;
use crate::{CodeAddress, CodeDescription, Interpreter};

type Identity = ([u32; 4], u32, FunctionKind);

/// A code object that is known by address.
#[derive(Debug)]
struct LiveCode {
    function: u32,
    /// Its state, if it is observed.
    state: Option<u32>,
    /// Code states that cache its address as a caller.
    users: FxHashSet<u32>,
}

/// All functions and code objects seen.
#[derive(Debug)]
pub(crate) struct FunctionRegistry {
    functions: FxHashMap<Identity, &'static FunctionState>,
    externals: FxHashMap<Identity, u32>,
    overflow: Option<&'static FunctionState>,
    states: Vec<&'static CodeState>,
    /// States whose code died, by number of parameters.
    idle: FxHashMap<usize, Vec<&'static CodeState>>,
    live: FxHashMap<CodeAddress, LiveCode>,
    /// What caches hold where no caller is known yet.
    nobody: &'static Edge,
}

/// Number of the function that stands for "no Python frame below".
pub(crate) const ROOT_FUNCTION: u32 = 0;

impl FunctionRegistry {
    pub(crate) fn new(ledger: &mut Ledger, texts: &mut Texts) -> Self {
        let empty = texts.number(ledger, "");
        let root = texts.number(ledger, "<root>");
        ledger.add_function([empty, root, empty, empty], 0, FunctionKind::External);
        let overflow = texts.number(ledger, "…");
        let names = [empty, overflow, empty, empty];
        let overflow = ledger.add_function(names, 0, FunctionKind::Overflow);
        Self {
            functions: FxHashMap::default(),
            externals: FxHashMap::default(),
            overflow: overflow.map(|(id, slots)| leak_function(id, slots)),
            states: Vec::new(),
            idle: FxHashMap::default(),
            live: FxHashMap::default(),
            nobody: Edge::leak(ROOT_FUNCTION),
        }
    }

    /// The state to observe a code object with. `None` where there is no room for anything.
    pub(crate) fn observe(
        &mut self,
        ledger: &mut Ledger,
        texts: &mut Texts,
        code: CodeAddress,
        description: &CodeDescription,
    ) -> Option<&'static CodeState> {
        let function = self.function(ledger, texts, description)?;
        let state = self.state(function, Shape::of(description));
        state.bind(code, description.kind);
        let live = LiveCode {
            function: function.id,
            state: Some(state.index),
            users: FxHashSet::default(),
        };
        self.live.insert(code, live);
        Some(state)
    }

    fn function(
        &mut self,
        ledger: &mut Ledger,
        texts: &mut Texts,
        description: &CodeDescription,
    ) -> Option<&'static FunctionState> {
        let known = known_identity(texts, description);
        if let Some(&function) = known.and_then(|identity| self.functions.get(&identity)) {
            return Some(function);
        }
        if self.functions.len() >= FUNCTIONS_MAX {
            ledger.counter(Counter::FunctionsRefused).add(1);
            return self.overflow;
        }
        let identity = identity(ledger, texts, description);
        let (names, line, kind) = identity;
        let Some((id, slots)) = ledger.add_function(names, line, kind) else {
            ledger.counter(Counter::FunctionsRefused).add(1);
            return self.overflow;
        };
        let function = leak_function(id, slots);
        self.functions.insert(identity, function);
        Some(function)
    }

    fn state(&mut self, function: &'static FunctionState, shape: Shape) -> &'static CodeState {
        let idle = self.idle.get_mut(&shape.parameters()).and_then(Vec::pop);
        if let Some(state) = idle {
            state.reset(function, shape);
            return state;
        }
        let state = CodeState::new(function, shape, self.states.len() as u32, self.nobody);
        let state: &'static CodeState = Box::leak(Box::new(state));
        self.states.push(state);
        state
    }

    /// The number of the function whose code is at this address, cached from now on by `user`.
    pub(crate) fn caller(
        &mut self,
        ledger: &mut Ledger,
        texts: &mut Texts,
        interpreter: &mut impl Interpreter,
        code: CodeAddress,
        user: Option<u32>,
    ) -> Option<u32> {
        if code.0 == 0 {
            return Some(ROOT_FUNCTION);
        }
        if !self.live.contains_key(&code) {
            let description = interpreter.describe_caller(code)?;
            let function = self.external(ledger, texts, &description);
            self.live.insert(code, LiveCode { function, state: None, users: FxHashSet::default() });
        }
        let live = self.live.get_mut(&code)?;
        live.users.extend(user);
        Some(live.function)
    }

    fn external(
        &mut self,
        ledger: &mut Ledger,
        texts: &mut Texts,
        description: &CodeDescription,
    ) -> u32 {
        let description = CodeDescription { kind: FunctionKind::External, ..description.clone() };
        let identity = identity(ledger, texts, &description);
        if let Some(&number) = self.externals.get(&identity) {
            return number;
        }
        if self.externals.len() >= FUNCTIONS_MAX {
            ledger.counter(Counter::CallersRefused).add(1);
            return OVERFLOW_FUNCTION;
        }
        let (names, line, kind) = identity;
        let added = ledger.add_function(names, line, kind);
        let number = added.map_or(OVERFLOW_FUNCTION, |(number, _)| number);
        self.externals.insert(identity, number);
        number
    }

    /// Forgets a code object; returns the states that cached it as a caller.
    pub(crate) fn forget(&mut self, code: CodeAddress) -> Vec<&'static CodeState> {
        let Some(live) = self.live.remove(&code) else { return Vec::new() };
        if let Some(state) = live.state.and_then(|index| self.state_at(index)) {
            // Nobody may switch the events of a code object that is no more.
            state.sleeper.reset();
            self.idle.entry(state.parameters()).or_default().push(state);
        }
        live.users.into_iter().filter_map(|index| self.state_at(index)).collect()
    }

    /// Every code object that is known by its address.
    pub(crate) fn live_code(&self) -> Vec<CodeAddress> {
        self.live.keys().copied().collect()
    }

    pub(crate) fn state_at(&self, index: u32) -> Option<&'static CodeState> {
        self.states.get(index as usize).copied()
    }

    /// Every state ever made.
    pub(crate) fn states(&self) -> impl Iterator<Item = &'static CodeState> + '_ {
        self.states.iter().copied()
    }
}

fn leak_function(id: u32, slots: &'static ghost_ledger::FunctionSlots) -> &'static FunctionState {
    // Functions are bounded and never forgotten: references to them need no count.
    Box::leak(Box::new(FunctionState::new(id, slots)))
}

/// The identity of a function all of whose names are in the ledger: others were never seen.
fn known_identity(texts: &Texts, code: &CodeDescription) -> Option<Identity> {
    let names = [
        texts.known(&code.module)?,
        texts.known(&code.qualname)?,
        texts.known(&code.file)?,
        texts.known(&code.parameters)?,
    ];
    Some((names, code.line, code.kind))
}

fn identity(ledger: &mut Ledger, texts: &mut Texts, code: &CodeDescription) -> Identity {
    let names = [&code.module, &code.qualname, &code.file, &code.parameters];
    (names.map(|text| texts.number(ledger, text)), code.line, code.kind)
}
