//! Quoted identifiers: which may be shown, and where `"…"` is one although the dialect would take it
//! for a literal elsewhere.
//!
//! SQLite takes `"x"` for a literal when no column has that name, SQL Server and MySQL by a setting;
//! neither can be seen from here. So only the place counts, and what may be a literal is one.

use super::items::{Before, Item};
use super::token::TokenKind;

/// Longer than what the servers allow is no identifier (most allow 63 or 64 characters).
const NAME_CHARACTERS_MAX: usize = 64;

/// Behind these words stands a name, never a literal.
const BEFORE_NAME: [&str; 18] = [
    "FROM",
    "JOIN",
    "INTO",
    "UPDATE",
    "TABLE",
    "INDEX",
    "VIEW",
    "AS",
    "REFERENCES",
    "EXISTS",
    "CONSTRAINT",
    "COLUMN",
    "SAVEPOINT",
    "RELEASE",
    "SET",
    "TRIGGER",
    "ONLY",
    "COLLATE",
];
/// Behind these words stands the name of a table, perhaps with a list of its columns.
const BEFORE_TABLE: [&str; 5] = ["INTO", "TABLE", "REFERENCES", "EXISTS", "ONLY"];
/// Behind these words stands a list of columns.
const BEFORE_COLUMNS: [&str; 5] = ["CONFLICT", "USING", "KEY", "UNIQUE", "COLUMNS"];
/// These end the assignments of an `UPDATE`.
const AFTER_ASSIGNMENTS: [&str; 4] = ["WHERE", "FROM", "RETURNING", "ORDER"];

/// Whether what is in quotes looks like an identifier; else it is shown as `?`.
pub(super) fn is_shown(quoted: &str) -> bool {
    let mut characters = quoted.chars();
    let ends = (characters.next(), characters.next_back());
    let inside = characters.as_str();
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | ' ' | '.');
    ends.1.is_some()
        && inside.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && inside.chars().all(is_part)
        && inside.chars().count() <= NAME_CHARACTERS_MAX
}

/// Whether `"…"` here is more likely a mistake for `'…'`, in dialects where it is always an identifier.
pub(super) fn is_mistake(before: &Before<'_>, byte_ahead: Option<u8>) -> bool {
    let compares = [b'=', b'<', b'>'].iter().any(|symbol| before.is(*symbol))
        || before.is_word(&["LIKE", "ILIKE", "BETWEEN"]);
    compares && byte_ahead != Some(b'.')
}

/// What has been seen of lists, to tell names from literals by place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Places {
    depth: usize,
    target: Target,
    /// Depth of the list of columns we are in.
    columns: Option<usize>,
    /// Depth of the assignments we are in.
    assignments: Option<usize>,
    creates: bool,
}

/// How much of a table's name has been seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Target {
    #[default]
    None,
    /// It, or a list of columns, may come next.
    Wanted,
    /// It is there; `.` or a list of columns may follow.
    Named,
}

impl Places {
    /// Whether `"…"` with `byte_ahead` behind it can only be a name.
    pub(super) fn is_name(&self, before: &Before<'_>, byte_ahead: Option<u8>) -> bool {
        let begins_element = before.is(b'(') || before.is(b',');
        byte_ahead == Some(b'.')
            || before.is(b'.')
            || before.is_word(&BEFORE_NAME)
            || (self.target == Target::Wanted && !before.is(b'('))
            || (begins_element && self.columns == Some(self.depth))
            || (before.is(b',') && self.assignments == Some(self.depth) && byte_ahead == Some(b'='))
    }

    /// Takes note of `item`.
    pub(super) fn observe(&mut self, before: &Before<'_>, item: &Item<'_>) {
        match item.kind() {
            TokenKind::Symbol(b'(') => {
                self.depth += 1;
                if self.target != Target::None {
                    self.columns = Some(self.depth);
                }
            }
            TokenKind::Symbol(b')') => {
                self.columns = self.columns.filter(|depth| *depth != self.depth);
                self.depth = self.depth.saturating_sub(1);
            }
            TokenKind::Symbol(b';') => *self = Self::default(),
            TokenKind::Word => self.observe_word(item),
            _ => {}
        }
        self.target = self.target_after(before, item);
    }

    fn observe_word(&mut self, item: &Item<'_>) {
        if item.is_word(&["SET"]) {
            self.assignments = Some(self.depth);
        } else if self.assignments.is_some() && item.is_word(&AFTER_ASSIGNMENTS) {
            self.assignments = None;
        } else if item.is_word(&["CREATE"]) {
            self.creates = true;
        }
    }

    fn target_after(&self, before: &Before<'_>, item: &Item<'_>) -> Target {
        let is_index = self.creates && item.is_word(&["ON"]) && self.depth == 0;
        match self.target {
            _ if item.is_word(&BEFORE_TABLE) || item.is_word(&BEFORE_COLUMNS) || is_index => {
                Target::Wanted
            }
            Target::Wanted if item.is_word(&["IF", "NOT"]) => Target::Wanted,
            // A name that is not shown is a `?` when it is read again.
            Target::Wanted if (item.is_name() || item.text == "?") && !before.is(b'(') => {
                Target::Named
            }
            Target::Named if item.is(b'.') => Target::Wanted,
            _ => Target::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_an_identifier_is_shown() {
        for name in ["\"users\"", "[dbo Users]", "`größe_1`", "\"a.b$c\""] {
            assert!(is_shown(name), "{name}");
        }
        let long = format!("\"{}\"", "a".repeat(65));
        for value in ["\"\"", "\"", "", "\"1a\"", "\"a@b.c\"", "\"a\"\"b\"", "\"it's\"", &long] {
            assert!(!is_shown(value), "{value}");
        }
    }
}
