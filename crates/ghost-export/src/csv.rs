//! CSV as RFC 4180 has it, with one line per function and distributions as JSON objects.
//!
//! Lines end in a plain line feed. Control characters in names are shown as escapes: no reader of
//! line-oriented tools agrees on quoted line breaks.

use std::borrow::Cow;
use std::io::{self, Write};

use ghost_model::visible;

use crate::distribution::Distribution;
use crate::flat::{COLUMNS, Value, row};
use crate::format::{ExportError, Exporter};
use crate::view::ExportView;

/// The CSV format.
pub(crate) struct Csv;

impl Exporter for Csv {
    fn write(&self, view: &ExportView<'_>, output: &mut dyn Write) -> Result<(), ExportError> {
        let labels = view.labels();
        writeln!(output, "{}", COLUMNS.map(|(name, _)| name).join(","))?;
        for (function, profile) in view.rows() {
            let row = row(&labels, function, profile);
            let fields: io::Result<Vec<String>> = row.iter().map(field).collect();
            writeln!(output, "{}", fields?.join(","))?;
        }
        Ok(())
    }
}

fn field(value: &Value) -> io::Result<String> {
    Ok(match value {
        Value::Text(text) => quoted(text),
        Value::Count(number) => number.to_string(),
        Value::Measure(number) => number.map_or_else(String::new, |number| number.to_string()),
        Value::Share(share) => share.to_string(),
        Value::Counts(counts) => object(counts)?,
    })
}

/// Labels are made visible first: an escape put into finished JSON would make it invalid.
fn object(distribution: &Distribution) -> io::Result<String> {
    Ok(quoted(&serde_json::to_string(&distribution.visible())?))
}

/// A field in quotes where it needs them.
pub(crate) fn quoted(text: &str) -> String {
    let text: Cow<'_, str> = visible(text);
    if text.contains(['"', ',']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, write};
    use crate::sample;

    fn text() -> String {
        let mut output = Vec::new();
        write(&sample::session().view(), Format::Csv, &mut output).unwrap();
        String::from_utf8(output).unwrap()
    }

    /// Fields of one line, by the rules of RFC 4180.
    fn parsed(line: &str) -> Vec<String> {
        let mut fields = vec![String::new()];
        let mut characters = line.chars().peekable();
        let mut inside = false;
        while let Some(character) = characters.next() {
            let field = fields.last_mut().unwrap();
            match character {
                '"' if inside && characters.peek() == Some(&'"') => {
                    field.push('"');
                    characters.next();
                }
                '"' => inside = !inside,
                ',' if !inside => fields.push(String::new()),
                other => field.push(other),
            }
        }
        fields
    }

    #[test]
    fn the_table_stays_as_it_is() {
        insta::assert_snapshot!(text());
    }

    #[test]
    fn every_line_has_every_column_and_nothing_a_terminal_obeys() {
        let text = text();
        let columns = COLUMNS.len();
        let lines: Vec<_> = text.lines().map(parsed).collect();
        assert_eq!(lines.len(), sample::session().view().functions.len() + 1);
        assert!(lines.iter().all(|line| line.len() == columns));
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
    }

    #[test]
    fn distributions_are_json() {
        let distributions =
            text().lines().skip(1).map(|line| parsed(line)[7].clone()).collect::<Vec<_>>();
        for distribution in distributions {
            assert!(serde_json::from_str::<serde_json::Value>(&distribution).unwrap().is_object());
        }
    }
}
