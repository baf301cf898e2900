//! Queries added up per database system, operation, collection and redacted statement.

use super::{BEYOND, Durations, count_of, text_of};
use crate::{Attribute, Span};

/// Which queries are added together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatementKey {
    /// The redacted statement; empty where it was not safe to keep.
    pub statement: String,
    /// Database system, as OpenTelemetry names it.
    pub system: String,
    /// `SELECT`, `find`, `GET`.
    pub operation: String,
    /// Table or collection.
    pub collection: String,
}

impl StatementKey {
    /// The statement of a query.
    pub fn of(query: &Span) -> Self {
        Self {
            statement: query.name.clone(),
            system: text_of(query, Attribute::DbSystem),
            operation: text_of(query, Attribute::Operation),
            collection: text_of(query, Attribute::Collection),
        }
    }

    /// Every statement beyond the bound.
    pub fn beyond() -> Self {
        Self { statement: BEYOND.into(), ..Self::default() }
    }

    /// What people call it: the statement, or what else is known of it.
    pub fn label(&self) -> String {
        if !self.statement.is_empty() {
            return self.statement.clone();
        }
        let known = [&self.operation, &self.collection].into_iter().filter(|word| !word.is_empty());
        let words: Vec<&str> = known.map(String::as_str).collect();
        if words.is_empty() { "(statement not kept)".into() } else { words.join(" ") }
    }
}

/// What the queries of one statement add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementTotals {
    /// Queries.
    pub query_count: u64,
    /// Of them failed.
    pub error_count: u64,
    /// Rows returned or changed, where the driver says: see [`Self::rows`].
    pub row_count: u64,
    /// Queries of which the driver said how many rows.
    pub rows_known_count: u64,
    /// How long they took.
    pub duration: Durations,
    /// Time they waited for a connection of the pool.
    pub pool_wait_ns: u64,
}

impl StatementTotals {
    /// Adds one query.
    pub fn add(&mut self, query: &Span) {
        let mut one = Self {
            query_count: 1,
            error_count: u64::from(query.is_error),
            row_count: count_of(query, Attribute::Rows),
            rows_known_count: u64::from(query.int(Attribute::Rows).is_some()),
            pool_wait_ns: count_of(query, Attribute::PoolWaitNs),
            ..Self::default()
        };
        one.duration.add(query.duration_ns);
        self.merge(&one);
    }

    /// Rows returned or changed; `None` where the driver said it of no query.
    pub fn rows(&self) -> Option<u64> {
        (self.rows_known_count > 0).then_some(self.row_count)
    }

    /// Adds other queries of the same statement.
    pub fn merge(&mut self, other: &Self) {
        self.query_count = self.query_count.saturating_add(other.query_count);
        self.error_count = self.error_count.saturating_add(other.error_count);
        self.row_count = self.row_count.saturating_add(other.row_count);
        self.rows_known_count = self.rows_known_count.saturating_add(other.rows_known_count);
        self.pool_wait_ns = self.pool_wait_ns.saturating_add(other.pool_wait_ns);
        self.duration.merge(&other.duration);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AttributeKey, AttributeValue};

    #[test]
    fn no_rows_are_not_the_same_as_nobody_knows_how_many() {
        let mut query = Span::default();
        let mut totals = StatementTotals::default();
        totals.add(&query);
        assert_eq!((totals.row_count, totals.rows()), (0, None));
        query.attributes.push((AttributeKey::Known(Attribute::Rows), AttributeValue::Int(0)));
        totals.add(&query);
        assert_eq!((totals.query_count, totals.rows()), (2, Some(0)));
    }

    #[test]
    fn a_statement_that_was_not_kept_is_called_by_what_is_known() {
        let key = |statement: &str, operation: &str, collection: &str| StatementKey {
            statement: statement.into(),
            operation: operation.into(),
            collection: collection.into(),
            ..StatementKey::default()
        };
        assert_eq!(key("SELECT ?", "SELECT", "").label(), "SELECT ?");
        assert_eq!(key("", "find", "users").label(), "find users");
        assert_eq!(key("", "", "").label(), "(statement not kept)");
    }
}
