//! What a statement is made of, and the reason for giving up on one.
//!
//! A token is a range of the statement; nothing is copied, unescaped or interpreted.

/// One piece of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: TokenKind,
    /// Its first byte.
    pub(super) start: usize,
    /// The byte after it.
    pub(super) end: usize,
    /// Whether white space or a comment stands before it.
    pub(super) after_gap: bool,
}

impl Token {
    /// Its text in the statement it came from.
    pub(super) fn text(self, statement: &str) -> &str {
        statement.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether it is this operator or punctuation mark.
    pub(super) fn is(self, symbol: u8) -> bool {
        self.kind == TokenKind::Symbol(symbol)
    }
}

/// The kinds of pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A keyword or an identifier without quotes.
    Word,
    /// A quoted identifier.
    Name,
    /// In double quotes, where the place decides between identifier and literal.
    NameOrText,
    /// A quoted literal of any style.
    Text,
    /// A literal without quotes: a number, or what only a value would look like.
    Number,
    /// A placeholder for a value: `?`, `$1`, `:name`, `%s`, `%(name)s`, `@p1`.
    Parameter,
    /// One character of an operator or punctuation; `::` is one of `:`.
    Symbol(u8),
    /// The statement goes on, but not for us: it was too long, or somebody cut it with `…`.
    Cut,
}

/// Why a statement cannot be told apart from its values. Its text is dropped then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// A quote or comment without its end.
    Unterminated,
    /// Servers read this differently, depending on the dialect or a setting we cannot see.
    Ambiguous,
    /// A character that no dialect has outside quotes.
    Foreign,
    /// A literal where the grammar has no place for one: the quotes are not where we think.
    Misplaced,
    /// Not a statement that we know, or one that holds nothing but a secret.
    Unknown,
}
