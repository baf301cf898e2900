//! A token with its text, and the two that came before it: all the context that redaction needs.
//!
//! Knows no dialect and decides nothing.

use super::token::{Token, TokenKind};

/// A token and its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    /// The token; its kind may be more precise than what the tokenizer said.
    pub(super) token: Token,
    /// What is written there.
    pub(super) text: &'a str,
}

impl<'a> Item<'a> {
    /// The token with its text in `statement`.
    pub(super) fn new(token: Token, statement: &'a str) -> Self {
        Self { token, text: token.text(statement) }
    }

    /// What it is.
    pub(super) fn kind(&self) -> TokenKind {
        self.token.kind
    }

    /// Whether it is this operator or punctuation mark.
    pub(super) fn is(&self, symbol: u8) -> bool {
        self.token.is(symbol)
    }

    /// Whether it is one of these words, in any case.
    pub(super) fn is_word(&self, words: &[&str]) -> bool {
        self.kind() == TokenKind::Word && words.iter().any(|w| w.eq_ignore_ascii_case(self.text))
    }

    /// Whether it can be a part of a name.
    pub(super) fn is_name(&self) -> bool {
        matches!(self.kind(), TokenKind::Word | TokenKind::Name | TokenKind::NameOrText)
    }
}

/// The two latest items.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Before<'a> {
    /// The latest.
    pub(super) last: Option<Item<'a>>,
    /// The one before it.
    pub(super) second_last: Option<Item<'a>>,
}

impl<'a> Before<'a> {
    /// Makes `item` the latest.
    pub(super) fn remember(&mut self, item: Item<'a>) {
        (self.second_last, self.last) = (self.last, Some(item));
    }

    /// Whether the latest is this mark.
    pub(super) fn is(&self, symbol: u8) -> bool {
        self.last.is_some_and(|last| last.is(symbol))
    }

    /// Whether the latest is one of these words.
    pub(super) fn is_word(&self, words: &[&str]) -> bool {
        self.last.is_some_and(|last| last.is_word(words))
    }
}
