//! CSV as RFC 4180 has it, with one line per function and distributions as JSON objects.
//!
//! Lines end in a plain line feed. Control characters in names are shown as escapes: no reader of
//! line-oriented tools agrees on quoted line breaks.

use std::borrow::Cow;
use std::io::{self, Write};

use ghost_model::{Function, Profile};

use crate::distribution::Distribution;
use crate::format::{ExportError, Exporter};
use crate::json::{exception_counts, type_counts};
use crate::view::ExportView;
use crate::{Labels, visible};

/// The CSV format.
pub(crate) struct Csv;

const COLUMNS: &str = "fn_key,call_count,exception_count,exception_rate,mean_latency_ns,\
min_latency_ns,max_latency_ns,arg_type_dist,ret_type_dist,module,qualname,line,file,kind,\
p50_latency_ns,p90_latency_ns,p95_latency_ns,p99_latency_ns,total_ns,self_ns,running_ns,\
exc_type_dist";

impl Exporter for Csv {
    fn write(&self, view: &ExportView<'_>, output: &mut dyn Write) -> Result<(), ExportError> {
        let labels = view.labels();
        writeln!(output, "{COLUMNS}")?;
        for (function, profile) in view.rows() {
            let fields = fields(&labels, function, profile)?;
            writeln!(output, "{}", fields.join(","))?;
        }
        Ok(())
    }
}

fn fields(labels: &Labels, function: &Function, profile: &Profile) -> io::Result<Vec<String>> {
    let (calls, exceptions) = (profile.call_count(), profile.exception_count());
    let rate = if calls == 0 { 0.0 } else { exceptions as f64 / calls as f64 };
    let ended = |ns: u64| number((profile.ended_count() > 0).then_some(ns));
    let quantile = |quantile| number(profile.latency.quantile_ns(quantile));
    let signatures: Distribution =
        profile.args.iter().map(|(types, n)| (labels.signature(types), *n)).collect();
    let key = &function.key;
    Ok(vec![
        quoted(&key.to_string()),
        calls.to_string(),
        exceptions.to_string(),
        rate.to_string(),
        number(profile.latency_ns_mean()),
        ended(profile.latency_ns_min),
        ended(profile.latency_ns_max),
        object(&signatures)?,
        object(&type_counts(labels, &profile.returns))?,
        quoted(&key.module),
        quoted(&key.qualname),
        key.line.to_string(),
        quoted(&function.file),
        function.kind.as_str().to_owned(),
        quantile(0.50),
        quantile(0.90),
        quantile(0.95),
        quantile(0.99),
        profile.total_ns.to_string(),
        profile.self_ns.to_string(),
        profile.running_ns.to_string(),
        object(&exception_counts(labels, &profile.exceptions))?,
    ])
}

fn number(number: Option<u64>) -> String {
    number.map_or_else(String::new, |number| number.to_string())
}

/// Labels are made visible first: an escape put into finished JSON would make it invalid.
fn object(distribution: &Distribution) -> io::Result<String> {
    Ok(quoted(&serde_json::to_string(&distribution.visible())?))
}

/// A field in quotes where it needs them.
fn quoted(text: &str) -> String {
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
        let columns = COLUMNS.split(',').count();
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
