//! Findings as workflow commands: GitHub shows them beside the source.
//!
//! `::warning file=app.py,line=12,title=…::…`, one line each. GitHub shows ten of each kind per step.

use std::io::{self, Write};

use ghost_analysis::{Finding, Severity};
use ghost_model::visible;

use super::FindingsView;

pub(super) fn write(view: &FindingsView<'_>, output: &mut dyn Write) -> io::Result<()> {
    view.findings.iter().try_for_each(|finding| write_finding(finding, output))
}

fn write_finding(finding: &Finding, output: &mut dyn Write) -> io::Result<()> {
    let place = &finding.place;
    let level = match finding.severity {
        Severity::Low => "notice",
        Severity::Medium => "warning",
        Severity::High => "error",
    };
    let mut properties = Vec::new();
    if !place.file.is_empty() {
        properties.push(format!("file={}", property(&place.file)));
        properties.push(format!("line={}", place.line.max(1)));
    }
    let title = format!("{}: {}", finding.detector, visible(&place.function.qualname));
    properties.push(format!("title={}", property(&title)));
    let messages: Vec<_> = finding.messages.iter().map(|message| visible(message)).collect();
    writeln!(output, "::{level} {}::{}", properties.join(","), data(&messages.join("\n")))
}

/// What stands behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What stands in a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::{FindingsFormat, sample};
    use super::*;

    #[test]
    fn the_commands_stay_as_they_are() {
        insta::assert_snapshot!(sample::written(FindingsFormat::Github));
    }

    #[test]
    fn nothing_ends_a_property_or_a_command() {
        assert_eq!(property("a:b,c%\r\n"), "a%3Ab%2Cc%25%0D%0A");
        assert_eq!(data("50% a:b,\n"), "50%25 a:b,%0A");
    }
}
