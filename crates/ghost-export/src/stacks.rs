//! Stacks, as far as they are known. Where a session has a call tree, they are its paths, with all that
//! was counted on each. Else it counted who called whom, and two things can be said without guessing. *Calls*: every edge from a caller to a function has its
//! exact number. *Time*: where all calls of a function come from one caller, all of its time was
//! spent below that caller; the same holds for the caller, so the stack grows upward until a function
//! has several callers. The time of a function with several callers cannot be divided among them: it
//! stands at the bottom of its own stack.
//!
//! Recursion is folded: a function that calls itself has the other functions as its callers. Above a
//! generator or coroutine no time is placed: who asked for the first value need not have asked for
//! the others.

use std::collections::HashSet;

use ghost_model::{CallTree, CallTreeNode, FunctionId, FunctionKind, Recording};

use crate::view::ExportView;

/// Frames of a stack, from its function upward. A program that is one chain of thousands of functions
/// would otherwise make an export that grows with their square.
const DEPTH_MAX: usize = 64;
/// Frames of a path of the call tree: more than a tree that was recorded has, but perhaps one that was
/// made up.
const PATH_MAX: usize = 260;

/// One stack and what was counted on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stack {
    /// The function last.
    pub(crate) frames: Vec<FunctionId>,
    /// Calls of the last function by the one before it.
    pub(crate) calls: u64,
    /// Time in the last function itself.
    pub(crate) self_ns: u64,
}

/// Whether the stacks of a view are whole.
pub(crate) fn are_exact(view: &ExportView<'_>) -> bool {
    view.call_tree.is_some_and(|tree| !tree.is_empty())
}

/// The stacks of all functions of a view: in the order of the tree, or of the view where there is none.
pub(crate) fn stacks(view: &ExportView<'_>) -> Vec<Stack> {
    match view.call_tree.filter(|tree| !tree.is_empty()) {
        Some(tree) => paths(view, tree),
        None => chains(view),
    }
}

/// The paths of the call tree that end in a function of the view.
fn paths(view: &ExportView<'_>, tree: &CallTree) -> Vec<Stack> {
    let wanted: HashSet<FunctionId> = view.functions.iter().copied().collect();
    let is_counted = |node: &CallTreeNode| node.call_count > 0 || node.self_ns > 0;
    let nodes = (0..).zip(tree.nodes()).skip(1);
    nodes
        .filter(|(_, node)| wanted.contains(&node.function) && is_counted(node))
        .map(|(place, node)| Stack {
            frames: tree.path(place, PATH_MAX),
            calls: node.call_count,
            self_ns: node.self_ns,
        })
        .collect()
}

fn chains(view: &ExportView<'_>) -> Vec<Stack> {
    let chains = Chains::of(view.recording);
    let known = |id: &&FunctionId| id.index() < view.recording.profiles.len();
    view.functions.iter().filter(known).flat_map(|id| chains.stacks(view.recording, *id)).collect()
}

/// For each function the one that everything in it was below, if there is one.
struct Chains {
    only_callers: Vec<Option<FunctionId>>,
}

impl Chains {
    fn of(recording: &Recording) -> Self {
        let ids = (0..recording.profiles.len() as u32).map(FunctionId);
        Self { only_callers: ids.map(|id| only_caller(recording, id)).collect() }
    }

    fn stacks(&self, recording: &Recording, function: FunctionId) -> Vec<Stack> {
        let profile = &recording.profiles[function.index()];
        let frames = self.above_all(function, DEPTH_MAX);
        let mut stacks = vec![Stack { frames, calls: 0, self_ns: profile.self_ns }];
        for &(caller, calls) in &profile.callers {
            let frames = self.below(caller, function);
            match stacks.iter_mut().find(|stack| stack.frames == frames) {
                Some(stack) => stack.calls = stack.calls.saturating_add(calls),
                None => stacks.push(Stack { frames, calls, self_ns: 0 }),
            }
        }
        stacks
    }

    /// What is surely above every moment of a function, and the function itself.
    fn above_all(&self, function: FunctionId, depth_max: usize) -> Vec<FunctionId> {
        let mut frames = vec![function];
        let mut current = function;
        while let Some(caller) = self.only_callers.get(current.index()).copied().flatten() {
            if frames.len() == depth_max || frames.contains(&caller) {
                break;
            }
            frames.push(caller);
            current = caller;
        }
        frames.reverse();
        frames
    }

    /// The function below one of its callers.
    fn below(&self, caller: FunctionId, function: FunctionId) -> Vec<FunctionId> {
        if caller == FunctionId::ROOT {
            return vec![function];
        }
        let mut frames = self.above_all(caller, DEPTH_MAX - 1);
        frames.push(function);
        frames
    }
}

