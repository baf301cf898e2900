//! Any text as a statement, and any text as the value in one: nothing of a value is shown, what is shown
//! is bounded, and redacting it again changes nothing.
//!
//! The first byte chooses the dialect.
#![no_main]

use ghost_spans::redact::{REDACTED_BYTES_MAX, redact};
use libfuzzer_sys::fuzz_target;

const SYSTEMS: [&str; 9] =
    ["postgresql", "mysql", "sqlite", "mssql", "oracle", "neo4j", "redis", "mongodb", "other_sql"];

fuzz_target!(|input: &[u8]| {
    let Some((&choice, rest)) = input.split_first() else { return };
    let Ok(text) = str::from_utf8(rest) else { return };
    let system = SYSTEMS[usize::from(choice) % SYSTEMS.len()];
    assert_stable(system, text);
    assert_stable(system, &format!("SELECT {text}"));
    if ["redis", "mongodb"].contains(&system) {
        return;
    }
    let doubled = text.replace('\'', "''");
    // Where a backslash is always an escape, doubling quotes is not enough.
    if system != "neo4j" || !text.contains('\\') {
        assert_hidden(system, &format!("'{doubled}'"));
    }
    let escaped = text.replace('\\', "\\\\").replace('\'', "\\'");
    match system {
        "postgresql" => {
            assert_hidden(system, &format!("E'{escaped}'"));
            if !text.contains("$q$") && !text.ends_with(['$', 'q']) {
                assert_hidden(system, &format!("$q${text}$q$"));
            }
        }
        "mysql" | "neo4j" => assert_hidden(system, &format!("'{escaped}'")),
        "mssql" => assert_hidden(system, &format!("N'{doubled}'")),
        "oracle" if !text.contains("]'") => assert_hidden(system, &format!("q'[{text}]'")),
        _ => {}
    }
});

/// What is shown is bounded, and is shown alike.
fn assert_stable(system: &str, statement: &str) {
    let shown = redact(system, statement);
    let Some(text) = &shown.text else { return };
    assert!(text.len() <= REDACTED_BYTES_MAX);
    let again = redact(system, text);
    assert_eq!(again.text.as_ref(), Some(text));
    assert_eq!(again.operation, shown.operation);
}

/// A literal is shown as `?`, or the statement is not shown.
fn assert_hidden(system: &str, literal: &str) {
    let (before, after) = if system == "neo4j" {
        ("MATCH (n) WHERE n.a =", "RETURN n")
    } else {
        ("SELECT a FROM t WHERE b =", "AND c = d")
    };
    let shown = redact(system, &format!("{before} {literal} {after}"));
    if let Some(text) = shown.text.as_deref().filter(|text| !text.ends_with('…')) {
        assert_eq!(text, format!("{before} ? {after}"));
    }
}
