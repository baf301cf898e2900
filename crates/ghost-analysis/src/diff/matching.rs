//! Which functions of two sessions are the same.
//!
//! A function is known by module and qualified name; its line may have moved. Where several share
//! that name (lambdas, redefinitions), they are aligned in the order of the source, preferring
//! partners with the same parameters, kind and line.

use std::collections::BTreeMap;

use ghost_model::{Function, FunctionId};

/// Above so many pairs of equally named functions, they are matched by order alone.
const ALIGNED_PAIRS_MAX: usize = 250_000;

/// The same function in both recordings, or one that is in one of them only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) before: Option<FunctionId>,
    pub(super) after: Option<FunctionId>,
}

/// Functions of one name, in the order of the source.
type Group<'a> = Vec<(FunctionId, &'a Function)>;

/// Every function of either side exactly once.
pub(super) fn matches(before: &[Function], after: &[Function]) -> Vec<Match> {
    let mut groups: BTreeMap<(&str, &str), [Group<'_>; 2]> = BTreeMap::new();
    for (side, functions) in [before, after].into_iter().enumerate() {
        for (id, function) in (0..).map(FunctionId).zip(functions) {
            let name = (function.key.module.as_str(), function.key.qualname.as_str());
            groups.entry(name).or_default()[side].push((id, function));
        }
    }
    let mut matches = Vec::with_capacity(before.len().max(after.len()));
    for [mut old, mut new] in groups.into_values() {
        for group in [&mut old, &mut new] {
            group.sort_by(|(_, a), (_, b)| {
                (&a.file, a.key.line, &a.parameters).cmp(&(&b.file, b.key.line, &b.parameters))
            });
        }
        align(&old, &new, &mut matches);
    }
    matches
}

fn align(old: &Group<'_>, new: &Group<'_>, matches: &mut Vec<Match>) {
    let partners = if old.len() == new.len() || old.len() * new.len() > ALIGNED_PAIRS_MAX {
        (0..old.len()).map(|index| (index < new.len()).then_some(index)).collect()
    } else {
        best_alignment(old, new)
    };
    let mut taken = vec![false; new.len()];
    for ((id, _), partner) in old.iter().zip(partners) {
        let after = partner.map(|index: usize| {
            taken[index] = true;
            new[index].0
        });
        matches.push(Match { before: Some(*id), after });
    }
    let rest = new.iter().zip(taken).filter(|(_, taken)| !taken);
    matches.extend(rest.map(|((id, _), _)| Match { before: None, after: Some(*id) }));
}

/// For each of `old` its partner in `new`: order is kept, and all pairs together have as much in
/// common as possible.
fn best_alignment(old: &Group<'_>, new: &Group<'_>) -> Vec<Option<usize>> {
    let width = new.len() + 1;
    // best[i][j]: the best sum for the ends of both lists that begin at i and j.
    let mut best = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let paired = best[(i + 1) * width + j + 1] + similarity(old[i].1, new[j].1);
            let apart = best[(i + 1) * width + j].max(best[i * width + j + 1]);
            best[i * width + j] = paired.max(apart);
        }
    }
    let mut partners = vec![None; old.len()];
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        let here = best[i * width + j];
        if here == best[(i + 1) * width + j + 1] + similarity(old[i].1, new[j].1) {
            partners[i] = Some(j);
            i += 1;
            j += 1;
        } else if here == best[(i + 1) * width + j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    partners
}

/// Being paired at all counts more than everything else two functions can have in common.
fn similarity(old: &Function, new: &Function) -> u32 {
    let common = [
        (old.parameters == new.parameters, 4),
        (old.kind == new.kind, 2),
        (old.key.line == new.key.line, 1),
    ];
    8 + common.into_iter().filter(|(is_same, _)| *is_same).map(|(_, points)| points).sum::<u32>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::{FunctionKey, FunctionKind};
    use proptest::prelude::*;

    fn function(qualname: &str, line: u32, parameters: &str) -> Function {
        Function {
            key: FunctionKey { module: "shop".into(), qualname: qualname.into(), line },
            file: "shop.py".into(),
            parameters: parameters.into(),
            kind: FunctionKind::Function,
        }
    }

    fn pairs(before: &[Function], after: &[Function]) -> Vec<(Option<u32>, Option<u32>)> {
        let line = |side: &[Function], id: Option<FunctionId>| Some(side[id?.index()].key.line);
        matches(before, after)
            .into_iter()
            .map(|found| (line(before, found.before), line(after, found.after)))
            .collect()
    }

    #[test]
    fn a_function_that_moved_is_the_same() {
        let before = [function("a", 10, ""), function("b", 20, "")];
        let after = [function("b", 1, "x"), function("c", 2, "")];
        let found = pairs(&before, &after);
        assert_eq!(found, [(Some(10), None), (Some(20), Some(1)), (None, Some(2))]);
    }

    #[test]
    fn functions_of_one_name_are_matched_in_order() {
        let lambda = |line, parameters| function("<lambda>", line, parameters);
        let before = [lambda(10, "a"), lambda(20, "b"), lambda(30, "c")];
        let moved = [lambda(20, "a"), lambda(30, "b"), lambda(40, "c")];
        let found = pairs(&before, &moved);
        assert_eq!(found, [(Some(10), Some(20)), (Some(20), Some(30)), (Some(30), Some(40))]);
        let inserted = [lambda(10, "a"), lambda(15, "new"), lambda(21, "b"), lambda(31, "c")];
        let found = pairs(&before, &inserted);
        assert_eq!(
            found,
            [(Some(10), Some(10)), (Some(20), Some(21)), (Some(30), Some(31)), (None, Some(15))]
        );
    }

    proptest! {
        #[test]
        fn every_function_is_matched_once(
            before in prop::collection::vec((0..4_u32, 1..50_u32, 0..3_u32), 0..25),
            after in prop::collection::vec((0..4_u32, 1..50_u32, 0..3_u32), 0..25),
        ) {
            let build = |side: &[(u32, u32, u32)]| -> Vec<Function> {
                side.iter().map(|(n, line, p)| function(&format!("f{n}"), *line, &"p".repeat(*p as usize))).collect()
            };
            let (before, after) = (build(&before), build(&after));
            let found = matches(&before, &after);
            let mut old: Vec<_> = found.iter().filter_map(|found| found.before).collect();
            let mut new: Vec<_> = found.iter().filter_map(|found| found.after).collect();
            old.sort();
            new.sort();
            prop_assert_eq!(old, (0..before.len() as u32).map(FunctionId).collect::<Vec<_>>());
            prop_assert_eq!(new, (0..after.len() as u32).map(FunctionId).collect::<Vec<_>>());
            for pair in found {
                if let (Some(old), Some(new)) = (pair.before, pair.after) {
                    prop_assert_eq!(&before[old.index()].key.qualname, &after[new.index()].key.qualname);
                }
            }
        }
    }
}
