//! Operation and main table of a statement of SQL.
//!
//! Reads tokens up to the table and no further; knows where each verb has it, and nothing else of the
//! grammar.

use std::sync::Arc;

use super::items::{Before, Item};
use super::lexer::Lexer;
use super::names::is_shown;
use super::summary::Summary;
use super::token::TokenKind;
use super::verbs::{OBJECTS, VERBS};

/// Longer than a qualified name of three parts ever is.
const COLLECTION_BYTES_MAX: usize = 256;
/// How many names that `WITH` defines are remembered.
const DEFINED_MAX: usize = 8;

/// Words between a verb and its table.
const MODIFIERS: [&str; 24] = [
    "INTO",
    "FROM",
    "TABLE",
    "ONLY",
    "OR",
    "IGNORE",
    "REPLACE",
    "ABORT",
    "FAIL",
    "ROLLBACK",
    "LOW_PRIORITY",
    "HIGH_PRIORITY",
    "DELAYED",
    "QUICK",
    "OVERWRITE",
    "TOP",
    "PERCENT",
    "IF",
    "NOT",
    "EXISTS",
    "LOCAL",
    "BINARY",
    "CONCURRENTLY",
    "LATERAL",
];
/// Words between `CREATE` and what is created.
const OBJECT_MODIFIERS: [&str; 20] = [
    "OR",
    "REPLACE",
    "ALTER",
    "TEMP",
    "TEMPORARY",
    "UNIQUE",
    "GLOBAL",
    "LOCAL",
    "UNLOGGED",
    "MATERIALIZED",
    "CLUSTERED",
    "NONCLUSTERED",
    "FULLTEXT",
    "SPATIAL",
    "VIRTUAL",
    "EXTERNAL",
    "FOREIGN",
    "PUBLIC",
    "RECURSIVE",
    "CONSTRAINT",
];
/// What the main statement behind `WITH` may begin with.
const MAIN_VERBS: [&str; 7] =
    ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "VALUES"];

/// What the statement does that `lexer` is about to read.
pub(super) fn of(lexer: Lexer<'_>) -> Summary {
    let mut reader =
        Reader { lexer, before: Before::default(), depth: 0, defined: Defined::default() };
    let Some(verb) = reader.first_word() else { return Summary::default() };
    reader.depth = 0;
    reader.summary(verb).unwrap_or_default()
}

/// Names that `WITH` defines, and the first table that they are made of.
#[derive(Clone, Copy, Debug, Default)]
struct Defined<'a> {
    names: [&'a str; DEFINED_MAX],
    count: usize,
    source: Option<Lexer<'a>>,
}

impl<'a> Defined<'a> {
    fn add(&mut self, name: &'a str) {
        if let Some(slot) = self.names.get_mut(self.count) {
            *slot = name;
            self.count += 1;
        }
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().take(self.count).any(|known| known.eq_ignore_ascii_case(name))
    }
}

struct Reader<'a> {
    lexer: Lexer<'a>,
    before: Before<'a>,
    depth: usize,
    defined: Defined<'a>,
}

impl<'a> Reader<'a> {
    /// The next token, until the statement ends or is in doubt.
    fn next(&mut self) -> Option<Item<'a>> {
        let item = Item::new(self.lexer.next().ok()??, self.lexer.text);
        if item.is(b';') {
            return None;
        }
        match item.kind() {
            TokenKind::Symbol(b'(') => self.depth += 1,
            TokenKind::Symbol(b')') => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.before.remember(item);
        Some(item)
    }

