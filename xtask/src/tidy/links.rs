//! Every relative link of a Markdown file leads to something that is in the repository.
//!
//! Addresses on the web are not tried: a test must not need the network.

use std::path::Path;

use super::Finding;
use super::tree::SourceFile;

/// Every relative link of `file` resolves.
pub(super) fn check(root: &Path, file: &SourceFile) -> Vec<Finding> {
    if file.extension() != "md" {
        return Vec::new();
    }
    let folder = root.join(&file.path).parent().map(Path::to_path_buf).unwrap_or_default();
    prose_lines(&file.text)
        .flat_map(|(line, text)| targets(text).map(move |target| (line, target)))
        .filter(|(_, target)| is_relative(target) && !folder.join(path_of(target)).exists())
        .map(|(line, target)| file.finding(Some(line), format!("link to nothing: `{target}`")))
        .collect()
}

/// Numbered lines outside fenced code.
fn prose_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((index + 1, line))
    })
}

/// What stands in the round brackets of `[text](target)`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("](").filter_map(|(at, open)| {
        let rest = &line[at + open.len()..];
        let inner = &rest[..rest.find(')')?];
        inner.split_whitespace().next()
    })
}

fn is_relative(target: &str) -> bool {
    !target.contains("://") && !target.starts_with("mailto:") && !target.starts_with('#')
}

fn path_of(target: &str) -> &str {
    target.split('#').next().unwrap_or(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> Vec<Option<usize>> {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("docs")).unwrap();
        std::fs::write(root.path().join("docs/there.md"), "").unwrap();
        let findings = check(root.path(), &SourceFile::new("docs/a.md", text));
        findings.into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_link_to_nothing_is_found() {
        assert_eq!(broken("x\n[a](gone.md) and [b](there.md#part)"), [Some(2)]);
        assert_eq!(broken("[a](../gone.md#part)"), [Some(1)]);
    }

    #[test]
    fn other_links_are_left_alone() {
        assert_eq!(broken("[a](https://example.org/x) [b](#part) [c](mailto:a@b)"), []);
        assert_eq!(broken("```\n[a](gone.md)\n```"), []);
    }
}
