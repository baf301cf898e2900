//! How the dialects differ in writing: one constant each, as data for the tokenizer.
//!
//! Where a server's setting decides (backslashes, double quotes), the rule says so, and the tokenizer
//! gives up on what would be read in two ways. What a statement means is not here.

/// How one dialect writes literals, names and comments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// What a backslash does in `'…'`, and in `"…"` where that may be a literal.
    pub(super) backslash: Backslash,
    /// What `"…"` is.
    pub(super) double_quote: DoubleQuote,
    /// Whether `` `…` `` is a name.
    pub(super) backtick_quotes: bool,
    /// What `[` begins.
    pub(super) bracket: Bracket,
    /// What `#` begins.
    pub(super) hash: Hash,
    /// What `--` begins.
    pub(super) dashes: Dashes,
    /// What `//` begins.
    pub(super) slashes: Slashes,
    /// What `/*` inside a comment does.
    pub(super) nesting: Nesting,
    /// What `$` begins.
    pub(super) dollar: Dollar,
    /// What `:` before a word or number begins.
    pub(super) colon: Colon,
    /// Whether `/*! … */` is code.
    pub(super) runs_comments: bool,
    /// Words that change how the quote right behind them is read.
    pub(super) prefixes: &'static [(&'static str, Prefix)],
    /// Whether an unknown word that begins with `_` is such a prefix too: a character set.
    pub(super) has_introducers: bool,
    /// What follows `?`.
    pub(super) question_mark: QuestionMark,
    /// The language that is written this way.
    pub(super) language: Language,
}

/// What the tokens mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// SQL.
    Sql,
    /// SQL with bare words as arguments of `EXEC`.
    TransactSql,
    /// Cypher.
    Cypher,
}

/// What a backslash does inside quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backslash {
    /// Nothing.
    Plain,
    /// It takes its meaning from the character behind it.
    Escapes,
    /// One or the other, by a setting of the server.
    Depends,
    /// As `Escapes`, and `\u0027` may be a quote already before the statement is read.
    EscapesEarly,
}

/// What double quotes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DoubleQuote {
    /// An identifier, unless a mistake is likelier.
    Name,
    /// A literal.
    Text,
    /// An identifier where nothing else can stand, else perhaps a literal.
    ByPlace,
}

/// What `[` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bracket {
    /// An identifier, with `]]` for `]`.
    Name,
    /// An identifier without any `]`.
    PlainName,
    /// A list or subscript.
    List,
    /// One or the other.
    Unsure,
}

/// What `#` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    /// A comment up to the end of the line.
    Comment,
    /// An operator.
    Operator,
    /// A letter.
    Letter,
    /// A letter, but not the first of a word.
    LaterLetter,
    /// None of these for certain.
    Unsure,
}

/// What `--` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dashes {
    /// A comment.
    Comment,
    /// A comment if white space follows, else twice an operator.
    CommentBeforeSpace,
    /// Twice an operator.
    Operator,
    /// A comment if white space follows, else unsure.
    Unsure,
}

/// What `//` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slashes {
    /// A comment.
    Comment,
    /// Nothing.
    Operator,
    /// A comment or an operator.
    Unsure,
}

/// What a comment that begins inside a comment does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nesting {
    /// It needs an end of its own.
    Nests,
    /// Nothing.
    Flat,
    /// One or the other.
    Unsure,
}

/// What `$` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dollar {
    /// `$tag$…$tag$`, and `$1` as a placeholder.
    Quotes,
    /// An amount of money, and `$action`.
    Money,
    /// `$name` and `$1` as placeholders.
    Parameter,
    /// The first letter of a word.
    Letter,
    /// None of these for certain.
    Unsure,
}

/// What `:` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colon {
    /// `:name` is a placeholder.
    Parameter,
    /// `:name` and `:1` are placeholders.
    NumberedParameter,
    /// Punctuation.
    Symbol,
}

/// What may follow `?`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QuestionMark {
    /// Nothing that belongs to it.
    Bare,
    /// A number.
    Numbered,
}

