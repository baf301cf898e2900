//! Which Python versions are supported, and which of them a test run cannot do without.

use std::fmt;
use std::str::FromStr;

/// A feature release of Python 3: `Minor(13)` is 3.13.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Minor(pub(crate) u8);

/// Every supported version, oldest first.
pub(crate) const SUPPORTED: [Minor; 4] = [Minor(12), Minor(13), Minor(14), Minor(15)];

/// A test run without one of these has failed; the others may be skipped.
pub(crate) const REQUIRED: [Minor; 2] = [Minor(12), Minor(13)];

/// Why a text names no supported version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no supported Python version; supported are 3.12, 3.13, 3.14 and 3.15")]
pub(crate) struct VersionError(String);

impl FromStr for Minor {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("3.");
        let minor = digits.and_then(|digits| digits.parse().ok()).map(Minor);
        minor.filter(|minor| SUPPORTED.contains(minor)).ok_or_else(|| VersionError(text.to_owned()))
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "3.{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supported_versions_survive_their_text() {
        for minor in SUPPORTED {
            assert_eq!(minor.to_string().parse(), Ok(minor));
        }
    }

    #[test]
    fn other_versions_are_refused_by_name() {
        for text in ["3.11", "3.16", "3", "3.", "2.7", "3.13.0", "", "3.-13"] {
            assert_eq!(text.parse::<Minor>(), Err(VersionError(text.to_owned())));
        }
    }
}
