//! What a detector found: one defect of one function, in words, in numbers and with its place.
//!
//! No formatting beyond the message lines: tables, SARIF and JSON are written elsewhere.

use std::fmt;
use std::hash::Hasher;
use std::str::FromStr;

use ghost_model::FunctionKey;

/// How much a finding asks for attention. Each detector documents its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; often harmless.
    Low,
    /// Probably a defect, or a cost that somebody pays.
    Medium,
    /// A defect that already happens on much of the traffic.
    High,
}

impl Severity {
    /// Every severity, the least first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The word used on the command line and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no severity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown severity `{word}`")]
pub struct SeverityError {
    word: String,
}

impl FromStr for Severity {
    type Err = SeverityError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|severity| severity.as_str() == word);
        found.ok_or_else(|| SeverityError { word: word.to_owned() })
    }
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The function there.
    pub function: FunctionKey,
    /// Its source file, relative to the project where it lies in it; empty where there is none.
    pub file: String,
    /// One-based line.
    pub line: u32,
}

/// Another function that has to do with a finding: a caller, a catcher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// What it has to do with it: `passed 3 of 3`.
    pub note: String,
}

/// One number or name behind a finding, for programs.
#[derive(Clone, Debug, PartialEq)]
pub enum FactValue {
    /// A number of things.
    Count(u64),
    /// A share, a score or another real number; always finite.
    Real(f64),
    /// A duration.
    Nanoseconds(u64),
    /// A name.
    Text(String),
    /// Several names.
    Texts(Vec<String>),
    /// Several counts by name, the largest first.
    Counts(Vec<(String, u64)>),
    /// Several groups of facts.
    Groups(Vec<Vec<Fact>>),
}

/// A fact with its name: lowercase words joined by `_`, the unit last.
pub type Fact = (&'static str, FactValue);

/// One defect of one function.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Name of the detector, `type_mismatch`.
    pub detector: &'static str,
    /// How much it asks for attention.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// What within the function, where a function can have several findings of one detector; else
    /// empty. Part of the fingerprint, so it holds names only, never numbers or lines.
    pub subject: String,
    /// What it is, one line each; the first one stands alone.
    pub messages: Vec<String>,
    /// The same for programs.
    pub facts: Vec<Fact>,
    /// Functions that have to do with it.
    pub related: Vec<Related>,
    /// How many calls are concerned. Orders findings of the same severity.
    pub weight: u64,
}

impl Finding {
    /// What identifies the finding over sessions and edits: detector, module, qualified name and
    /// subject; never a line or a number. Sixteen hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let mut hasher = Fnv1a::default();
        let function = &self.place.function;
        for part in [self.detector, &function.module, &function.qualname, &self.subject] {
            hasher.write(part.as_bytes());
            // No name holds this byte, so parts cannot run into each other.
            hasher.write(&[0xff]);
        }
        format!("{:016x}", hasher.finish())
    }
}

/// FNV-1a, 64 bits. Written down in files of others, so it must never change: the hasher of the
/// standard library may.
struct Fnv1a(u64);

impl Default for Fnv1a {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv1a {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(qualname: &str, line: u32, subject: &str) -> Finding {
        let function = FunctionKey { module: "shop".into(), qualname: qualname.into(), line };
        Finding {
            detector: "high_exc_rate",
            severity: Severity::High,
            place: Place { function, file: "shop.py".into(), line },
            subject: subject.into(),
            messages: vec![],
            facts: vec![],
            related: vec![],
            weight: 0,
        }
    }

    #[test]
    fn a_fingerprint_outlives_lines_and_is_written_down() {
        assert_eq!(finding("f", 3, "").fingerprint(), finding("f", 90, "").fingerprint());
        assert_eq!(finding("f", 3, "").fingerprint(), "f938e0c22dc5b07b");
    }

    #[test]
    fn different_findings_have_different_fingerprints() {
        let all =
            [finding("f", 1, ""), finding("g", 1, ""), finding("f", 1, "g"), finding("", 1, "f")];
        let mut prints: Vec<String> = all.iter().map(Finding::fingerprint).collect();
        prints.sort();
        prints.dedup();
        assert_eq!(prints.len(), all.len());
    }

    #[test]
    fn a_severity_survives_its_word_and_is_ordered() {
        for severity in Severity::ALL {
            assert_eq!(severity.as_str().parse(), Ok(severity));
        }
        assert!(Severity::Low < Severity::Medium && Severity::Medium < Severity::High);
        assert!("HIGHEST".parse::<Severity>().is_err());
    }
}
