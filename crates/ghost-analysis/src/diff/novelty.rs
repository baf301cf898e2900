//! What is counted on one side and not on the other.

use std::collections::HashMap;
use std::hash::Hash;

/// Things that came and things that went, each with its calls, the most frequent first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Novelty<T> {
    /// Seen in the second session only.
    pub new: Vec<(T, u64)>,
    /// Seen in the first session only.
    pub gone: Vec<(T, u64)>,
}

impl<T> Novelty<T> {
    /// Whether both sides saw the same.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.gone.is_empty()
    }

    /// Calls of the second session with something new, and calls of the first with what went.
    pub(super) fn calls(&self) -> u64 {
        let sum = |counts: &[(T, u64)]| counts.iter().map(|(_, count)| count).sum::<u64>();
        sum(&self.new).max(sum(&self.gone))
    }

    pub(super) fn map<U: Ord>(self, mut name: impl FnMut(T) -> U) -> Novelty<U> {
        let mut named = |counts: Vec<(T, u64)>| {
            let mut named: Vec<(U, u64)> =
                counts.into_iter().map(|(thing, count)| (name(thing), count)).collect();
            named.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            named
        };
        Novelty { new: named(self.new), gone: named(self.gone) }
    }
}

impl<T: Eq + Hash + Clone> Novelty<T> {
    /// Compares two sets of counts. A side that has the overflow entry saw more than it could name:
    /// nothing is called new or gone for having no name there.
    pub(super) fn between(
        old: Vec<(T, u64)>,
        new: Vec<(T, u64)>,
        is_overflow: impl Fn(&T) -> bool,
    ) -> Self {
        let [old, new] = [old, new].map(summed);
        let missing = |from: &HashMap<T, u64>, reference: &HashMap<T, u64>| {
            if reference.keys().any(&is_overflow) {
                return Vec::new();
            }
            let unnamed = |thing: &T| reference.contains_key(thing) || is_overflow(thing);
            from.iter().filter(|(thing, _)| !unnamed(thing)).map(|(t, n)| (t.clone(), *n)).collect()
        };
        Self { new: missing(&new, &old), gone: missing(&old, &new) }
    }
}

fn summed<T: Eq + Hash>(counts: Vec<(T, u64)>) -> HashMap<T, u64> {
    let mut sums: HashMap<T, u64> = HashMap::new();
    for (thing, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        let sum = sums.entry(thing).or_default();
        *sum = sum.saturating_add(count);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(old: &[(u32, u64)], new: &[(u32, u64)]) -> Novelty<u32> {
        Novelty::between(old.to_vec(), new.to_vec(), |thing| *thing == 0).map(|thing| thing)
    }

    #[test]
    fn what_one_side_lacks_is_new_or_gone() {
        let found = between(&[(1, 5), (2, 1), (2, 3)], &[(1, 9), (3, 2), (4, 2), (5, 0)]);
        assert_eq!((found.new, found.gone), (vec![(3, 2), (4, 2)], vec![(2, 4)]));
    }

    #[test]
    fn beyond_the_bound_nothing_is_claimed() {
        let found = between(&[(1, 5), (0, 7)], &[(3, 2)]);
        assert_eq!((found.new, found.gone), (vec![], vec![(1, 5)]));
    }
}
