//! The lines of both text formats: headers, samples, escaping.
//!
//! They differ in where `_total` and `_info` belong, in units, and in how they end.

use std::fmt::Write;

use super::negotiation::Exposition;

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Histogram,
    Info,
}

/// A text that grows line by line.
#[derive(Debug)]
pub(super) struct TextWriter {
    exposition: Exposition,
    text: String,
}

impl TextWriter {
    pub(super) fn new(exposition: Exposition) -> Self {
        Self { exposition, text: String::new() }
    }

    /// Begins the metric `name`, which has no suffix but its unit.
    pub(super) fn begin(&mut self, name: &str, kind: Kind, unit: &str, help: &str) {
        let (name, word) = match (self.exposition, kind) {
            (_, Kind::Histogram) => (name.to_owned(), "histogram"),
            (Exposition::OpenMetrics, Kind::Counter) => (name.to_owned(), "counter"),
            (Exposition::OpenMetrics, Kind::Info) => (name.to_owned(), "info"),
            (Exposition::Text, Kind::Counter) => (format!("{name}_total"), "counter"),
            (Exposition::Text, Kind::Info) => (format!("{name}_info"), "gauge"),
        };
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {word}"));
        if self.exposition == Exposition::OpenMetrics && !unit.is_empty() {
            self.line(format_args!("# UNIT {name} {unit}"));
        }
    }

    /// One value; `more` is a label beside the others.
    pub(super) fn sample(
        &mut self,
        name: &str,
        suffix: &str,
        labels: &str,
        more: Option<(&str, &str)>,
        value: &str,
    ) {
        let more = more.map(|(name, value)| format!("{name}=\"{value}\"")).unwrap_or_default();
        let comma = if labels.is_empty() || more.is_empty() { "" } else { "," };
        if labels.is_empty() && more.is_empty() {
            self.line(format_args!("{name}{suffix} {value}"));
        } else {
            self.line(format_args!("{name}{suffix}{{{labels}{comma}{more}}} {value}"));
        }
    }

    pub(super) fn finish(mut self) -> String {
        if self.exposition == Exposition::OpenMetrics {
            self.line(format_args!("# EOF"));
        }
        self.text
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{line}");
    }
}

/// Labels as they stand between braces.
pub(super) fn labels<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut labels = String::new();
    for (name, value) in pairs {
        let name = label_name(name);
        // A name may stand once only; different spellings may become the same.
        if names.contains(&name) {
            continue;
        }
        let separator = if labels.is_empty() { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(labels, "{separator}{name}=\"{}\"", escaped(value));
        names.push(name);
    }
    labels
}

/// Letters, digits and underscores; it does not begin with a digit.
fn label_name(name: &str) -> String {
    let valid = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let valid: String = name.chars().map(valid).collect();
    let prefix = if valid.starts_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
    format!("{prefix}{valid}")
}

/// The three characters that have a meaning in the format.
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_quotes() {
        let pairs = labels([("a", "x\\\"\n} 1"), ("b", "ä€\u{7}")]);
        assert_eq!(pairs, "a=\"x\\\\\\\"\\n} 1\",b=\"ä€\u{7}\"");
    }

    #[test]
    fn names_are_made_valid_and_stand_once() {
        let pairs = labels([("a.b", "1"), ("a_b", "2"), ("1é", "3")]);
        assert_eq!(pairs, "a_b=\"1\",_1_=\"3\"");
    }
}
