//! What ran below what: each call on one node, each nanosecond too, and their sums those of functions.
#![cfg(not(miri))] // Maps files.
#![expect(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

#[expect(dead_code, reason = "the stage serves other tests too")]
mod stage;

use std::collections::{BTreeMap, HashMap};

use ghost_model::{Counter, FunctionKind};
use ghost_tracer::{CodeState, limits};
use proptest::prelude::*;
use stage::{Counted, Stage, function};

fn tree(recording: &Counted) -> Vec<(String, u64, u64)> {
    sums_agree(recording);
    recording.call_tree()
}

fn sums_agree(recording: &Counted) {
    for (id, function, profile) in recording.observed() {
        let expected = (profile.call_count(), profile.self_ns);
        assert_eq!(recording.in_call_tree(id), expected, "{}", function.key.qualname);
    }
}

fn lines(expected: &[(&str, u64, u64)]) -> Vec<(String, u64, u64)> {
    expected.iter().map(|&(path, calls, ns)| (path.to_owned(), calls, ns)).collect()
}

#[test]
fn a_function_has_a_node_for_each_way_to_it() {
    let mut stage = Stage::with_tree();
    let [a, b, c] = [1, 2, 3].map(|code| stage.observe(code, &function(&format!("f{code}"), 0)));
    for (at, above) in [(0, a), (100, b), (200, a)] {
        stage.at(at).start(above, 10, &[], 0);
        stage.at(at + 10).start(c, 11, &[], 1);
        stage.at(at + 13).finish(c, 11, 600);
        stage.at(at + 20).finish(above, 10, 600);
    }
    let expected = [("f1", 2, 34), ("f1/f3", 2, 6), ("f2", 1, 17), ("f2/f3", 1, 3)];
    assert_eq!(tree(&stage.recording()), lines(&expected));
}

#[test]
fn a_function_that_calls_itself_stays_on_its_node() {
    let mut stage = Stage::with_tree();
    let f = stage.observe(1, &function("f", 0));
    let g = stage.observe(2, &function("g", 0));
    for depth in 0..5 {
        stage.at(depth).start(f, 10 + depth as usize, &[], 1);
    }
    stage.at(5).start(g, 20, &[], 1);
    stage.at(7).finish(g, 20, 600);
    for depth in (0..5).rev() {
        stage.at(10).finish(f, 10 + depth, 600);
    }
    assert_eq!(tree(&stage.recording()), lines(&[("f", 5, 8), ("f/g", 1, 2)]));
}

#[test]
fn functions_that_call_each_other_go_down() {
    let mut stage = Stage::with_tree();
    let [f, g] = [1, 2].map(|code| stage.observe(code, &function(&format!("f{code}"), 0)));
    for (frame, code) in [f, g, f, g].into_iter().enumerate() {
        stage.at(frame as u64).start(code, frame, &[], 1);
    }
    for (frame, code) in [f, g, f, g].into_iter().enumerate().rev() {
        stage.at(8).finish(code, frame, 600);
    }
    let expected = [("f1", 1, 1), ("f1/f2", 1, 1), ("f1/f2/f1", 1, 1), ("f1/f2/f1/f2", 1, 5)];
    assert_eq!(tree(&stage.recording()), lines(&expected));
}

#[test]
fn time_of_a_generator_is_below_who_resumes_it_and_its_call_below_who_began_it() {
    let mut stage = Stage::with_tree();
    let [a, b] = [1, 2].map(|code| stage.observe(code, &function(&format!("f{code}"), 0)));
    let g = stage.observe(3, &function("g", 0).kind(FunctionKind::Generator));
    stage.at(0).start(a, 10, &[], 0);
    stage.at(1).start(g, 20, &[], 1);
    stage.at(3).suspend(g, 20, Some(501));
    stage.at(4).finish(a, 10, 600);
    stage.at(10).on_stack(2).start(b, 11, &[], 0);
    stage.at(11).resume(g, 20);
    stage.at(15).suspend(g, 20, Some(501));
    stage.at(16).resume(g, 20);
    stage.at(18).finish(g, 20, 600);
    stage.at(20).finish(b, 11, 600);
    let expected = [("f1", 1, 2), ("f1/g", 1, 2), ("f2", 1, 4), ("f2/g", 0, 6)];
    assert_eq!(tree(&stage.recording()), lines(&expected));
}

#[test]
fn threads_begin_at_one_root_and_do_not_mix() {
    let mut stage = Stage::with_tree();
    let [a, b] = [1, 2].map(|code| stage.observe(code, &function(&format!("f{code}"), 0)));
    stage.at(0).on_stack(1).start(a, 10, &[], 0);
    stage.at(2).on_stack(2).start(b, 20, &[], 0);
    stage.at(3).on_stack(1).start(b, 11, &[], 1);
    stage.at(5).on_stack(2).finish(b, 20, 600);
    stage.at(6).on_stack(1).finish(b, 11, 600);
    stage.at(9).finish(a, 10, 600);
    let expected = [("f1", 1, 6), ("f1/f2", 1, 3), ("f2", 1, 3)];
    assert_eq!(tree(&stage.recording()), lines(&expected));
}

