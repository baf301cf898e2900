//! Who is called by whom: what profiles tell of callers, turned round.

use ghost_model::{FunctionId, Recording};

/// The callees of every function, with how often it called them.
#[derive(Debug, Default)]
pub(crate) struct Callees {
    edges: Vec<(FunctionId, u64)>,
    /// Where the edges of a function begin; one more than there are functions.
    starts: Vec<usize>,
}

impl Callees {
    /// Of all functions of a recording.
    pub(crate) fn of(recording: &Recording) -> Self {
        let mut counts = vec![0_usize; recording.functions.len() + 1];
        let edges = || {
            let ids = (0..).map(FunctionId).zip(&recording.profiles);
            ids.flat_map(|(callee, profile)| {
                profile.callers.iter().map(move |&(caller, count)| (caller, callee, count))
            })
        };
        for (caller, ..) in edges() {
            if let Some(count) = counts.get_mut(caller.index() + 1) {
                *count += 1;
            }
        }
        for place in 1..counts.len() {
            counts[place] += counts[place - 1];
        }
        let starts = counts.clone();
        let mut sorted = vec![(FunctionId::ROOT, 0); starts.last().copied().unwrap_or(0)];
        for (caller, callee, count) in edges() {
            let Some(next) = counts.get_mut(caller.index()) else { continue };
            if let Some(edge) = sorted.get_mut(*next) {
                *edge = (callee, count);
                *next += 1;
            }
        }
        Self { edges: sorted, starts }
    }

    /// Those of one function.
    pub(crate) fn by(&self, caller: FunctionId) -> &[(FunctionId, u64)] {
        let bounds = (self.starts.get(caller.index()), self.starts.get(caller.index() + 1));
        let (Some(&start), Some(&end)) = bounds else { return &[] };
        self.edges.get(start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::Profile;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_edge_is_found_from_its_other_end(
            callers in prop::collection::vec(prop::collection::btree_map(0_u32..6, 1_u64..9, 0..5), 1..6)
        ) {
            let mut recording = Recording::default();
            recording.profiles.clear();
            recording.functions.clear();
            let root = Recording::default().functions[0].clone();
            for callers in &callers {
                recording.functions.push(root.clone());
                let callers = callers.iter().map(|(id, count)| (FunctionId(*id), *count)).collect();
                recording.profiles.push(Profile { callers, ..Profile::default() });
            }
            let callees = Callees::of(&recording);
            for caller in 0..callers.len() as u32 {
                let expected: Vec<(FunctionId, u64)> = (0..).map(FunctionId).zip(&callers)
                    .filter_map(|(id, by)| Some((id, *by.get(&caller)?)))
                    .collect();
                prop_assert_eq!(callees.by(FunctionId(caller)), expected);
            }
            prop_assert_eq!(callees.by(FunctionId(99)), &[]);
        }
    }
}
