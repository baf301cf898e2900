//! Words that must not be in the sources: silent lint allowances and somebody's home folder.

use super::Finding;
use super::scrub::scrub;
use super::tree::SourceFile;

/// Where home folders are. Written in halves, so that this file does not break its own rule.
const HOMES: [&str; 4] =
    [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/wo", "rk/")];

/// Nobody's name: examples and tests may live in this one's home folder.
const NOBODY: &str = "me/";

/// A lint is silenced by `expect` with a reason: it complains when the need for it is gone.
pub(super) fn check_lint_attributes(file: &SourceFile) -> Vec<Finding> {
    if file.extension() != "rs" {
        return Vec::new();
    }
    let clean = scrub(&file.text);
    let silent =
        attributes(&clean, "allow(").map(|(at, _)| (at, "`allow`: use `expect` with a reason"));
    let unexplained = attributes(&clean, "expect(")
        .filter(|(_, attribute)| !attribute.contains("reason"))
        .map(|(at, _)| (at, "`expect` without a reason"));
    let finding =
        |(at, message): (usize, &str)| file.finding(Some(line_at(&clean, at)), message.into());
    silent.chain(unexplained).map(finding).collect()
}

/// Position and text of every attribute that begins with `name`.
fn attributes<'a>(clean: &'a str, name: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    ["#[", "#!["].into_iter().flat_map(move |open| {
        let starts = clean.match_indices(open).map(move |(at, _)| (at, &clean[at + open.len()..]));
        starts
            .filter(move |(_, inner)| inner.trim_start().starts_with(name))
            .map(|(at, inner)| (at, &inner[..inner.find(']').unwrap_or(inner.len())]))
    })
}

fn line_at(text: &str, position: usize) -> usize {
    text[..position].matches('\n').count() + 1
}

/// No absolute path into a home folder: it would work on one machine only, and tell whose.
pub(super) fn check_home_paths(file: &SourceFile) -> Vec<Finding> {
    let is_home = |line: &str| HOMES.iter().any(|home| begins_a_path(line, home));
    let lines = file.text.lines().enumerate().filter(|(_, line)| is_home(line));
    lines
        .map(|(index, _)| file.finding(Some(index + 1), "absolute path into a home folder".into()))
        .collect()
}

/// Whether `home` occurs at the start of a path, not in the middle of one.
fn begins_a_path(line: &str, home: &str) -> bool {
    line.match_indices(home).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let is_example = line[at + home.len()..].starts_with(NOBODY);
        !is_example && !before.is_some_and(|c| c.is_alphanumeric() || "._-~}$*)>".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lint_lines(text: &str) -> Vec<Option<usize>> {
        let findings = check_lint_attributes(&SourceFile::new("a.rs", text));
        findings.into_iter().map(|finding| finding.line).collect()
    }

    fn home_findings(text: &str) -> usize {
        check_home_paths(&SourceFile::new("a.md", text)).len()
    }

    #[test]
    fn silent_allowances_are_found() {
        assert_eq!(lint_lines("//! A.\n#[allow(dead_code)]\nfn f() {}"), [Some(2)]);
        assert_eq!(lint_lines("#![allow(dead_code, reason = \"x\")]"), [Some(1)]);
        assert_eq!(lint_lines("#[expect(\n    dead_code\n)]"), [Some(1)]);
    }

    #[test]
    fn explained_expectations_are_fine() {
        assert_eq!(lint_lines("#[expect(\n    dead_code,\n    reason = \"why\"\n)]"), []);
        assert_eq!(lint_lines("// #[allow(x)]\nlet s = \"#[allow(x)]\";"), []);
    }

    #[test]
    fn home_folders_are_found() {
        for home in HOMES {
            assert_eq!(home_findings(&format!("see `{home}x/y`")), 1);
        }
    }

    #[test]
    fn a_folder_that_is_merely_called_so_is_fine() {
        assert_eq!(home_findings(&format!("in {}me/app.py", HOMES[1])), 0);
        assert_eq!(home_findings(&format!("$X{}x and a{}x", HOMES[0], HOMES[1])), 0);
    }
}
