//! What changed between two states of a list: rows by key, only those that are new or different, the
//! most changed first, no more than asked for. Pure; knows neither topics nor JSON.

use std::cmp::Reverse;
use std::collections::HashMap;

/// A row of a list that is watched.
pub(crate) trait Row {
    /// What makes it the same row in two states of the list.
    type Key: Eq + std::hash::Hash + Ord + Clone;

    /// Its key.
    fn key(&self) -> Self::Key;

    /// How much happened in it: where this grew most, most has changed.
    fn weight(&self) -> u64;

    /// Whether both would be shown the same.
    fn is_like(&self, other: &Self) -> bool;
}

/// What changed.
#[derive(Debug)]
pub(crate) struct Delta<'rows, R: Row> {
    /// New and different rows, the most changed first.
    pub(crate) rows: Vec<&'rows R>,
    /// Keys of rows that are gone, in order.
    pub(crate) removed: Vec<R::Key>,
    /// Rows that changed, too, but were more than asked for.
    pub(crate) more_count: u64,
}

impl<'rows, R: Row> Delta<'rows, R> {
    /// From `before` to `after`; the keys within each must be different. At most `rows_max` rows and
    /// as many removed keys are told.
    pub(crate) fn between(before: &[R], after: &'rows [R], rows_max: usize) -> Self {
        let mut gone: HashMap<R::Key, &R> = before.iter().map(|row| (row.key(), row)).collect();
        let mut changed: Vec<(u64, &R)> = Vec::new();
        for row in after {
            match gone.remove(&row.key()) {
                Some(old) if old.is_like(row) => {}
                Some(old) => changed.push((row.weight().abs_diff(old.weight()), row)),
                None => changed.push((row.weight(), row)),
            }
        }
        let mut removed: Vec<R::Key> = gone.into_keys().collect();
        removed.sort();
        let more = changed.len().saturating_sub(rows_max) + removed.len().saturating_sub(rows_max);
        removed.truncate(rows_max);
        Self { rows: most_changed(changed, rows_max), removed, more_count: more as u64 }
    }
}

fn most_changed<R: Row>(mut changed: Vec<(u64, &R)>, rows_max: usize) -> Vec<&R> {
    let rank = |(change, row): &(u64, &R)| (Reverse(*change), row.key());
    if changed.len() > rows_max {
        // Of a hundred thousand rows only those that are told need an order.
        changed.select_nth_unstable_by_key(rows_max, rank);
        changed.truncate(rows_max);
    }
    changed.sort_by_cached_key(rank);
    changed.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Tally {
        name: u8,
        count: u64,
        detail: u8,
    }

    impl Row for Tally {
        type Key = u8;

        fn key(&self) -> u8 {
            self.name
        }

        fn weight(&self) -> u64 {
            self.count
        }

        fn is_like(&self, other: &Self) -> bool {
            self == other
        }
    }

    fn row(name: u8, count: u64) -> Tally {
        Tally { name, count, detail: 0 }
    }

    fn states() -> impl Strategy<Value = Vec<Tally>> {
        let rows = prop::collection::btree_map(any::<u8>(), (0_u64..9, 0_u8..3), 0..60);
        let list = rows.prop_map(|rows| {
            rows.into_iter().map(|(name, (count, detail))| Tally { name, count, detail }).collect()
        });
        list.prop_shuffle()
    }

    #[test]
    fn only_what_changed_is_told_the_most_changed_first() {
        let before = [row(1, 10), row(2, 10), row(3, 10), row(4, 10)];
        let after = [row(1, 11), row(2, 10), row(3, 99), row(5, 7)];
        let delta = Delta::between(&before, &after, 200);
        let names: Vec<u8> = delta.rows.iter().map(|row| row.name).collect();
        assert_eq!((names, delta.removed, delta.more_count), (vec![3, 5, 1], vec![4], 0));
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let after: Vec<Tally> = (0..9).map(|name| row(name, name.into())).collect();
        let delta = Delta::between(&[], &after, 2);
        assert_eq!((delta.rows, delta.more_count), (vec![&after[8], &after[7]], 7));
        assert_eq!(Delta::between(&after, &[], 4).more_count, 5);
    }

    fn by_name(rows: &[Tally]) -> BTreeMap<u8, Tally> {
        rows.iter().map(|row| (row.name, row.clone())).collect()
    }

    proptest! {
        #[test]
        fn a_delta_leads_from_one_state_to_the_other(before in states(), after in states()) {
            let delta = Delta::between(&before, &after, usize::MAX);
            let mut state = by_name(&before);
            for row in &delta.rows {
                let old = state.insert(row.name, (*row).clone());
                prop_assert_ne!(old.as_ref(), Some(*row));
            }
            for name in &delta.removed {
                prop_assert!(state.remove(name).is_some());
            }
            prop_assert_eq!(state, by_name(&after));
            let is_empty = delta.rows.is_empty() && delta.removed.is_empty();
            prop_assert_eq!(is_empty, by_name(&before) == by_name(&after));
        }

        #[test]
        fn a_bound_keeps_the_first_of_the_same_order(
            before in states(), after in states(), rows_max in 0_usize..9,
        ) {
            let all = Delta::between(&before, &after, usize::MAX);
            let some = Delta::between(&before, &after, rows_max);
            prop_assert_eq!(&some.rows[..], &all.rows[..all.rows.len().min(rows_max)]);
            let told = (some.rows.len() + some.removed.len()) as u64;
            prop_assert_eq!(told + some.more_count, (all.rows.len() + all.removed.len()) as u64);
        }
    }
}
