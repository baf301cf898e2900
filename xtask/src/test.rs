//! `cargo xtask test`: everything that must pass, from a clean checkout, in one command.
//!
//! Rust first, then each supported Python with the wheel a user would get. A failed stage does not
//! stop the others: the summary at the end has a line for each. A skipped interpreter is a line too.

mod python_stages;
mod rust_stages;
mod summary;

use std::convert::Infallible;
use std::path::Path;

use crate::peers;
use crate::python::fetch;
use crate::python::find::{Interpreter, Places, Search};
use crate::python::version::{Minor, REQUIRED, SUPPORTED, VersionError};
use summary::Summary;

/// What the command line asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Test this version only.
    python: Option<Minor>,
    /// Test the oldest interpreter found only, and fetch none.
    fast: bool,
}

/// Why the options make no sense.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OptionsError {
    /// `--python` without or with an unknown version.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// Something else.
    #[error("unknown option `{0}`")]
    Unknown(String),
}

impl Options {
    /// Reads the words after `cargo xtask test`.
    pub(crate) fn parse(words: &[&str]) -> Result<Self, OptionsError> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--fast" => options.fast = true,
                "--python" => options.python = Some(words.next().unwrap_or(&"").parse()?),
                other => return Err(OptionsError::Unknown(other.to_owned())),
            }
        }
        Ok(options)
    }
}

/// One version and either its interpreter or why there is none.
type Choice = (Minor, Result<Interpreter, String>);

/// Runs all stages; tells whether all passed.
pub(crate) fn run(root: &Path, options: Options) -> bool {
    let search = Search::of(&Places::of_this_machine());
    let choices = choose(&search, options, fetch_interpreter);
    let mut summary = Summary::default();

    let usable = choices.iter().find_map(|(_, choice)| choice.as_ref().ok());
    rust_stages::run(root, usable, &mut summary);
    fetch_peers(root, &search, options, &mut summary);
    for (index, (minor, choice)) in choices.iter().enumerate() {
        let name = format!("python {minor}");
        match choice {
            Ok(interpreter) => {
                let lint = usable == Some(interpreter) || index == 0;
                python_stages::run(root, interpreter, lint, &mut summary);
            }
            Err(reason) if is_required(*minor, options) => summary.fail(&name, reason),
            Err(reason) => summary.skip(&name, reason),
        }
    }
    print!("{summary}");
    summary.is_success()
}

/// What tests talk to; an absent peer has a line, and its tests are skipped with a count.
fn fetch_peers(root: &Path, search: &Search, options: Options, summary: &mut Summary) {
    if options.fast {
        return summary.skip("peers", "--fast fetches none; those fetched before are used");
    }
    let mut absent = Vec::new();
    summary.stage("peers", || {
        absent = peers::prepare(root, search);
        Ok::<(), Infallible>(())
    });
    for (name, reason) in &absent {
        summary.skip(&format!("peers: {name}"), reason);
    }
}

/// A version asked for by name is required, whatever it is.
fn is_required(minor: Minor, options: Options) -> bool {
    REQUIRED.contains(&minor) || options.python == Some(minor)
}

/// Picks the interpreters to test; `fetch` is asked for versions that the machine does not have.
fn choose(
    search: &Search,
    options: Options,
    fetch: impl Fn(Minor) -> Result<Interpreter, String>,
) -> Vec<Choice> {
    if let (true, None) = (options.fast, options.python) {
        let oldest = SUPPORTED.iter().find_map(|minor| search.of_version(*minor));
        let missing = || (REQUIRED[0], Err("no supported interpreter found".to_owned()));
        return vec![oldest.map_or_else(missing, |found| (found.minor, Ok(found.clone())))];
    }
    let wanted = options.python.map_or(SUPPORTED.to_vec(), |minor| vec![minor]);
    let choice = |minor: Minor| match search.of_version(minor) {
        Some(found) => Ok(found.clone()),
        None if options.fast => Err("not found, and --fast fetches none".to_owned()),
        None if REQUIRED.contains(&minor) => Err(not_found(search)),
        None => fetch(minor),
    };
    wanted.into_iter().map(|minor| (minor, choice(minor))).collect()
}

fn not_found(search: &Search) -> String {
    let rejected: Vec<String> = search
        .rejected
        .iter()
        .map(|(path, reason)| format!("{} {reason}", path.display()))
        .collect();
    if rejected.is_empty() {
        "not found".into()
    } else {
        format!("not found; {}", rejected.join("; "))
    }
}

fn fetch_interpreter(minor: Minor) -> Result<Interpreter, String> {
    let python = fetch::fetch(minor).map_err(|error| one_line(&error.to_string()))?;
    crate::python::find::probe(&python)
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn interpreter(minor: u8) -> Interpreter {
        let path = PathBuf::from(format!("/py/3.{minor}"));
        Interpreter { path, minor: Minor(minor), release: format!("3.{minor}.0") }
    }

    fn machine_with(minors: &[u8]) -> Search {
        Search { found: minors.iter().copied().map(interpreter).collect(), ..Search::default() }
    }

    fn versions(choices: &[Choice]) -> Vec<(u8, bool)> {
        choices.iter().map(|(minor, choice)| (minor.0, choice.is_ok())).collect()
    }

    #[test]
    fn options_are_read_in_any_order() {
        let both = Options { python: Some(Minor(13)), fast: true };
        assert_eq!(Options::parse(&["--python", "3.13", "--fast"]), Ok(both));
        assert_eq!(Options::parse(&["--fast", "--python", "3.13"]), Ok(both));
        assert_eq!(Options::parse(&[]), Ok(Options::default()));
    }

    #[test]
    fn nonsense_is_refused() {
        for words in [&["--python"][..], &["--python", "3.11"], &["--quick"], &["3.13"]] {
            assert!(Options::parse(words).is_err(), "{words:?}");
        }
    }

    #[test]
    fn every_version_gets_a_line_and_new_ones_are_fetched() {
        let fetch =
            |minor: Minor| if minor == Minor(14) { Ok(interpreter(14)) } else { Err("no".into()) };
        let choices = choose(&machine_with(&[13, 12]), Options::default(), fetch);
        assert_eq!(versions(&choices), [(12, true), (13, true), (14, true), (15, false)]);
    }

    #[test]
    fn a_required_version_is_never_fetched() {
        let choices =
            choose(&machine_with(&[13]), Options::default(), |minor| Ok(interpreter(minor.0)));
        assert_eq!(versions(&choices)[0], (12, false));
        assert!(is_required(choices[0].0, Options::default()));
    }

    #[test]
    fn one_version_can_be_asked_for() {
        let options = Options { python: Some(Minor(15)), fast: false };
        let choices = choose(&machine_with(&[12, 13]), options, |_| Err("not root".into()));
        assert_eq!(versions(&choices), [(15, false)]);
        assert!(is_required(Minor(15), options));
    }

    #[test]
    fn fast_takes_the_oldest_and_fetches_nothing() {
        let options = Options { python: None, fast: true };
        let choices = choose(&machine_with(&[14, 13]), options, |minor| Ok(interpreter(minor.0)));
        assert_eq!(versions(&choices), [(13, true)]);
        let none = choose(&machine_with(&[]), options, |minor| Ok(interpreter(minor.0)));
        assert_eq!(versions(&none), [(12, false)]);
    }
}