    fn peek(&self) -> Option<Item<'a>> {
        let mut ahead = self.lexer;
        ahead.next().ok()?.map(|token| Item::new(token, self.lexer.text))
    }

    /// The verb, behind parentheses, an escape of ODBC, or the `;` that some write before `WITH`.
    fn first_word(&mut self) -> Option<Item<'a>> {
        loop {
            let item = Item::new(self.lexer.next().ok()??, self.lexer.text);
            match item.kind() {
                TokenKind::Word => return Some(item),
                TokenKind::Symbol(b'(' | b'{' | b'=' | b';') | TokenKind::Parameter => {}
                _ => return None,
            }
        }
    }

    fn summary(&mut self, verb: Item<'a>) -> Option<Summary> {
        if verb.is_word(&["WITH"]) {
            let main = self.main_verb()?;
            return self.summary(main);
        }
        let operation = VERBS.iter().find(|known| verb.is_word(&[known])).copied()?;
        Some(match operation {
            "SELECT" => Summary { operation: Some(operation), collection: self.selected() },
            "INSERT" | "UPDATE" | "MERGE" | "REPLACE" | "TRUNCATE" | "COPY" | "TABLE" => {
                Summary { operation: Some(operation), collection: self.table() }
            }
            "DELETE" => Summary { operation: Some(operation), collection: self.deleted() },
            "CREATE" => self.object(operation, 0),
            "ALTER" => self.object(operation, 1),
            "DROP" => self.object(operation, 2),
            _ => Summary { operation: Some(operation), collection: None },
        })
    }

    /// The verb behind the definitions of `WITH`, which are remembered.
    fn main_verb(&mut self) -> Option<Item<'a>> {
        let mut wants_name = true;
        loop {
            let before = self.before;
            let item = self.next()?;
            if self.depth == 0 && item.is_word(&MAIN_VERBS) {
                return Some(item);
            }
            if self.depth == 0 && wants_name && item.is_name() && !item.is_word(&["RECURSIVE"]) {
                self.defined.add(unquoted(item.text));
                wants_name = false;
            }
            wants_name |= self.depth == 0 && item.is(b',');
            if self.depth == 1 && is_source(&before, &item) && self.defined.source.is_none() {
                let is_defined =
                    self.peek().is_some_and(|name| self.defined.has(unquoted(name.text)));
                self.defined.source = (!is_defined).then_some(self.lexer);
            }
        }
    }

    /// The first table behind `FROM`.
    fn selected(&mut self) -> Option<Arc<str>> {
        loop {
            let before = self.before;
            let item = self.next()?;
            if self.depth == 0 && is_source(&before, &item) {
                return self.table();
            }
        }
    }

    /// The table behind `DELETE FROM`, or behind a later `FROM`: `DELETE t FROM users t`.
    fn deleted(&mut self) -> Option<Arc<str>> {
        let has_from = self.peek().is_some_and(|item| item.is_word(&["FROM"]));
        let first = self.table();
        if has_from { first } else { self.selected().or(first) }
    }

    fn object(&mut self, operation: &'static str, column: usize) -> Summary {
        let plain = Summary { operation: Some(operation), collection: None };
        let find = |item: Item<'_>| OBJECTS.iter().find(|object| item.is_word(&[object.word]));
        loop {
            let Some(item) = self.next() else { return plain };
            let Some(object) = find(item) else {
                if item.is_word(&OBJECT_MODIFIERS) {
                    continue;
                }
                return plain;
            };
            let collection = match object.word {
                "TABLE" | "VIEW" => self.table(),
                "INDEX" => self.indexed(),
                _ => None,
            };
            return Summary { operation: object.operations.get(column).copied(), collection };
        }
    }

    /// The table behind `ON`.
    fn indexed(&mut self) -> Option<Arc<str>> {
        while !self.next()?.is_word(&["ON"]) {}
        self.table()
    }

    /// The table that comes next, perhaps behind some more words.
    fn table(&mut self) -> Option<Arc<str>> {
        loop {
            let item = self.next()?;
            if item.is_word(&["TOP"]) && self.peek()?.is(b'(') {
                while !self.next()?.is(b')') {}
            } else if item.kind() == TokenKind::Number || item.is_word(&MODIFIERS) {
                // `TOP 5`, or a modifier.
            } else if item.is_name() {
                return self.resolved(item);
            } else {
                return None;
            }
        }
    }

    /// The table that `first` begins to name; for a name defined by `WITH`, what that is made of.
    fn resolved(&mut self, first: Item<'a>) -> Option<Arc<str>> {
        let name = self.qualified(first)?;
        if !self.defined.has(&name) {
            return Some(name.into());
        }
        self.lexer = self.defined.source?;
        self.defined = Defined::default();
        self.table()
    }

    /// The name that begins with `first`, with all its parts; `None` if it is a function.
    fn qualified(&mut self, first: Item<'a>) -> Option<String> {
        let mut name = part(first)?;
        while let Some(dot) = self.peek().filter(|item| item.is(b'.')) {
            self.next()?;
            name.push_str(dot.text);
            // SQL Server leaves out the schema in `db..users`.
            let item = self.next()?;
            match item.kind() {
                TokenKind::Symbol(b'.') => {
                    name.push_str(item.text);
                    name.push_str(&part(self.next()?)?);
                }
                _ => name.push_str(&part(item)?),
            }
        }
        let is_call = self.peek().is_some_and(|item| item.is(b'(') && !item.token.after_gap);
        let inserts = self.before.second_last.is_some_and(|item| item.is_word(&["INTO", "TABLE"]));
        ((!is_call || inserts) && name.len() <= COLLECTION_BYTES_MAX).then_some(name)
    }
}

/// Whether `item` is the `FROM` before tables, not that of `IS DISTINCT FROM`.
fn is_source(before: &Before<'_>, item: &Item<'_>) -> bool {
    item.is_word(&["FROM"]) && !before.is_word(&["DISTINCT"])
}

/// One part of a name, without quotes.
fn part(item: Item<'_>) -> Option<String> {
    match item.kind() {
        TokenKind::Word => Some(item.text.to_owned()),
        TokenKind::Name | TokenKind::NameOrText if is_shown(item.text) => {
            Some(unquoted(item.text).to_owned())
        }
        _ => None,
    }
}

fn unquoted(name: &str) -> &str {
    name.trim_matches(['"', '`', '[', ']'])
}
