//! Statements and what is shown of them, written by hand in `cases.txt`; redacting twice changes nothing.

use super::{Redacted, redact};

const CASES: &str = include_str!("cases.txt");

/// One case: `< statement`, `> text`, `= OPERATION collection`; `-` for what is not there, `⏎` for a new
/// line.
#[derive(Debug)]
struct Case {
    system: String,
    statement: String,
    expected: String,
}

fn cases() -> Vec<Case> {
    let (mut cases, mut system, mut statement, mut text) =
        (Vec::new(), String::new(), String::new(), String::new());
    for line in CASES.lines().filter(|line| !line.is_empty() && !line.starts_with("//")) {
        match (line.get(..2), line.get(2..).unwrap_or_default()) {
            (Some("< "), rest) => statement = rest.replace('⏎', "\n"),
            (Some("> "), rest) => rest.clone_into(&mut text),
            (Some("= "), rest) => cases.push(Case {
                system: system.clone(),
                statement: statement.clone(),
                expected: format!("{text} = {rest}"),
            }),
            _ => line.trim_matches(['[', ']']).clone_into(&mut system),
        }
    }
    cases
}

fn shown(redacted: &Redacted) -> String {
    let text = redacted.text.as_deref().unwrap_or("-");
    let operation = redacted.operation.unwrap_or("-");
    let collection = redacted.collection.as_deref().unwrap_or("-");
    format!("{text} = {operation} {collection}")
}

#[test]
fn every_case_is_shown_as_written() {
    let cases = cases();
    assert!(cases.len() >= 150, "{}", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .map(|case| (case, shown(&redact(&case.system, &case.statement))))
        .filter(|(case, shown)| *shown != case.expected)
        .map(|(case, shown)| {
            format!(
                "[{}] {}\n     want {}\n      got {shown}",
                case.system, case.statement, case.expected
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_shown_is_shown_alike() {
    for case in cases() {
        let first = redact(&case.system, &case.statement);
        let Some(text) = &first.text else { continue };
        let second = redact(&case.system, text);
        assert_eq!(second.text.as_ref(), Some(text), "{case:?}");
        assert_eq!(second.operation, first.operation, "{case:?}");
        assert_eq!(second.collection, first.collection, "{case:?}");
    }
}

/// The rows of the documentation that are whole statements.
#[test]
fn the_documentation_tells_the_truth() {
    let page = include_str!("../../../../docs/redaction.md");
    let code = |cell: &str| {
        let cell = cell.trim();
        let is_code = cell.starts_with('`') && cell.ends_with('`');
        is_code.then(|| cell.trim_matches('`').trim().to_owned())
    };
    let mut seen = 0;
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let [system, statement, text] = cells[..] else { continue };
        let (Some(statement), Some(text)) = (code(statement), code(text)) else { continue };
        if statement.contains('…') {
            continue;
        }
        let system = system.trim_start_matches('|').trim();
        assert_eq!(redact(system, &statement).text.as_deref(), Some(&*text), "{statement}");
        seen += 1;
    }
    assert!(seen >= 12, "{seen}");
}
