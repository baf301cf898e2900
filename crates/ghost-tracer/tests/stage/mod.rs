//! A stage for the tracer: an interpreter that exists only as names, a clock that is set by hand,
//! and a reader of what was counted.

use std::collections::HashMap;
use std::path::PathBuf;

use ghost_ledger::{Identity, LedgerSnapshot, read_ledger};
use ghost_model::{Activation as Example, Counter, Function, FunctionKind, Profile, TypeName};
use ghost_tracer::{
    Activation, CodeAddress, CodeDescription, CodeState, EventsMode, ExceptionAddress,
    FrameAddress, Interpreter, Raised, StackToken, TickRate, Tracer, TypeAddress, TypeDescription,
};

/// Names everything after its address, until told otherwise.
#[derive(Debug, Default)]
struct Names {
    reborn: HashMap<usize, String>,
    out_of_memory: bool,
    /// The span that is current, and how many activations within it are still to be sampled.
    span_id: u64,
    in_detail: u64,
}

impl Interpreter for Names {
    fn describe_type(&mut self, class: TypeAddress) -> TypeDescription {
        let qualname = self.reborn.get(&class.0).cloned();
        TypeDescription {
            module: "app".into(),
            qualname: qualname.unwrap_or_else(|| format!("T{}", class.0)),
            mro: vec!["object".into()],
            mortal: true,
        }
    }

    fn describe_caller(&mut self, code: CodeAddress) -> Option<CodeDescription> {
        (!self.out_of_memory).then(|| function(&format!("external{}", code.0), 0).0)
    }

    fn span_of_sample(&mut self, is_due: bool) -> Option<u64> {
        if !is_due && self.in_detail == 0 {
            return None;
        }
        self.in_detail -= u64::from(!is_due);
        Some(self.span_id)
    }

    fn is_detailing(&self) -> bool {
        self.in_detail > 0
    }
}

/// A code object to observe.
pub(crate) struct Described(CodeDescription);

/// A function with so many positional parameters.
pub(crate) fn function(name: &str, positional: usize) -> Described {
    Described(CodeDescription {
        module: "app".into(),
        qualname: name.into(),
        file: "app.py".into(),
        line: 1,
        positional,
        ..CodeDescription::default()
    })
}

impl Described {
    /// Makes it code of another kind.
    pub(crate) fn kind(mut self, kind: FunctionKind) -> Self {
        self.0.kind = kind;
        self
    }
}

struct Frame<'a> {
    address: usize,
    stack: usize,
    caller: usize,
    parameters: &'a [usize],
}

impl Activation for Frame<'_> {
    fn frame(&self) -> FrameAddress {
        FrameAddress(self.address)
    }
    fn stack(&self) -> StackToken {
        StackToken(self.stack)
    }
    fn stack_root(&self) -> StackToken {
        StackToken(self.stack)
    }
    fn below(&self) -> CodeAddress {
        CodeAddress(self.caller)
    }
    fn caller(&self) -> CodeAddress {
        CodeAddress(self.caller)
    }
    fn parameter_type(&self, index: usize) -> TypeAddress {
        TypeAddress(self.parameters[index])
    }
}

type State = &'static CodeState;

/// The stage.
pub(crate) struct Stage {
    folder: tempfile::TempDir,
    tracer: Tracer<Names>,
    now: u64,
    running_stack: usize,
    forks: usize,
    keeps_tree: bool,
}

