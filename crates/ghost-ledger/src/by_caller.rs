//! Cells by caller: into their profiles, and summed up to what older layouts counted apart.
//!
//! Sums are found by key, not by search: a made-up ledger may have any number of cells for one
//! function.

use std::collections::HashMap;
use std::hash::Hash;

use ghost_model::{FunctionId, Profile, Signature, TypeId};

/// One cell: what was counted (a signature or a type) of which function, under which caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallerCell {
    pub(crate) function: u32,
    pub(crate) key: u32,
    pub(crate) caller: u32,
    pub(crate) count: u64,
}

/// The cells of a ledger in their order, until every record is known.
#[derive(Debug, Default)]
pub(crate) struct ByCaller {
    pub(crate) args: Vec<CallerCell>,
    pub(crate) returns: Vec<CallerCell>,
}

impl ByCaller {
    /// Adds the cells to the profiles they belong to, and their sums to `args`, `callers` and
    /// `returns`. Cells that belong to nothing are left out.
    pub(crate) fn settle(self, profiles: &mut [Profile], signatures: &[Signature]) {
        let (mut by_signature, mut by_caller) = (Sums::default(), Sums::default());
        for cell in self.args {
            let Some(profile) = profiles.get_mut(cell.function as usize) else { continue };
            let Some(signature) = signatures.get(cell.key as usize) else { continue };
            let caller = FunctionId(cell.caller);
            let key = (cell.function, cell.key);
            by_signature.add(&mut profile.args, key, || signature.clone(), cell.count);
            by_caller.add(
                &mut profile.callers,
                (cell.function, cell.caller),
                || caller,
                cell.count,
            );
            profile.args_by_caller.push(((caller, signature.clone()), cell.count));
        }
        let mut by_type = Sums::default();
        for cell in self.returns {
            let Some(profile) = profiles.get_mut(cell.function as usize) else { continue };
            let class = TypeId(cell.key);
            by_type.add(&mut profile.returns, (cell.function, cell.key), || class, cell.count);
            profile.returns_by_caller.push(((FunctionId(cell.caller), class), cell.count));
        }
    }
}

/// Where the sum for a key stands in the list it belongs to.
struct Sums<K>(HashMap<K, usize>);

impl<K> Default for Sums<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash> Sums<K> {
    fn add<T>(&mut self, list: &mut Vec<(T, u64)>, key: K, name: impl FnOnce() -> T, count: u64) {
        let place = *self.0.entry(key).or_insert(list.len());
        match list.get_mut(place) {
            Some((_, sum)) => *sum = sum.saturating_add(count),
            None => list.push((name(), count)),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells() -> impl Strategy<Value = Vec<CallerCell>> {
        let cell = (0_u32..3, 0_u32..4, 0_u32..4, 1_u64..1000);
        let cell = cell.prop_map(|(function, key, caller, count)| CallerCell {
            function,
            key,
            caller,
            count,
        });
        prop::collection::vec(cell, 0..40)
    }

    fn sum<K>(counts: &[(K, u64)], belongs: impl Fn(&K) -> bool) -> u64 {
        counts.iter().filter(|(key, _)| belongs(key)).map(|(_, count)| count).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

        #[test]
        fn sums_are_those_of_the_pairs(args in cells(), returns in cells()) {
            let signatures: Vec<Signature> = (0..4).map(|id| vec![TypeId(id)]).collect();
            let mut profiles = vec![Profile::default(); 3];
            ByCaller { args, returns }.settle(&mut profiles, &signatures);
            for profile in &profiles {
                for (signature, count) in &profile.args {
                    prop_assert_eq!(sum(&profile.args_by_caller, |(_, s)| s == signature), *count);
                }
                for (caller, count) in &profile.callers {
                    prop_assert_eq!(sum(&profile.args_by_caller, |(c, _)| c == caller), *count);
                }
                for (class, count) in &profile.returns {
                    prop_assert_eq!(sum(&profile.returns_by_caller, |(_, t)| t == class), *count);
                }
                prop_assert_eq!(sum(&profile.args, |_| true), sum(&profile.callers, |_| true));
            }
        }
    }

    #[test]
    fn cells_of_nothing_are_left_out() {
        let cell = CallerCell { function: 7, key: 0, caller: 0, count: 1 };
        let mut profiles = vec![Profile::default()];
        let unknown = CallerCell { function: 0, key: 9, ..cell };
        ByCaller { args: vec![cell, unknown], returns: vec![cell] }.settle(&mut profiles, &[]);
        assert_eq!(profiles, [Profile::default()]);
    }
}
