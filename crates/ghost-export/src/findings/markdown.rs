//! Findings as a Markdown list for reviews, tickets and summaries of actions.
//!
//! Names stand in code spans; messages are escaped, so that nothing in them is read as markup.

use std::io::{self, Write};

use ghost_analysis::Finding;
use ghost_model::counted;

use super::FindingsView;
use crate::markdown::code;
use ghost_model::visible;

pub(super) fn write(view: &FindingsView<'_>, output: &mut dyn Write) -> io::Result<()> {
    let count = counted(view.findings.len() as u64, "finding", "findings");
    writeln!(output, "{count} in session {} of {}", view.session.id, code(&view.session.script))?;
    for finding in view.findings {
        write_finding(finding, output)?;
    }
    Ok(())
}

fn write_finding(finding: &Finding, output: &mut dyn Write) -> io::Result<()> {
    let place = &finding.place;
    let name = code(&place.function.qualname);
    let at = if place.file.is_empty() {
        String::new()
    } else {
        format!(", {}", code(&format!("{}:{}", place.file, place.line)))
    };
    writeln!(output, "\n- **{}** {} in {name}{at}", finding.severity.as_str(), finding.detector)?;
    for message in &finding.messages {
        writeln!(output, "  - {}", escaped(message))?;
    }
    Ok(())
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in visible(text).chars() {
        if matches!(
            character,
            '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '|' | '#' | '@' | '~' | '&'
        ) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::{FindingsFormat, sample};
    use super::*;

    #[test]
    fn the_list_stays_as_it_is() {
        insta::assert_snapshot!(sample::written(FindingsFormat::Markdown));
    }

    #[test]
    fn names_cannot_become_markup() {
        assert_eq!(escaped("a_b <b> @all\n"), "a\\_b \\<b\\> \\@all\\\\n");
    }
}
