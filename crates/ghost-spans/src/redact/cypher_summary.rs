//! First clause and first label of a statement of Cypher.
//!
//! Types of relationships are not labels, and neither are keys of maps.

use std::sync::Arc;

use super::items::{Before, Item};
use super::lexer::Lexer;
use super::names::is_shown;
use super::summary::Summary;
use super::token::TokenKind;
use super::verbs::CLAUSES;

/// Words before the first clause that say how it is run.
const PREFIXES: [&str; 4] = ["EXPLAIN", "PROFILE", "OPTIONAL", "CYPHER"];

/// What the statement does that `lexer` is about to read.
pub(super) fn of(mut lexer: Lexer<'_>) -> Summary {
    let operation = first_clause(&mut lexer);
    let collection = operation.and_then(|_| first_label(lexer));
    Summary { operation, collection }
}

fn next<'a>(lexer: &mut Lexer<'a>) -> Option<Item<'a>> {
    let token = lexer.next().ok()??;
    Some(Item::new(token, lexer.text))
}

fn first_clause(lexer: &mut Lexer<'_>) -> Option<&'static str> {
    loop {
        let item = next(lexer)?;
        if item.is_word(&["USE"]) {
            skip_graph(lexer)?;
        } else if !item.is_word(&PREFIXES) && item.kind() != TokenKind::Number {
            return CLAUSES.iter().find(|clause| item.is_word(&[clause])).copied();
        }
    }
}

/// Moves behind the name of the graph that `USE` says.
fn skip_graph(lexer: &mut Lexer<'_>) -> Option<()> {
    loop {
        next(lexer)?;
        let mut ahead = *lexer;
        if !next(&mut ahead)?.is(b'.') {
            return Some(());
        }
        *lexer = ahead;
    }
}

/// The name behind the first `:` in a node, `(:Label` or `(n:Label`.
fn first_label(mut lexer: Lexer<'_>) -> Option<Arc<str>> {
    let mut before = Before::default();
    loop {
        let item = next(&mut lexer)?;
        let in_node = before.is(b'(')
            || (before.last.is_some_and(|last| last.is_name())
                && before.second_last.is_some_and(|item| item.is(b'(')));
        if item.is(b':') && in_node {
            return label(next(&mut lexer)?);
        }
        before.remember(item);
    }
}

fn label(item: Item<'_>) -> Option<Arc<str>> {
    match item.kind() {
        TokenKind::Word => Some(item.text.into()),
        TokenKind::Name if is_shown(item.text) => Some(item.text.trim_matches('`').into()),
        _ => None,
    }
}
