//! The statement of a query, as it may leave the process.

use ghost_model::Attribute;
use ghost_spans::encoding::SpanWriter;

/// A redacted statement and what it does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statement {
    text: String,
    operation: Option<String>,
    collection: Option<String>,
}

impl Statement {
    /// Takes the literals out.
    pub(crate) fn redact(_system: &str, _statement: &str) -> Self {
        Self::default()
    }

    /// The text; empty where it was not safe to keep.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What it does: `SELECT`.
    pub(crate) fn operation(&self) -> Option<&str> {
        self.operation.as_deref()
    }

    /// The table it does it to.
    pub(crate) fn collection(&self) -> Option<&str> {
        self.collection.as_deref()
    }

    /// Writes what it does, where an adapter does not know better.
    pub(crate) fn describe(
        &self,
        writer: &mut SpanWriter,
        operation: Option<&str>,
        collection: Option<&str>,
    ) {
        if let Some(operation) = operation.or(self.operation.as_deref()) {
            writer.text(Attribute::Operation, operation);
        }
        if let Some(collection) = collection.or(self.collection.as_deref()) {
            writer.text(Attribute::Collection, collection);
        }
    }
}
