//! What processes answer: one file each, as long as they are observed.
//!
//! The first line is [`OBSERVING`] or the reason why not, the others are remarks. A process takes its
//! file away when it has let go of everything.

use std::fs;
use std::path::{Path, PathBuf};

const OBSERVING: &str = "observing";

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is observed from now on; with what is to be said of it.
    Observing(Vec<String>),
    /// It is not.
    Refused(String),
}

/// Where a process answers. Its id is ours of it, which may not be its own.
pub(super) fn path(run_dir: &Path, pid: u32) -> PathBuf {
    run_dir.join(format!("{pid}.answer"))
}

/// The answer of a process, if there is one.
pub(super) fn read(run_dir: &Path, pid: u32) -> Option<Answer> {
    let text = fs::read(path(run_dir, pid)).ok()?;
    Some(parse(&String::from_utf8_lossy(&text)))
}

fn parse(text: &str) -> Answer {
    let mut lines = text.lines().map(str::to_owned);
    match lines.next() {
        Some(first) if first == OBSERVING => Answer::Observing(lines.collect()),
        first => Answer::Refused(first.unwrap_or_default()),
    }
}

/// Whether a process has let go.
pub(super) fn is_gone(run_dir: &Path, pid: u32) -> bool {
    !path(run_dir, pid).exists()
}

/// Forgets what a process said.
pub(super) fn forget(run_dir: &Path, pid: u32) {
    // Absent where it took it away itself.
    let _ = fs::remove_file(path(run_dir, pid));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_word_or_a_reason() {
        let remarks = vec!["queries are".to_owned(), "and more".to_owned()];
        assert_eq!(parse("observing\nqueries are\nand more\n"), Answer::Observing(remarks));
        assert_eq!(parse("observing\n"), Answer::Observing(Vec::new()));
        assert_eq!(parse("no tool id\n"), Answer::Refused("no tool id".into()));
    }
}