impl Stage {
    pub(crate) fn new(events: EventsMode) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.ledger");
        let clock = (TickRate::NANOSECONDS, 0, 0);
        let names = Names::default();
        let tracer = Tracer::begin(&path, &Identity::default(), events, names, clock).unwrap();
        Self { folder, tracer, now: 0, running_stack: 1, forks: 0, keeps_tree: false }
    }

    /// A stage where the call tree is kept.
    pub(crate) fn with_tree() -> Self {
        let mut stage = Self::new(EventsMode::None);
        stage.tracer.keep_call_tree();
        Self { keeps_tree: true, ..stage }
    }

    /// Begins a span of which so many activations are sampled beyond those that are due.
    pub(crate) fn begin_span(&mut self, span_id: u64, in_detail: u64) {
        let names = self.tracer.interpreter();
        (names.span_id, names.in_detail) = (span_id, in_detail);
        self.tracer.begin_detail(self.now, self.now);
    }

    pub(crate) fn at(&mut self, now: u64) -> &mut Self {
        self.now = now;
        self
    }

    pub(crate) fn on_stack(&mut self, stack: usize) -> &mut Self {
        self.running_stack = stack;
        self
    }

    pub(crate) fn observe(&mut self, code: usize, described: &Described) -> State {
        self.tracer.observe(CodeAddress(code), &described.0).unwrap()
    }

    pub(crate) fn start(&mut self, code: State, frame: usize, parameters: &[usize], caller: usize) {
        let frame = Frame { address: frame, stack: self.running_stack, caller, parameters };
        if self.keeps_tree {
            self.tracer.start::<true>(code, &frame, || self.now);
        } else {
            self.tracer.start::<false>(code, &frame, || self.now);
        }
    }

    pub(crate) fn finish(&mut self, code: State, frame: usize, value: usize) {
        let frame = self.frame(frame);
        let value = TypeAddress(value);
        if self.keeps_tree {
            self.tracer.finish::<true>(code.code(), &frame, value, self.now);
        } else {
            self.tracer.finish::<false>(code.code(), &frame, value, self.now);
        }
    }

    pub(crate) fn suspend(&mut self, code: State, frame: usize, value: Option<usize>) {
        let frame = self.frame(frame);
        self.tracer.suspend(code, &frame, value.map(TypeAddress), self.now);
    }

    pub(crate) fn resume(&mut self, code: State, frame: usize) {
        let frame = self.frame(frame);
        self.tracer.resume(code, &frame, || self.now);
    }

    pub(crate) fn raise(&mut self, code: State, frame: usize, class: usize, traceback: &[usize]) {
        let frame = self.frame(frame);
        self.tracer.unwind(code, &frame, &raised(class, traceback), false, self.now);
    }

    pub(crate) fn close(&mut self, code: State, frame: usize) {
        let frame = self.frame(frame);
        self.tracer.unwind(code, &frame, &raised(901, &[71]), true, self.now);
    }

    pub(crate) fn handle(
        &mut self,
        code: State,
        address: usize,
        frame: usize,
        class: usize,
        traceback: &[usize],
    ) {
        let frame = self.frame(frame);
        let raised = raised(class, traceback);
        self.tracer.handle(Some(code), CodeAddress(address), &frame, &raised);
    }

    pub(crate) fn raise_again(&mut self, frame: usize, class: usize, traceback: &[usize]) {
        let frame = self.frame(frame);
        self.tracer.raise_again(&frame, &raised(class, traceback));
    }

    fn frame(&self, frame: usize) -> Frame<'static> {
        Frame { address: frame, stack: self.running_stack, caller: 0, parameters: &[] }
    }

    pub(crate) fn type_dies(&mut self, class: usize, reborn_as: &str) {
        self.tracer.type_died(TypeAddress(class));
        self.tracer.interpreter().reborn.insert(class, reborn_as.into());
    }

    /// From now on callers cannot be named, or can again.
    pub(crate) fn out_of_memory(&mut self, is_out: bool) {
        self.tracer.interpreter().out_of_memory = is_out;
    }

    pub(crate) fn code_dies(&mut self, code: usize) {
        self.tracer.code_died(CodeAddress(code));
    }

    pub(crate) fn fork(&mut self) {
        self.forks += 1;
        let path = self.ledger(self.forks);
        self.tracer.begin_child(&path, &Identity::default()).unwrap();
    }

    fn ledger(&self, fork: usize) -> PathBuf {
        self.folder.path().join(format!("{fork}.ledger"))
    }

    pub(crate) fn recording(&self) -> Counted {
        Counted(read_ledger(&self.ledger(self.forks)).unwrap())
    }

    pub(crate) fn parent_recording(&self) -> Counted {
        Counted(read_ledger(&self.ledger(self.forks - 1)).unwrap())
    }

    pub(crate) fn activations(&self) -> Vec<Example> {
        self.recording().0.activations
    }
}

/// An exception whose traceback is a list of links, the newest first. One object per type.
fn raised(class: usize, traceback: &[usize]) -> Raised {
    // Links count down to 71, the oldest, so that the next one follows from the number alone; a
    // traceback that begins elsewhere has no next link.
    let complete = traceback.last() == Some(&71);
    Raised {
        object: ExceptionAddress(4242),
        class: TypeAddress(class),
        traceback: traceback.first().copied().unwrap_or_default(),
        next_link: if complete { |link| if link > 71 { link - 1 } else { 0 } } else { |_| 0 },
    }
}

/// What was counted.
pub(crate) struct Counted(LedgerSnapshot);

