//! What a statement does to which table, node label or key space, in two words.
//!
//! The operation is a word of ours, never a word of the statement. The collection is a name as it is
//! written there, without its quotes, and absent where it is not plain: a subquery, a function, a
//! parameter.

use std::sync::Arc;

use super::cypher_summary;
use super::lexer::Lexer;
use super::rules::{Language, Rules};
use super::sql_summary;
use super::system::Speech;
use super::token::Doubt;

/// What a statement does, and to what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What is done: `SELECT`, `CREATE TABLE`, `MATCH`, `GET`.
    pub operation: Option<&'static str>,
    /// The main table or label, qualified as in the statement.
    pub collection: Option<Arc<str>>,
}

/// What `statement` does, in the language of the database `system`.
pub fn summary(statement: &str, system: &str) -> Summary {
    match Speech::of(system) {
        Speech::Statements(rules) => of_statement(statement, rules),
        Speech::Redis => {
            Summary { operation: super::redis::operation(statement), collection: None }
        }
        Speech::Documents => Summary::default(),
    }
}

/// What a statement does that is written by `rules`.
pub(super) fn of_statement(statement: &str, rules: &'static Rules) -> Summary {
    let lexer = Lexer::new(statement, rules);
    match rules.language {
        Language::Cypher => cypher_summary::of(lexer),
        Language::Sql | Language::TransactSql => sql_summary::of(lexer),
    }
}

/// What can be said of a statement whose text is dropped: only what stands before anything in quotes
/// may name a collection.
pub(super) fn of_doubtful(statement: &str, rules: &'static Rules, doubt: Doubt) -> Summary {
    if doubt == Doubt::Unknown {
        return Summary::default();
    }
    let is_doubtful =
        |c: char| matches!(c, '\'' | '"' | '`' | '[' | '$' | '-' | '/' | '#') || !c.is_ascii();
    let end = statement.find(is_doubtful).unwrap_or(statement.len());
    let certain = statement.get(..end).unwrap_or_default();
    let whole_words = certain.rfind(|c: char| c.is_ascii_whitespace()).unwrap_or(0);
    let certain = certain.get(..whole_words).unwrap_or_default();
    Summary {
        operation: of_statement(statement, rules).operation,
        collection: of_statement(certain, rules).collection,
    }
}
