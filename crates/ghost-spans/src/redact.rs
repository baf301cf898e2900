//! Statements without values: what may be known outside the process of a query.
//!
//! A statement is read by the rules of its dialect, and written again with `?` for each literal. Where
//! it could be read in two ways, or where a value may stand without quotes, the text is dropped: what
//! is shown is certain. `docs/redaction.md` has the rules and examples.
//!
//! Deliberately not a parser of SQL: what a statement means, whether it is valid and which columns it
//! uses is not known here. Parameters are never seen. Nothing here does I/O or recurses, and time and
//! memory are bounded for any input.

mod cache;
mod cypher_summary;
mod folds;
mod gaps;
mod items;
mod keywords;
mod lexer;
mod masks;
mod mongo;
mod names;
mod operands;
mod output;
mod quoted;
mod redis;
mod rules;
mod sql_summary;
mod statement;
mod summary;
mod system;
mod token;
mod verbs;

#[cfg(test)]
mod canary_tests;
#[cfg(test)]
mod golden_tests;

use std::sync::Arc;

pub use cache::RedactionCache;
pub use mongo::mongo;
pub use output::REDACTED_BYTES_MAX;
pub use summary::{Summary, summary};

use rules::Rules;
use system::Speech;

/// What may be known of a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redacted {
    /// The statement with `?` for every value; `None` where that is not certain.
    pub text: Option<Arc<str>>,
    /// What it does: `SELECT`, `CREATE TABLE`, `MATCH`, `GET`.
    pub operation: Option<&'static str>,
    /// The main table or label, qualified as in the statement.
    pub collection: Option<Arc<str>>,
}

/// What may be known of `statement`, sent to a database that drivers or OpenTelemetry call `system`.
pub fn redact(system: &str, statement: &str) -> Redacted {
    match Speech::of(system) {
        Speech::Statements(rules) => redact_statement(statement, rules),
        Speech::Redis => Redacted {
            text: redis::redact(statement).map(Arc::from),
            operation: redis::operation(statement),
            collection: None,
        },
        Speech::Documents => Redacted::default(),
    }
}

fn redact_statement(statement: &str, rules: &'static Rules) -> Redacted {
    let (text, summary) = match statement::redact(statement, rules) {
        Ok(text) => (Some(text), summary::of_statement(statement, rules)),
        Err(doubt) => (None, summary::of_doubtful(statement, rules, doubt)),
    };
    let Summary { operation, collection } = summary;
    // Nobody knows what a statement is that begins with an unknown word.
    let text = text.filter(|_| operation.is_some()).map(Arc::from);
    Redacted { text, operation, collection }
}
