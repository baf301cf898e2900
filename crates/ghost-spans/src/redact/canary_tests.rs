//! No byte of a value survives: statements from a small grammar with marked literals in every quoting
//! style, whole and damaged.
//!
//! A mark is made of characters that no statement around it has. A test is only worth something while
//! most statements keep their text, so that is counted too.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

use super::{REDACTED_BYTES_MAX, Redacted, mongo, redact};

/// What marks consist of; nothing else in a generated statement has these characters.
const MARKS: [&str; 8] = ["ж", "жЩ", "Щ7", "777", "쀍", "😀", "7ж.7", "Щ Щ"];
/// What is most likely to end a literal or a comment too early, put between marks.
const TRICKS: [&str; 28] = [
    "'", "\"", "`", "''", "\"\"", "\\", "\\\\", "\\'", "\\\"", "--", "-- ", "/*", "*/", "#", ";",
    "$$", "$q$", "]", "]]", "[", "(", ")", ",", "\n", "\r", " or ", " = ", "//",
];
const SYSTEMS: [&str; 8] =
    ["postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle", "neo4j", "other_sql"];
/// Statements with places for values.
const TEMPLATES: [&str; 16] = [
    "SELECT a FROM t WHERE b = {} AND c = {}",
    "SELECT {} , {} FROM t",
    "SELECT a FROM t WHERE b IN ({}, {}, {})",
    "SELECT a FROM t WHERE b LIKE {} OR c LIKE {} ORDER BY d LIMIT {}",
    "INSERT INTO t (a, b) VALUES ({}, {}), ({}, {})",
    "UPDATE t SET a = {}, b = b + {} WHERE c <> {}",
    "DELETE FROM t WHERE a BETWEEN {} AND {}",
    "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = {}",
    "WITH x AS (SELECT a FROM t WHERE b = {}) SELECT a FROM x WHERE c = {}",
    "CALL p({}, f({}), {})",
    "SELECT CASE WHEN a = {} THEN {} ELSE {} END FROM t",
    "SELECT a FROM t WHERE b = {}; UPDATE t SET a = {}",
    "CREATE USER u PASSWORD {}",
    "SET a = {}",
    "MATCH (n:Label {a: {}}) WHERE n.b IN [{}, {}] RETURN n",
    "SELECT a/* {} */ FROM t -- {}\nWHERE b = {}",
];

/// How a value is written. `None` if this dialect has no such style.
type Style = fn(&str, &str) -> Option<String>;

/// Every style of quoting.
const STYLES: [Style; 11] = [
    |_, value| Some(format!("'{}'", doubled(value, '\''))),
    |system, value| {
        in_dialects(system, &["mysql", "mariadb"], format!("\"{}\"", escaped(value, '"')))
    },
    |system, value| {
        in_dialects(system, &["mysql", "mariadb", "neo4j"], format!("'{}'", escaped(value, '\'')))
    },
    |system, value| in_dialects(system, &["neo4j"], format!("\"{}\"", escaped(value, '"'))),
    |system, value| in_dialects(system, &["postgresql"], format!("E'{}'", escaped(value, '\''))),
    |system, value| in_dialects(system, &["postgresql"], format!("$q7$ {value} $q7$")),
    |system, value| in_dialects(system, &["postgresql"], format!("$${value}$$")),
    |system, value| {
        in_dialects(system, &["mssql", "oracle", "mysql"], format!("N'{}'", doubled(value, '\'')))
    },
    |system, value| in_dialects(system, &["oracle"], format!("q'~{value}~'")),
    |_, value| Some(format!("7{}", value.len())),
    |system, value| {
        in_dialects(system, &["sqlite", "mssql"], format!("\"{}\"", doubled(value, '"')))
    },
];

fn in_dialects(system: &str, systems: &[&str], literal: String) -> Option<String> {
    systems.contains(&system).then_some(literal)
}

fn doubled(value: &str, quote: char) -> String {
    value.replace(quote, &format!("{quote}{quote}"))
}

fn escaped(value: &str, quote: char) -> String {
    value.replace('\\', "\\\\").replace(quote, &format!("\\{quote}"))
}

/// Whether the value in this style says what it means: the styles without escapes cannot hold all.
fn is_writable(system: &str, style: usize, value: &str) -> bool {
    match style {
        // Doubling is not enough where a backslash escapes, or may.
        0 | 7 => !value.contains('\\') || !["mysql", "mariadb", "neo4j"].contains(&system),
        5 => !value.contains("$q7$"),
        6 => !value.contains('$'),
        8 => !value.contains("~'"),
        _ => true,
    }
}

fn value() -> impl Strategy<Value = String> {
    (
        select(&MARKS),
        vec(prop_oneof![3 => select(&MARKS), 2 => select(&TRICKS)], 0..6),
        select(&MARKS),
    )
        .prop_map(|(first, middle, last)| format!("{first}{}{last}", middle.concat()))
}

fn literal(system: &'static str) -> impl Strategy<Value = String> {
    (0..STYLES.len(), value()).prop_map(move |(style, value)| {
        let writable = is_writable(system, style, &value).then(|| STYLES[style](system, &value));
        writable.flatten().unwrap_or_else(|| "'ж'".to_owned())
    })
}

/// A system, and a statement for it in which every literal is marked and closed.
fn statement() -> impl Strategy<Value = (&'static str, String)> {
    (select(&SYSTEMS), select(&TEMPLATES)).prop_flat_map(|(system, template)| {
        vec(literal(system), 8).prop_map(move |literals| (system, fill(template, &literals)))
    })
}

