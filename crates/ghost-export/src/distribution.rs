//! Counts by label: the commonest first, ties in the order of the alphabet, each label once.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::visible;

/// Counts by label, in the order they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Distribution(Vec<(String, u64)>);

impl Distribution {
    /// The same counts under labels a terminal shows as they are.
    pub(crate) fn visible(&self) -> Self {
        self.0.iter().map(|(label, count)| (visible(label).into_owned(), *count)).collect()
    }
}

impl FromIterator<(String, u64)> for Distribution {
    /// Adds the counts of equal labels: two entries of one name would make an invalid object.
    fn from_iter<I: IntoIterator<Item = (String, u64)>>(counts: I) -> Self {
        let mut sums: BTreeMap<String, u64> = BTreeMap::new();
        for (label, count) in counts {
            let sum = sums.entry(label).or_default();
            *sum = sum.saturating_add(count);
        }
        let mut sorted: Vec<(String, u64)> = sums.into_iter().collect();
        sorted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Self(sorted)
    }
}

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(label, count)| (label, count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_labels_are_one_and_the_commonest_is_first() {
        let counts = [("b", 1), ("c", 4), ("a", 1), ("b", 2)];
        let distribution: Distribution =
            counts.into_iter().map(|(label, count)| (label.to_owned(), count)).collect();
        let text = serde_json::to_string(&distribution).unwrap();
        assert_eq!(text, r#"{"c":4,"b":3,"a":1}"#);
    }
}
