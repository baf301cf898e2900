//! `cargo xtask oracle`: more random programs than the test command has time for.
//!
//! Uses the environments that `cargo xtask test` left behind, with the wheel it installed there: what
//! is compared is what was tested. Installs and builds nothing.

use std::path::Path;
use std::process::Command;

use crate::python::version::{Minor, SUPPORTED, VersionError};
use crate::steps::stream;

/// What the command line asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// How many programs.
    seeds: u64,
    /// The first of their seeds.
    first: u64,
    /// This version only.
    python: Option<Minor>,
}

/// Why the options make no sense.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OptionsError {
    /// `--python` without or with an unknown version.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// A number was expected.
    #[error("`{option}` takes a number, not `{word}`")]
    Number {
        /// Which option.
        option: &'static str,
        /// What stood there.
        word: String,
    },
    /// `--seeds` is missing.
    #[error("how many programs? say `--seeds N`")]
    Seeds,
    /// Something else.
    #[error("unknown option `{0}`")]
    Unknown(String),
}

impl Options {
    /// Reads the words after `cargo xtask oracle`.
    pub(crate) fn parse(words: &[&str]) -> Result<Self, OptionsError> {
        let (mut seeds, mut first, mut python) = (None, 0, None);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let value = words.next().unwrap_or(&"");
            match *word {
                "--seeds" => seeds = Some(number("--seeds", value)?),
                "--first" => first = number("--first", value)?,
                "--python" => python = Some(value.parse()?),
                other => return Err(OptionsError::Unknown(other.to_owned())),
            }
        }
        Ok(Self { seeds: seeds.ok_or(OptionsError::Seeds)?, first, python })
    }
}

fn number(option: &'static str, word: &str) -> Result<u64, OptionsError> {
    word.parse().map_err(|_| OptionsError::Number { option, word: word.to_owned() })
}

/// Runs the programs on each version; tells whether there was an environment and no difference.
pub(crate) fn run(root: &Path, options: Options) -> bool {
    let wanted = options.python.map_or(SUPPORTED.to_vec(), |minor| vec![minor]);
    let environment = |minor: &Minor| root.join(format!("target/venvs/{minor}/bin/python"));
    let (ready, missing): (Vec<Minor>, Vec<Minor>) =
        wanted.into_iter().partition(|minor| environment(minor).exists());
    for minor in missing {
        eprintln!("skipped python {minor}: no environment (hint: `cargo xtask test` makes it)");
    }
    let mut same = !ready.is_empty();
    for minor in ready {
        println!("\n=== python {minor}: seeds {} to {}", options.first, last(options));
        if let Err(error) = stream(&mut pytest(root, &environment(&minor), options)) {
            println!("{error}");
            same = false;
        }
    }
    same
}

fn last(options: Options) -> u64 {
    options.first.saturating_add(options.seeds).saturating_sub(1)
}

fn pytest(root: &Path, python: &Path, options: Options) -> Command {
    let mut command = Command::new(python);
    command.current_dir(root);
    command.args(["-m", "pytest", "tests/test_oracle.py", "--quiet"]);
    command.args(["--oracle-seeds", &options.seeds.to_string()]);
    command.args(["--oracle-first", &options.first.to_string()]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_any_order() {
        let all = Options { seeds: 1000, first: 300, python: Some(Minor(13)) };
        let words = ["--python", "3.13", "--first", "300", "--seeds", "1000"];
        assert_eq!(Options::parse(&words), Ok(all));
        let few = Options { seeds: 5, first: 0, python: None };
        assert_eq!(Options::parse(&["--seeds", "5"]), Ok(few));
        assert_eq!((last(all), last(few)), (1299, 4));
    }

    #[test]
    fn nonsense_is_refused() {
        for words in [&[][..], &["--seeds"], &["--seeds", "many"], &["7"], &["--python", "2.7"]] {
            assert!(Options::parse(words).is_err(), "{words:?}");
        }
    }

    #[test]
    fn without_an_environment_nothing_is_said_to_agree() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!run(folder.path(), Options { seeds: 1, first: 0, python: None }));
    }
}
