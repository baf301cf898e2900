//! The words after `cargo xtask bench`: a few are for the preparation, the rest is for the driver.
//!
//! What the driver understands is not checked here: it says itself what is wrong.

use crate::python::version::{Minor, VersionError};

/// What to measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum What {
    /// Time per call, beside the peers.
    #[default]
    Time,
    /// Events, requests and exporters, beside the peers.
    Web,
    /// Our instructions per call, against the budget.
    Instructions,
}

/// What to do before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Preparation {
    /// Build and install the wheel and the peers.
    #[default]
    Install,
    /// Take the environments of the last time as they are.
    AsItIs,
}

/// What the command line asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Versions to measure; all there are if empty.
    pub(crate) python: Vec<Minor>,
    /// What to measure.
    pub(crate) what: What,
    /// What to do before.
    pub(crate) preparation: Preparation,
    /// Words for the driver.
    pub(crate) driver: Vec<String>,
}

impl Options {
    /// Reads the words.
    pub(crate) fn parse(words: &[&str]) -> Result<Self, VersionError> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--python" => options.python.push(words.next().unwrap_or(&"").parse()?),
                "--web" => options.what = What::Web,
                "--instructions" => options.what = What::Instructions,
                "--installed" => options.preparation = Preparation::AsItIs,
                other => options.driver.push(other.to_owned()),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_the_driver_are_handed_on() {
        let options = Options::parse(&["--quick", "--python", "3.13", "--processes", "9"]);
        let expected = Options {
            python: vec![Minor(13)],
            driver: ["--quick", "--processes", "9"].map(str::to_owned).to_vec(),
            ..Options::default()
        };
        assert_eq!(options, Ok(expected));
    }

    #[test]
    fn several_versions_and_both_switches_are_read() {
        let words = ["--instructions", "--python", "3.12", "--installed", "--python", "3.14"];
        let expected = Options {
            python: vec![Minor(12), Minor(14)],
            what: What::Instructions,
            preparation: Preparation::AsItIs,
            driver: Vec::new(),
        };
        assert_eq!(Options::parse(&words), Ok(expected));
    }

    #[test]
    fn an_unknown_version_is_refused() {
        assert!(Options::parse(&["--python", "3.11"]).is_err());
        assert!(Options::parse(&["--python"]).is_err());
    }
}
