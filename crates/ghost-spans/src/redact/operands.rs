//! Whether a literal can stand where it stands.
//!
//! No dialect has two operands without an operator between them, but for a few keywords. Where we find
//! them, a quote was probably missing its escape (`'O'Brien'`), and all that follows would be read
//! inside out: the values as code.

use super::items::{Before, Item};
use super::keywords::{is_keyword, is_type};
use super::token::{Doubt, TokenKind};

/// Fails if `item` cannot follow. `takes_words`: the words before it may be values (`EXEC`).
pub(super) fn check(before: &Before<'_>, item: &Item<'_>, takes_words: bool) -> Result<(), Doubt> {
    let Some(last) = before.last else { return Ok(()) };
    let is_fine = match (last.kind(), item.kind()) {
        (TokenKind::Text, TokenKind::Word) => is_keyword(item.text),
        (TokenKind::Text, TokenKind::Text) => item.token.after_gap,
        (TokenKind::Text, TokenKind::Parameter) => item.text.starts_with(['?', '%']),
        (TokenKind::Text, TokenKind::Name | TokenKind::NameOrText | TokenKind::Number)
        | (TokenKind::Number, TokenKind::Text) => false,
        (TokenKind::Word, TokenKind::Text) => takes_words || may_precede(before, &last),
        (TokenKind::Parameter, TokenKind::Text) => last.text.starts_with(['?', '%']),
        (TokenKind::Name | TokenKind::NameOrText, TokenKind::Text) => takes_words,
        _ => true,
    };
    if is_fine { Ok(()) } else { Err(Doubt::Misplaced) }
}

/// Whether the word `last` may stand before a literal: a keyword, a type, a character set of MySQL, or
/// the letters in ODBC's `{d '…'}`.
fn may_precede(before: &Before<'_>, last: &Item<'_>) -> bool {
    is_keyword(last.text)
        || is_type(last.text)
        || last.text.starts_with('_')
        || before.second_last.is_some_and(|item| item.is(b'{'))
}