#[test]
fn an_exception_ends_a_call_like_any_other() {
    let mut stage = Stage::with_tree();
    let [a, b] = [1, 2].map(|code| stage.observe(code, &function(&format!("f{code}"), 0)));
    stage.at(0).start(a, 10, &[], 0);
    stage.at(1).start(b, 11, &[], 1);
    stage.at(4).raise(b, 11, 700, &[71]);
    stage.at(6).raise(a, 10, 700, &[72, 71]);
    assert_eq!(tree(&stage.recording()), lines(&[("f1", 1, 3), ("f1/f2", 1, 3)]));
}

#[test]
fn a_forked_child_begins_at_the_root_with_what_it_calls() {
    let mut stage = Stage::with_tree();
    let [a, b] = [1, 2].map(|code| stage.observe(code, &function(&format!("f{code}"), 0)));
    stage.at(0).start(a, 10, &[], 0);
    stage.at(1).start(b, 11, &[], 1);
    stage.at(2).finish(b, 11, 600);
    stage.fork();
    stage.at(3).start(b, 11, &[], 1);
    stage.at(7).finish(b, 11, 600);
    assert_eq!(tree(&stage.recording()), lines(&[("f2", 1, 4)]));
    assert_eq!(stage.parent_recording().call_tree(), lines(&[("f1", 1, 0), ("f1/f2", 1, 1)]));
}

#[test]
fn what_is_too_deep_is_told_apart_by_function() {
    let mut stage = Stage::with_tree();
    let codes = [1, 2].map(|code| stage.observe(code, &function(&format!("f{code}"), 0)));
    let depth = limits::CALL_TREE_DEPTH_MAX + 10;
    for frame in 0..depth {
        stage.at(frame as u64).start(codes[frame % 2], frame, &[], 1);
    }
    for frame in (0..depth).rev() {
        stage.at(1000).finish(codes[frame % 2], frame, 600);
    }
    let recording = stage.recording();
    let tree = tree(&recording);
    assert_eq!(recording.counter(Counter::NodesRefused), 10);
    let beyond: Vec<_> = tree.iter().filter(|(path, ..)| path.starts_with('…')).collect();
    let calls: Vec<_> = beyond.iter().map(|(path, calls, _)| (path.as_str(), *calls)).collect();
    assert_eq!(calls, [("…", 0), ("…/f1", 5), ("…/f2", 5)]);
    assert_eq!(tree.len(), limits::CALL_TREE_DEPTH_MAX + 3);
}

#[test]
fn nodes_beyond_the_bound_lose_their_place_and_nothing_else() {
    let mut stage = Stage::with_tree();
    let codes: Vec<_> =
        (0..300).map(|code| stage.observe(code + 1, &function(&format!("f{code}"), 0))).collect();
    // Each once at the top, and below each all the others.
    for above in 0..codes.len() {
        stage.at(0).start(codes[above], 10, &[], 0);
        for below in (0..codes.len()).filter(|below| *below != above) {
            stage.at(1).start(codes[below], 11, &[], above + 1);
            stage.at(2).finish(codes[below], 11, 600);
        }
        stage.at(1000).finish(codes[above], 10, 600);
    }
    let recording = stage.recording();
    sums_agree(&recording);
    let refused = (codes.len() * codes.len() - limits::NODES_MAX) as u64;
    assert_eq!(recording.counter(Counter::NodesRefused), refused);
}

/// What can happen next on a stack.
#[derive(Clone, Copy, Debug)]
enum Step {
    Start { code: usize },
    Finish,
    Raise,
    Suspend,
    Resume,
    Switch { stack: usize },
}

/// Functions 0 to 4; the last two are generators.
const FUNCTIONS: usize = 5;

fn is_generator(code: usize) -> bool {
    code >= 3
}

fn steps() -> impl Strategy<Value = Vec<(Step, u64)>> {
    let step = prop_oneof![
        6 => (0..FUNCTIONS).prop_map(|code| Step::Start { code }),
        4 => Just(Step::Finish),
        1 => Just(Step::Raise),
        2 => Just(Step::Suspend),
        2 => Just(Step::Resume),
        2 => (1_usize..4).prop_map(|stack| Step::Switch { stack }),
    ];
    prop::collection::vec((step, 0_u64..100), 0..300)
}

/// One activation on a stack of the oracle.
#[derive(Clone, Debug)]
struct Running {
    code: usize,
    frame: usize,
    path: Vec<usize>,
}