/// How the quote behind a prefix is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    /// As without it.
    Plain,
    /// Backslashes escape.
    Escaped,
    /// Oracle's `q'[…]'`: any character, its partner at the end.
    Delimited,
}

pub(super) const POSTGRESQL: Rules = Rules {
    backslash: Backslash::Depends,
    double_quote: DoubleQuote::Name,
    backtick_quotes: false,
    bracket: Bracket::List,
    hash: Hash::Operator,
    dashes: Dashes::Comment,
    slashes: Slashes::Operator,
    nesting: Nesting::Nests,
    dollar: Dollar::Quotes,
    colon: Colon::Parameter,
    runs_comments: false,
    prefixes: &[
        ("E", Prefix::Escaped),
        ("N", Prefix::Plain),
        ("X", Prefix::Plain),
        ("B", Prefix::Plain),
    ],
    has_introducers: false,
    question_mark: QuestionMark::Bare,
    language: Language::Sql,
};

pub(super) const MYSQL: Rules = Rules {
    double_quote: DoubleQuote::Text,
    backtick_quotes: true,
    hash: Hash::Comment,
    dashes: Dashes::CommentBeforeSpace,
    nesting: Nesting::Flat,
    dollar: Dollar::Letter,
    runs_comments: true,
    prefixes: &[("N", Prefix::Plain), ("X", Prefix::Plain), ("B", Prefix::Plain)],
    has_introducers: true,
    ..POSTGRESQL
};

pub(super) const SQLITE: Rules = Rules {
    backslash: Backslash::Plain,
    double_quote: DoubleQuote::ByPlace,
    backtick_quotes: true,
    bracket: Bracket::PlainName,
    hash: Hash::Unsure,
    nesting: Nesting::Flat,
    dollar: Dollar::Parameter,
    colon: Colon::NumberedParameter,
    prefixes: &[("X", Prefix::Plain)],
    question_mark: QuestionMark::Numbered,
    ..POSTGRESQL
};

pub(super) const MSSQL: Rules = Rules {
    backslash: Backslash::Plain,
    double_quote: DoubleQuote::ByPlace,
    bracket: Bracket::Name,
    hash: Hash::Letter,
    dollar: Dollar::Money,
    prefixes: &[("N", Prefix::Plain)],
    language: Language::TransactSql,
    ..POSTGRESQL
};

pub(super) const ORACLE: Rules = Rules {
    backslash: Backslash::Plain,
    bracket: Bracket::List,
    hash: Hash::LaterLetter,
    nesting: Nesting::Flat,
    dollar: Dollar::Unsure,
    colon: Colon::NumberedParameter,
    prefixes: &[("N", Prefix::Plain), ("Q", Prefix::Delimited), ("NQ", Prefix::Delimited)],
    ..POSTGRESQL
};

/// Any other: whatever two dialects read differently is given up.
pub(super) const GENERIC: Rules = Rules {
    double_quote: DoubleQuote::ByPlace,
    backtick_quotes: true,
    bracket: Bracket::Unsure,
    hash: Hash::Unsure,
    dashes: Dashes::Unsure,
    slashes: Slashes::Unsure,
    nesting: Nesting::Unsure,
    dollar: Dollar::Unsure,
    runs_comments: true,
    prefixes: &[
        ("E", Prefix::Plain),
        ("N", Prefix::Plain),
        ("X", Prefix::Plain),
        ("B", Prefix::Plain),
    ],
    ..POSTGRESQL
};

pub(super) const CYPHER: Rules = Rules {
    backslash: Backslash::EscapesEarly,
    double_quote: DoubleQuote::Text,
    backtick_quotes: true,
    hash: Hash::Unsure,
    dashes: Dashes::Operator,
    slashes: Slashes::Comment,
    nesting: Nesting::Flat,
    dollar: Dollar::Parameter,
    colon: Colon::Symbol,
    prefixes: &[],
    language: Language::Cypher,
    ..POSTGRESQL
};
