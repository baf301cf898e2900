//! A GitHub-flavoured Markdown table for reviews and tickets, with the columns of `ghost report`.
//!
//! Names stand in code spans: nothing in them is read as markup.

use std::io::Write;

use ghost_model::{Function, Profile};

use crate::format::{ExportError, Exporter};
use crate::view::ExportView;
use crate::{Labels, human_duration, visible};

/// The Markdown format.
pub(crate) struct Markdown;

const HEADER: &str = "\
| Function | Calls | Exc% | Mean lat | P95 | Total | Dom. arg sig |
|---|--:|--:|--:|--:|--:|---|";

impl Exporter for Markdown {
    fn write(&self, view: &ExportView<'_>, output: &mut dyn Write) -> Result<(), ExportError> {
        let labels = view.labels();
        let session = view.session;
        writeln!(output, "Session {} of {}\n", session.id, code(&session.script))?;
        writeln!(output, "{HEADER}")?;
        for (function, profile) in view.rows() {
            writeln!(output, "| {} |", cells(&labels, function, profile).join(" | "))?;
        }
        Ok(())
    }
}

fn cells(labels: &Labels, function: &Function, profile: &Profile) -> [String; 7] {
    let duration = |ns: Option<u64>| ns.map_or_else(|| "–".to_owned(), human_duration);
    let signature = profile.dominant_signature();
    [
        code(&format!("{}:{}", function.key.qualname, function.key.line)),
        calls(profile),
        percent(profile.exception_count(), profile.call_count()),
        duration(profile.latency_ns_mean()),
        duration(profile.latency.quantile_ns(0.95)),
        human_duration(profile.total_ns),
        signature.map_or_else(String::new, |signature| code(&labels.signature(signature))),
    ]
}

/// Estimates are marked.
fn calls(profile: &Profile) -> String {
    let mark = if profile.is_estimate() { "≈" } else { "" };
    format!("{mark}{}", profile.call_count())
}

fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0".to_owned();
    }
    format!("{:.1}", 100.0 * part as f64 / whole as f64)
}

/// A code span. Its fence is longer than any run of backticks in the text, and a bar, which would
/// end the cell even here, is escaped as tables demand.
pub fn code(text: &str) -> String {
    let text = visible(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let gap = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{gap}{text}{gap}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, write};
    use crate::sample;

    #[test]
    fn the_table_stays_as_it_is() {
        let mut output = Vec::new();
        write(&sample::session().view(), Format::Markdown, &mut output).unwrap();
        insta::assert_snapshot!(String::from_utf8(output).unwrap());
    }

    #[test]
    fn a_code_span_holds_anything() {
        assert_eq!(code("<lambda>"), "`<lambda>`");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("`x``y"), "``` `x``y ```");
    }

    #[test]
    fn a_share_is_never_rounded_to_nothing_silently() {
        assert_eq!(percent(0, 5), "0");
        assert_eq!(percent(1, 3), "33.3");
    }
}
