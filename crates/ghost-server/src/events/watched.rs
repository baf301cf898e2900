//! What the stream needs to know of sessions, and no more: so that it can be tested without any.

use std::sync::Arc;

use ghost_model::SessionId;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::delta::{Delta, Row};
use super::message::Topic;

/// Rows of one message, at most.
pub(crate) const ROWS_MAX: usize = 200;

/// Bytes of the rows of one message, at most: names can be long.
const BYTES_MAX: usize = 128 << 10;

/// The sessions there are.
pub(crate) trait Source: Send + Sync + 'static {
    /// A session at one moment.
    type View: Watched;

    /// The session somebody means, or why there is none.
    fn meant(
        self: &Arc<Self>,
        selector: &str,
    ) -> impl Future<Output = Result<SessionId, String>> + Send;

    /// A session as it is now, or why it cannot be read.
    fn seen(
        self: &Arc<Self>,
        id: &SessionId,
    ) -> impl Future<Output = Result<Arc<Self::View>, String>> + Send;
}

/// A session at one moment. Reads disks: asked by threads that may wait.
pub(crate) trait Watched: Send + Sync + 'static {
    /// Changes whenever anything else does.
    fn version(&self) -> &str;

    /// Whether anything can still change.
    fn is_live(&self) -> bool;

    /// What changed of a topic since `before`; everything, where there is none.
    fn changes(&self, before: Option<&Self>, topic: Topic) -> Changes;
}

/// What changed of a topic, ready to be sent.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Rows, as they are in lists.
    pub(crate) items: Vec<Box<RawValue>>,
    /// Keys of rows that are gone.
    pub(crate) removed: Vec<String>,
    /// Rows that are in neither: too many.
    pub(crate) more_count: u64,
}

impl Changes {
    /// From one list of rows to another; `item` is how a row is sent.
    pub(crate) fn between<R: Row, T: Serialize>(
        before: &[R],
        after: &[R],
        item: impl Fn(&R) -> T,
    ) -> Self
    where
        R::Key: ToString,
    {
        let delta = Delta::between(before, after, ROWS_MAX);
        let mut changes = Self {
            removed: delta.removed.iter().map(ToString::to_string).collect(),
            more_count: delta.more_count,
            ..Self::default()
        };
        let mut bytes = 0;
        for row in &delta.rows {
            match to_raw_value(&item(row)) {
                Ok(item) if bytes + item.get().len() <= BYTES_MAX => {
                    bytes += item.get().len();
                    changes.items.push(item);
                }
                _ => changes.more_count += 1,
            }
        }
        changes
    }

    /// The only row of a topic, which is always worth telling.
    pub(crate) fn one(item: Option<&impl Serialize>) -> Self {
        let items = item.into_iter().filter_map(|item| to_raw_value(item).ok()).collect();
        Self { items, ..Self::default() }
    }

    /// Whether there is nothing to tell.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty() && self.removed.is_empty() && self.more_count == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Named(u32, String);

    impl Row for Named {
        type Key = u32;

        fn key(&self) -> u32 {
            self.0
        }

        fn weight(&self) -> u64 {
            self.0.into()
        }

        fn is_like(&self, other: &Self) -> bool {
            self.1 == other.1
        }
    }

    #[test]
    fn a_message_is_bounded_in_rows_and_bytes_and_counts_the_rest() {
        let rows: Vec<Named> = (0..300).map(|n| Named(n, n.to_string())).collect();
        let changes = Changes::between(&[], &rows, |row| row.1.clone());
        assert_eq!((changes.items.len(), changes.more_count), (ROWS_MAX, 100));
        let long: Vec<Named> = (0..9).map(|n| Named(n, "x".repeat(40_000))).collect();
        let changes = Changes::between(&[], &long, |row| row.1.clone());
        assert_eq!((changes.items.len(), changes.more_count), (3, 6));
    }
}