/// The stage, and beside it the slow way: every stack as it is, and each nanosecond given to the path
/// that is on top.
struct Both {
    stage: Stage,
    codes: Vec<&'static CodeState>,
    stacks: HashMap<usize, Vec<Running>>,
    /// Each stack has a clock of its own: those that wait do not run.
    clocks: HashMap<usize, u64>,
    stack: usize,
    suspended: Vec<(usize, usize)>,
    frames_ended: Vec<usize>,
    frames: usize,
    counted: BTreeMap<Vec<usize>, (u64, u64)>,
}

impl Both {
    fn new() -> Self {
        let mut stage = Stage::with_tree();
        let codes = (0..FUNCTIONS).map(|code| {
            let kind = [FunctionKind::Function, FunctionKind::Generator][usize::from(code >= 3)];
            stage.observe(code + 1, &function(&code.to_string(), 0).kind(kind))
        });
        Self {
            codes: codes.collect(),
            stage,
            stacks: HashMap::new(),
            clocks: HashMap::new(),
            stack: 1,
            suspended: Vec::new(),
            frames_ended: Vec::new(),
            frames: 0,
            counted: BTreeMap::new(),
        }
    }

    fn top(&self) -> Option<Running> {
        self.stacks.get(&self.stack)?.last().cloned()
    }

    fn pass(&mut self, ns: u64) {
        if let Some(top) = self.top() {
            self.counted.entry(top.path).or_default().1 += ns;
        }
        let clock = self.clocks.entry(self.stack).or_default();
        *clock += ns;
        self.stage.on_stack(self.stack).at(*clock);
    }

    fn push(&mut self, code: usize, frame: usize, calls: u64) {
        let mut path = self.top().map(|top| top.path).unwrap_or_default();
        if path.last() != Some(&code) {
            path.push(code);
        }
        self.counted.entry(path.clone()).or_default().0 += calls;
        self.stacks.entry(self.stack).or_default().push(Running { code, frame, path });
    }

    fn pop(&mut self) {
        self.stacks.entry(self.stack).or_default().pop();
    }

    fn start(&mut self, code: usize) {
        let frame = self.frames_ended.pop().unwrap_or_else(|| {
            self.frames += 1;
            1000 + self.frames
        });
        self.stage.start(self.codes[code], frame, &[], 0);
        self.push(code, frame, 1);
    }

    fn resume(&mut self) {
        let Some((code, frame)) = self.suspended.pop() else { return };
        self.stage.resume(self.codes[code], frame);
        self.push(code, frame, 0);
    }

    fn suspend(&mut self) {
        let Some(top) = self.top().filter(|top| is_generator(top.code)) else { return };
        self.stage.suspend(self.codes[top.code], top.frame, None);
        self.pop();
        self.suspended.insert(0, (top.code, top.frame));
    }

    fn end(&mut self, raises: bool) {
        let Some(top) = self.top() else { return };
        if raises {
            self.stage.raise(self.codes[top.code], top.frame, 700, &[71]);
        } else {
            self.stage.finish(self.codes[top.code], top.frame, 600);
        }
        self.pop();
        self.frames_ended.push(top.frame);
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Start { code } => self.start(code),
            Step::Finish => self.end(false),
            Step::Raise => self.end(true),
            Step::Suspend => self.suspend(),
            Step::Resume => self.resume(),
            Step::Switch { stack } => self.stack = stack,
        }
    }

    /// Own time counts when a stretch ends: here all end.
    fn end_all(&mut self) {
        for stack in self.stacks.keys().copied().collect::<Vec<_>>() {
            self.stack = stack;
            self.pass(0);
            while self.top().is_some() {
                self.end(false);
            }
        }
    }

    fn expected(&self) -> Vec<(String, u64, u64)> {
        let name = |path: &[usize]| path.iter().map(usize::to_string).collect::<Vec<_>>().join("/");
        let paths = self.counted.iter().map(|(path, &(calls, ns))| (name(path), calls, ns));
        let mut paths: Vec<_> = paths.filter(|(_, calls, ns)| (*calls, *ns) != (0, 0)).collect();
        paths.sort();
        paths
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn every_call_and_nanosecond_is_where_a_plain_count_has_it(steps in steps()) {
        let mut both = Both::new();
        for (step, ns) in steps {
            both.pass(ns);
            both.take(step);
        }
        both.end_all();
        let recording = both.stage.recording();
        let mut found = recording.call_tree();
        found.retain(|(_, calls, ns)| (*calls, *ns) != (0, 0));
        prop_assert_eq!(found, both.expected());
        for (id, _, profile) in recording.observed() {
            prop_assert_eq!(recording.in_call_tree(id), (profile.call_count(), profile.self_ns));
        }
    }
}
