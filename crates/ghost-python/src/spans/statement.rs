//! The statement of a query, as it may leave the process.
//!
//! What is taken out of it is decided in `ghost_spans::redact`; here is the cache of the process.

use std::sync::Mutex;

use ghost_model::Attribute;
use ghost_spans::encoding::SpanWriter;
use ghost_spans::redact::{Redacted, RedactionCache, redact};
use pyo3::prelude::*;

/// What was redacted before. Never waited for: used under the interpreter lock, so that it is free but
/// in a child that forked outside of Python, which does without.
static SEEN: Mutex<Option<RedactionCache>> = Mutex::new(None);

/// A redacted statement and what it does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statement {
    redacted: Redacted,
}

impl Statement {
    /// Takes the literals out.
    pub(crate) fn redact(system: &str, statement: &str) -> Self {
        let redacted = match SEEN.try_lock() {
            Ok(mut seen) => seen.get_or_insert_default().redact(system, statement),
            Err(_) => redact(system, statement),
        };
        Self { redacted }
    }

    /// The text; empty where it was not safe to keep.
    pub(crate) fn text(&self) -> &str {
        self.redacted.text.as_deref().unwrap_or_default()
    }

    /// What it does: `SELECT`.
    pub(crate) fn operation(&self) -> Option<&str> {
        self.redacted.operation
    }

    /// The table it does it to.
    pub(crate) fn collection(&self) -> Option<&str> {
        self.redacted.collection.as_deref()
    }

    /// Writes what it does, where an adapter does not know better.
    pub(crate) fn describe(
        &self,
        writer: &mut SpanWriter,
        operation: Option<&str>,
        collection: Option<&str>,
    ) {
        if let Some(operation) = operation.or(self.operation()) {
            writer.text(Attribute::Operation, operation);
        }
        if let Some(collection) = collection.or(self.collection()) {
            writer.text(Attribute::Collection, collection);
        }
    }
}

/// A statement as it is recorded; empty where it is not safe to keep.
#[pyfunction]
#[pyo3(signature = (statement, /, system=""))]
pub(crate) fn redact_statement(statement: &str, system: &str) -> String {
    Statement::redact(system, statement).text().to_owned()
}