fn fill(template: &str, literals: &[String]) -> String {
    let mut values = literals.iter().cycle();
    let mut text = String::new();
    for (index, part) in template.split("{}").enumerate() {
        if index > 0 {
            // A comment holds a mark, but not its end.
            let value = values.next().map_or("", String::as_str);
            let is_comment = text.ends_with("/* ") || text.ends_with("-- ");
            text.push_str(if is_comment { "ж's" } else { value });
        }
        text.push_str(part);
    }
    text
}

fn assert_clean(redacted: &Redacted) -> Result<(), TestCaseError> {
    for text in [&redacted.text, &redacted.collection].into_iter().flatten() {
        prop_assert!(!text.contains(['ж', 'Щ', '7', '쀍', '😀']), "{text}");
        prop_assert!(text.len() <= REDACTED_BYTES_MAX);
    }
    Ok(())
}

fn assert_stable(system: &str, redacted: &Redacted) -> Result<(), TestCaseError> {
    if let Some(text) = &redacted.text {
        let again = redact(system, text);
        prop_assert_eq!(again.text.as_deref(), Some(&**text));
        prop_assert_eq!(again.operation, redacted.operation);
    }
    Ok(())
}

#[test]
fn no_value_survives_in_a_whole_statement() {
    let (kept, all) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(Config { cases: 1000, ..Config::default() });
    let outcome = runner.run(&statement(), |(system, statement)| {
        let redacted = redact(system, &statement);
        all.set(all.get() + 1);
        kept.set(kept.get() + usize::from(redacted.text.is_some()));
        assert_clean(&redacted)?;
        assert_stable(system, &redacted)
    });
    outcome.unwrap();
    assert!(kept.get() * 2 > all.get(), "{} of {} kept their text", kept.get(), all.get());
}

#[test]
fn a_value_does_not_change_what_is_shown() {
    let mut runner = TestRunner::new(Config { cases: 600, ..Config::default() });
    let values = (select(&SYSTEMS), select(&TEMPLATES)).prop_flat_map(|(system, template)| {
        (Just(system), Just(template), vec(literal(system), 8), vec(literal(system), 8))
    });
    let outcome = runner.run(&values, |(system, template, first, second)| {
        let shown = [first, second].map(|literals| redact(system, &fill(template, &literals)).text);
        if let [Some(first), Some(second)] = shown {
            prop_assert_eq!(first, second);
        }
        Ok(())
    });
    outcome.unwrap();
}

proptest! {
    #![proptest_config(Config { cases: 1000, ..Config::default() })]

    /// Cut anywhere, so that quotes and comments are open: what is left of values must not show.
    #[test]
    fn no_value_survives_in_a_cut_statement((system, statement) in statement(), at in 0.0..1.0) {
        let mut end = (statement.len() as f64 * at) as usize;
        while !statement.is_char_boundary(end) {
            end -= 1;
        }
        let redacted = redact(system, &statement[..end]);
        assert_clean(&redacted)?;
        assert_stable(system, &redacted)?;
    }

    /// Any text: no panic, bounded, and what is shown is shown alike.
    #[test]
    fn any_text_is_bounded_and_stable(
        system in select(&SYSTEMS),
        parts in vec(prop_oneof![
            select(&TRICKS), select(&MARKS), select(&TEMPLATES),
            select(&["SELECT ", "IN (", "VALUES (", " FROM ", "SET ", "EXEC ", "\"a\"", ".", "…", "?", "$1",
                ":a", "%s", "%(a)s", "@a", "::", "1e", "E'", "q'[", "{", "}", "PRAGMA ", "PASSWORD ", "'", "'"]),
        ], 0..40),
    ) {
        let redacted = redact(system, &format!("SELECT {}", parts.concat()));
        assert_stable(system, &redacted)?;
        prop_assert!(redacted.text.is_none_or(|text| text.len() <= REDACTED_BYTES_MAX));
    }

    /// However deep, and with whatever in it but an end.
    #[test]
    fn no_value_survives_in_nested_comments(
        system in select(&["postgresql", "mssql"]), depth in 1_usize..8, value in value(),
    ) {
        let value = value.replace(['*', '/'], "");
        let (open, close) = (format!("/*{value}").repeat(depth), "*/".repeat(depth));
        let redacted = redact(system, &format!("SELECT a {open} {close} FROM t -- {}", value.replace(['\r', '\n'], "")));
        prop_assert_eq!(redacted.text.as_deref(), Some("SELECT a FROM t"));
    }

    #[test]
    fn commands_of_other_databases_show_no_value(value in value(), command in ".{0,8}") {
        assert_clean(&redact("redis", &format!("SET {value} {value}")))?;
        assert_clean(&redact("redis", &value))?;
        assert_clean(&redact("mongodb", &format!("{{\"find\": \"{value}\"}}")))?;
        assert_clean(&mongo("find", Some(&format!("{value} {command}"))).into_text_without_name())?;
    }
}

proptest! {
    #![proptest_config(Config { cases: 24, ..Config::default() })]

    /// Longer than what is read or shown: cut between tokens.
    #[test]
    fn a_long_statement_is_cut_between_tokens(
        (system, statement) in statement(), columns in 0_usize..1500, filler in value(), size in 0_usize..5000,
    ) {
        let columns: Vec<String> = (0..columns).map(|_| "\"col\".\"umn\"".to_owned()).collect();
        let filler = format!("'{}'", doubled(&filler.replace('\\', ""), '\''));
        let long = format!(
            "SELECT {} FROM t WHERE a = {} ; {statement}", columns.join(", "), vec![filler; size].join(" || "),
        );
        let redacted = redact(system, &long);
        assert_clean(&redacted)?;
        assert_stable(system, &redacted)?;
    }
}

impl Redacted {
    /// A collection may have any letters, and is shown with them: only the rest is checked.
    fn into_text_without_name(self) -> Self {
        if self.collection.is_some() { Self::default() } else { self }
    }
}