/// `None` where a function has several callers, none, or nobody can tell.
fn only_caller(recording: &Recording, function: FunctionId) -> Option<FunctionId> {
    let suspends = matches!(
        recording.function(function).kind,
        FunctionKind::Generator | FunctionKind::Coroutine | FunctionKind::AsyncGenerator
    );
    let callers = &recording.profiles.get(function.index())?.callers;
    let mut others = callers.iter().map(|(caller, _)| *caller).filter(|&id| id != function);
    let first = others.next().filter(|_| !suspends)?;
    (first != FunctionId::ROOT && others.next().is_none()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use ghost_model::{Profile, TypeId};
    use proptest::prelude::*;

    /// Function `i + 1` of kind `kinds[i]` with callers `callers[i]`.
    fn recording(functions: &[(FunctionKind, &[(u32, u64)])]) -> Recording {
        let mut recording = Recording::default();
        for (index, (kind, callers)) in functions.iter().enumerate() {
            recording.functions.push(sample::function(&format!("f{index}"), 1, *kind));
            recording.profiles.push(Profile {
                args: vec![(vec![TypeId(0)], callers.iter().map(|(_, calls)| calls).sum())],
                callers: callers.iter().map(|&(id, calls)| (FunctionId(id), calls)).collect(),
                self_ns: 100 + index as u64,
                ..Profile::default()
            });
        }
        recording
    }

    fn shown(recording: &Recording, id: u32) -> Vec<(Vec<u32>, u64, u64)> {
        let stacks = Chains::of(recording).stacks(recording, FunctionId(id)).into_iter();
        let ids = |stack: &Stack| stack.frames.iter().map(|id| id.0).collect();
        stacks.map(|stack| (ids(&stack), stack.calls, stack.self_ns)).collect()
    }

    use FunctionKind::{Coroutine, Function};

    #[test]
    fn a_call_tree_gives_whole_stacks() {
        let session = sample::session();
        let tree = sample::call_tree();
        let view = ExportView { call_tree: Some(&tree), ..session.view() };
        let expected = [(vec![1], 1, 200), (vec![1, 2], 1500, 90), (vec![1, 2, 1], 0, 7)];
        let ids = |stack: &Stack| stack.frames.iter().map(|id| id.0).collect();
        let shown: Vec<(Vec<u32>, u64, u64)> =
            stacks(&view).iter().map(|stack| (ids(stack), stack.calls, stack.self_ns)).collect();
        assert_eq!(shown, expected);
        let view = ExportView { functions: vec![FunctionId(2)], ..view };
        assert_eq!(stacks(&view).len(), 1);
        assert!(are_exact(&view) && !are_exact(&session.view()));
    }

    #[test]
    fn time_is_below_callers_that_are_the_only_ones() {
        let chain =
            recording(&[(Function, &[(0, 1)]), (Function, &[(1, 5)]), (Function, &[(2, 9)])]);
        assert_eq!(shown(&chain, 3), [(vec![1, 2, 3], 9, 102)]);
        assert_eq!(shown(&chain, 1), [(vec![1], 1, 100)]);
    }

    #[test]
    fn time_with_several_callers_is_not_divided() {
        let fork = recording(&[
            (Function, &[(0, 1)]),
            (Function, &[(1, 2)]),
            (Function, &[(1, 3), (2, 4)]),
        ]);
        let expected = [(vec![3], 0, 102), (vec![1, 3], 3, 0), (vec![1, 2, 3], 4, 0)];
        assert_eq!(shown(&fork, 3), expected);
    }

    #[test]
    fn recursion_is_folded() {
        let recursive = recording(&[(Function, &[(0, 1)]), (Function, &[(1, 1), (2, 20)])]);
        let expected = [(vec![1, 2], 1, 101), (vec![1, 2, 2], 20, 0)];
        assert_eq!(shown(&recursive, 2), expected);
        let mutual = recording(&[(Function, &[(2, 3)]), (Function, &[(1, 3)])]);
        assert_eq!(shown(&mutual, 1), [(vec![2, 1], 0, 100), (vec![1, 2, 1], 3, 0)]);
    }

    #[test]
    fn nothing_is_claimed_above_what_can_be_suspended() {
        let awaited =
            recording(&[(Function, &[(0, 1)]), (Coroutine, &[(1, 2)]), (Function, &[(2, 6)])]);
        assert_eq!(shown(&awaited, 2), [(vec![2], 0, 101), (vec![1, 2], 2, 0)]);
        assert_eq!(shown(&awaited, 3), [(vec![2, 3], 6, 102)]);
    }

    #[test]
    fn a_very_long_chain_is_cut_above() {
        let edges: Vec<[(u32, u64); 1]> = (0..200).map(|caller| [(caller, 1)]).collect();
        let functions: Vec<_> = edges.iter().map(|edge| (Function, edge.as_slice())).collect();
        let stacks = shown(&recording(&functions), 200);
        assert_eq!(stacks.len(), 1);
        assert_eq!(stacks[0].0, (200 - DEPTH_MAX as u32 + 1..=200).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn calls_and_time_are_neither_lost_nor_invented(
            edges in prop::collection::vec(prop::collection::btree_map(0_u32..7, 1_u64..99, 0..4), 6)
        ) {
            let edges: Vec<Vec<(u32, u64)>> =
                edges.into_iter().map(|callers| callers.into_iter().collect()).collect();
            let functions: Vec<_> =
                edges.iter().map(|callers| (Function, callers.as_slice())).collect();
            let recording = recording(&functions);
            for (index, callers) in edges.iter().enumerate() {
                let function = FunctionId(index as u32 + 1);
                let stacks = Chains::of(&recording).stacks(&recording, function);
                let calls: u64 = stacks.iter().map(|stack| stack.calls).sum();
                let self_ns: u64 = stacks.iter().map(|stack| stack.self_ns).sum();
                prop_assert_eq!(calls, callers.iter().map(|(_, calls)| calls).sum::<u64>());
                prop_assert_eq!(self_ns, 100 + index as u64);
            }
        }
    }
}