impl Counted {
    pub(crate) fn profile(&self, qualname: &str) -> Named<'_> {
        let (_, _, profile) =
            self.observed().find(|(_, function, _)| function.key.qualname == qualname).unwrap();
        Named { profile, snapshot: &self.0 }
    }

    pub(crate) fn observed(
        &self,
    ) -> impl Iterator<Item = (ghost_model::FunctionId, &Function, &Profile)> {
        self.0.recording.observed()
    }

    /// The call tree as paths with their calls and own time, in one order; what was not used is left out.
    pub(crate) fn call_tree(&self) -> Vec<(String, u64, u64)> {
        let tree = &self.0.call_tree;
        let name = |id| self.0.recording.function(id).key.qualname.clone();
        let path = |place| {
            tree.path(place, usize::MAX).into_iter().map(name).collect::<Vec<_>>().join("/")
        };
        let used = tree.used();
        let nodes = (0..).zip(tree.nodes()).skip(1).filter(|(place, _)| used[*place as usize]);
        let mut lines: Vec<_> =
            nodes.map(|(place, node)| (path(place), node.call_count, node.self_ns)).collect();
        lines.sort();
        lines
    }

    /// Calls and own time of a function over all its nodes.
    pub(crate) fn in_call_tree(&self, id: ghost_model::FunctionId) -> (u64, u64) {
        let nodes = self.0.call_tree.nodes().iter().filter(|node| node.function == id);
        nodes.fold((0, 0), |(calls, ns), node| (calls + node.call_count, ns + node.self_ns))
    }

    pub(crate) fn counter(&self, counter: Counter) -> u64 {
        let found = self.0.process.counters.iter().find(|(known, _)| *known == counter);
        found.map_or(0, |(_, count)| *count)
    }
}

/// A profile whose ids can be read.
pub(crate) struct Named<'a> {
    profile: &'a Profile,
    snapshot: &'a LedgerSnapshot,
}

impl std::ops::Deref for Named<'_> {
    type Target = Profile;
    fn deref(&self) -> &Profile {
        self.profile
    }
}

impl Named<'_> {
    fn class(&self, id: ghost_model::TypeId) -> &str {
        let TypeName { qualname, .. } = &self.snapshot.recording.types[id.index()];
        qualname
    }

    fn function(&self, id: ghost_model::FunctionId) -> &str {
        &self.snapshot.recording.function(id).key.qualname
    }

    pub(crate) fn signatures(&self) -> Vec<String> {
        let text = |types: &[ghost_model::TypeId]| {
            types.iter().map(|&id| self.class(id)).collect::<Vec<_>>().join(", ")
        };
        self.args.iter().map(|(types, count)| format!("({}) {count}", text(types))).collect()
    }

    pub(crate) fn returns(&self) -> Vec<String> {
        self.profile.returns.iter().map(|(id, n)| format!("{} {n}", self.class(*id))).collect()
    }

    pub(crate) fn yields(&self) -> Vec<String> {
        self.profile.yields.iter().map(|(id, n)| format!("{} {n}", self.class(*id))).collect()
    }

    pub(crate) fn handled(&self) -> Vec<String> {
        self.profile.handled.iter().map(|(id, n)| format!("{} {n}", self.class(*id))).collect()
    }

    pub(crate) fn callers(&self) -> Vec<String> {
        self.profile.callers.iter().map(|(id, n)| format!("{} {n}", self.function(*id))).collect()
    }

    /// Who passed which types, in one order whatever came first.
    pub(crate) fn args_by_caller(&self) -> Vec<String> {
        let text = |((caller, types), n): &((_, Vec<_>), _)| {
            let types: Vec<_> = types.iter().map(|&id| self.class(id)).collect();
            format!("{} ({}) {n}", self.function(*caller), types.join(", "))
        };
        sorted(self.profile.args_by_caller.iter().map(text).collect())
    }

    /// Who received which type, in one order.
    pub(crate) fn returns_by_caller(&self) -> Vec<String> {
        let text = |((caller, class), n): &((_, _), _)| {
            format!("{} {} {n}", self.function(*caller), self.class(*class))
        };
        sorted(self.profile.returns_by_caller.iter().map(text).collect())
    }

    pub(crate) fn exceptions(&self) -> Vec<String> {
        let catcher = |id: Option<_>| id.map_or("nobody", |id| self.function(id));
        let text = |e: &ghost_model::ExceptionCount| {
            format!("{} {} {}", self.class(e.exception), catcher(e.caught_by), e.count)
        };
        self.profile.exceptions.iter().map(text).collect()
    }
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}
