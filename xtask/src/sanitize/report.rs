//! Reads memcheck's report of one process: its errors, leaks left out.
//!
//! Errors outside the extension count too: an object released once too often shows where the
//! interpreter uses it next. Each line says whether the extension is on one of its stacks.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The extension, as its file is called for every version.
const EXTENSION: &str = "/ghostglass/_native.";
/// The last line of a report; without it the process died.
const END: &str = "</valgrindoutput>";
/// Innermost frames shown of each stack.
const FRAMES_SHOWN: usize = 12;

/// One text for each error of the report at `path`; an incomplete report is one too.
pub(super) fn findings(path: &Path) -> Vec<String> {
    match fs::read_to_string(path) {
        Ok(text) => in_text(&text),
        Err(error) => vec![format!("cannot read `{}`: {error}", path.display())],
    }
}

fn in_text(text: &str) -> Vec<String> {
    let errors = text.split("<error>").skip(1).filter_map(|part| part.split("</error>").next());
    let is_leak =
        |error: &&str| element(error, "kind").is_some_and(|kind| kind.starts_with("Leak_"));
    let mut findings: Vec<String> = errors.filter(|error| !is_leak(error)).map(describe).collect();
    if !text.trim_end().ends_with(END) {
        findings.push("the process died: its report is incomplete".into());
    }
    findings
}

fn describe(error: &str) -> String {
    let place = if error.contains(EXTENSION) { "through the extension" } else { "elsewhere" };
    let mut text = format!("{} {place}", element(error, "kind").unwrap_or("error"));
    for stack in error.split("<stack>").skip(1) {
        for frame in stack.split("<frame>").skip(1).take(FRAMES_SHOWN) {
            let part = |name| element(frame, name).unwrap_or("?");
            // Writing to a string cannot fail.
            let _ = write!(text, "\n    {} in {}", part("fn"), part("obj"));
        }
        text += "\n    --";
    }
    text
}

/// The text of the first element of that name.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(kind: &str, object: &str) -> String {
        format!(
            "<valgrindoutput><error><kind>{kind}</kind><stack><frame><obj>{object}</obj>\
             <fn>f</fn></frame></stack></error>\n{END}\n"
        )
    }

    #[test]
    fn an_error_is_a_finding_and_says_where() {
        let ours = in_text(&report("InvalidRead", "/x/ghostglass/_native.cpython-313.so"));
        assert!(ours[0].starts_with("InvalidRead through the extension\n    f in /x/"), "{ours:?}");
        assert!(in_text(&report("InvalidRead", "/x/python"))[0].contains("elsewhere"));
    }

    #[test]
    fn a_leak_is_none() {
        assert!(in_text(&report("Leak_DefinitelyLost", "/x/python")).is_empty());
    }

    #[test]
    fn a_process_that_died_is_a_finding() {
        assert_eq!(in_text("<valgrindoutput>").len(), 1);
    }
}
