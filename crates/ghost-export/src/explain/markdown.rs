//! An explanation as Markdown, for reviews and tickets.

use std::io::Write;

use ghost_model::{percentage, thousands, visible};

use super::sections::{Row, Section, sections, title};
use super::{ExplainView, Explanation};
use crate::format::ExportError;
use crate::markdown::code;

pub(super) fn write(
    view: &ExplainView<'_>,
    explanation: &Explanation,
    output: &mut dyn Write,
) -> Result<(), ExportError> {
    let [name, rest] = title(view);
    writeln!(output, "## {}\n\n{}", code(&name), code(&rest))?;
    writeln!(output, "\n### Explanation{}", whose(explanation))?;
    for paragraph in &explanation.paragraphs {
        writeln!(output, "\n{}", harmless(paragraph))?;
    }
    for section in sections(view) {
        writeln!(output, "\n### {}\n", harmless(&section.heading))?;
        rows(&section, output)?;
    }
    Ok(())
}

fn whose(explanation: &Explanation) -> String {
    match (explanation.backend, &explanation.model) {
        ("template", _) => String::new(),
        (backend, Some(model)) => format!(" ({backend}, {})", code(model)),
        (backend, None) => format!(" ({backend})"),
    }
}

fn rows(section: &Section, output: &mut dyn Write) -> Result<(), ExportError> {
    let is_source = section.rows.iter().any(|row| matches!(row, Row::Source(..)));
    if is_source {
        return source(section, output);
    }
    for row in &section.rows {
        match row {
            Row::Words(words) => writeln!(output, "- {}", code(words.trim()))?,
            Row::Source(..) => {}
            Row::Share { name, count, whole, note } => {
                let name = name.join(" ");
                let share = percentage(*count, *whole);
                let note =
                    if note.is_empty() { String::new() } else { format!(", {}", code(note)) };
                writeln!(output, "- {}: {share} ({}){note}", code(name.trim()), thousands(*count))?;
            }
        }
    }
    Ok(())
}

/// A fence longer than any in the source.
fn source(section: &Section, output: &mut dyn Write) -> Result<(), ExportError> {
    let lines: Vec<&str> = section
        .rows
        .iter()
        .map(|row| match row {
            Row::Source(_, text) | Row::Words(text) => text.as_str(),
            Row::Share { .. } => "",
        })
        .collect();
    let ticks = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max();
    let fence = "`".repeat(ticks.unwrap_or(0).max(2) + 1);
    writeln!(output, "{fence}python\n{}\n{fence}", lines.join("\n"))?;
    Ok(())
}

/// Prose may be marked up, but holds no HTML and no images.
fn harmless(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(visible).collect();
    lines.join("\n").replace('<', "\\<").replace("![", "!\\[")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::sample::Sample;

    #[test]
    fn the_document_stays_as_it_is() {
        let mut output = Vec::new();
        let sample = Sample::new();
        write(&sample.view(), &Sample::explanation(), &mut output).unwrap();
        insta::assert_snapshot!(String::from_utf8(output).unwrap());
    }

    #[test]
    fn a_model_cannot_smuggle_markup_in() {
        assert_eq!(harmless("<img src=x> ![a](b)"), "\\<img src=x> !\\[a](b)");
    }
}
