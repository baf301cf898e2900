//! A comparison as Markdown lists, for reviews and tickets.

use std::io::Write;

use super::DiffView;
use super::entries::Tone;
use super::lines::sections;
use crate::format::ExportError;
use crate::markdown::code;

pub(super) fn write(view: &DiffView<'_>, output: &mut dyn Write) -> Result<(), ExportError> {
    writeln!(output, "## Ghost diff {} → {}", view.before.id, view.after.id)?;
    let sections = sections(view);
    if sections.is_empty() {
        writeln!(output, "\nNo difference in {} functions.", view.comparison.unchanged_count)?;
    }
    for section in sections {
        writeln!(output, "\n### {} ({})\n", section.name, section.count)?;
        for (title, notes) in section.functions {
            writeln!(output, "- {}", code(&title))?;
            for (tone, note) in notes {
                let sign = match tone {
                    Tone::Worse => "⚠ ",
                    _ => "",
                };
                writeln!(output, "  - {sign}{}", escaped(&note))?;
            }
        }
    }
    Ok(())
}

/// Names in notes are not in code spans, so what Markdown would read in them is escaped.
fn escaped(note: &str) -> String {
    let mut text = String::with_capacity(note.len());
    for character in note.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '&' | '|' | '~') {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::sample::Sample;

    #[test]
    fn the_lists_stay_as_they_are() {
        let mut output = Vec::new();
        write(&Sample::new().view(), &mut output).unwrap();
        insta::assert_snapshot!(String::from_utf8(output).unwrap());
    }

    #[test]
    fn names_are_not_markup() {
        assert_eq!(escaped("<b>*x*"), "\\<b\\>\\*x\\*");
    }
}
