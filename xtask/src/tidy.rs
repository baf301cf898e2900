//! `cargo xtask tidy`: the rules of the repository that no compiler and no linter knows.
//!
//! One rule per file or function, each with a test that shows it can fail. The whole check is also a
//! Rust test, so that `cargo test` is the whole truth. Changes nothing.

mod assets;
mod dependencies;
mod headers;
mod links;
mod names;
mod scrub;
mod sizes;
mod texts;
mod tree;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::CommandResult;
use tree::SourceFile;

/// A rule that is broken somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    /// The file, relative to the root.
    path: PathBuf,
    /// The line, counted from one, where there is one.
    line: Option<usize>,
    /// What is wrong and what would be right.
    message: String,
}

/// What all rules together found, or why they could not look.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TidyError {
    /// At least one rule is broken; the text has one line each.
    #[error("rules broken {count} times:\n{0}", count = .0.lines().count())]
    Untidy(String),
    /// The sources could not be read.
    #[error(transparent)]
    Tree(#[from] tree::TreeError),
    /// Cargo could not tell the dependencies.
    #[error(transparent)]
    Dependencies(#[from] dependencies::DependencyError),
}

/// Runs every rule and says so.
pub(crate) fn run(root: &Path) -> CommandResult {
    check(root)?;
    println!("tidy");
    Ok(true)
}

/// Runs every rule.
pub(crate) fn check(root: &Path) -> Result<(), TidyError> {
    let files = tree::read(root)?;
    let mut findings: Vec<Finding> = files.iter().flat_map(check_file).collect();
    findings.extend(files.iter().flat_map(|file| links::check(root, file)));
    findings.extend(dependencies::check(root)?);
    findings.extend(assets::check(root)?);
    if findings.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    Err(TidyError::Untidy(lines.join("\n")))
}

/// The rules that need to see one file only.
fn check_file(file: &SourceFile) -> Vec<Finding> {
    let rules: [fn(&SourceFile) -> Vec<Finding>; 6] = [
        headers::check,
        names::check,
        sizes::check_files,
        sizes::check_functions,
        texts::check_lint_attributes,
        texts::check_home_paths,
    ];
    rules.iter().flat_map(|rule| rule(file)).collect()
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.line {
            Some(line) => write!(f, "{path}:{line}: {}", self.message),
            None => write!(f, "{path}: {}", self.message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        if let Err(error) = check(&crate::workspace_root()) {
            panic!("{error}");
        }
    }

    #[test]
    fn a_finding_names_its_place() {
        let finding = Finding { path: "a.rs".into(), line: Some(3), message: "wrong".into() };
        assert_eq!(finding.to_string(), "a.rs:3: wrong");
    }
}
