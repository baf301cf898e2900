//! An explanation as lines of text.

use ghost_model::{percentage, thousands, visible};

use super::bars::Drawing;
use super::sections::{Row, Section, sections, title};
use super::{ExplainView, Explanation};

/// Prose is broken at this many columns: longer lines are hard to read.
const PROSE_WIDTH: usize = 88;

/// One line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExplainLine {
    /// An empty line.
    Empty,
    /// The name of the function, and what stands behind it.
    Title(String, String),
    /// The heading of a section.
    Heading(String),
    /// Anything else.
    Text(String),
}

impl ExplainLine {
    /// The line as it is written without colour.
    pub fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Title(name, rest) => format!("{name}  {rest}"),
            Self::Heading(text) => text.clone(),
            Self::Text(text) => format!("  {text}").trim_end().to_owned(),
        }
    }
}

/// What was observed.
pub fn fact_lines(view: &ExplainView<'_>, drawing: Drawing) -> Vec<ExplainLine> {
    let [name, rest] = title(view);
    let mut lines = vec![ExplainLine::Title(name, rest)];
    for section in sections(view) {
        lines.push(ExplainLine::Empty);
        lines.push(ExplainLine::Heading(section.heading.clone()));
        lines.extend(rows(&section, drawing).into_iter().map(ExplainLine::Text));
    }
    lines
}

/// The same in words, or whatever a model said of it.
pub fn explanation_lines(explanation: &Explanation) -> Vec<ExplainLine> {
    let by = match (explanation.backend, &explanation.model) {
        ("template", _) => String::new(),
        (backend, Some(model)) => format!(" ({backend}, {})", visible(model)),
        (backend, None) => format!(" ({backend})"),
    };
    let mut lines = vec![ExplainLine::Empty, ExplainLine::Heading(format!("Explanation{by}"))];
    for (index, paragraph) in explanation.paragraphs.iter().enumerate() {
        if index > 0 {
            lines.push(ExplainLine::Empty);
        }
        let broken = paragraph.lines().flat_map(|line| wrapped(&visible(line)));
        lines.extend(broken.map(ExplainLine::Text));
    }
    lines
}

fn rows(section: &Section, drawing: Drawing) -> Vec<String> {
    let widths = [0, 1].map(|column| {
        let cells = section.rows.iter().filter_map(|row| match row {
            Row::Share { name, .. } => Some(name[column].chars().count()),
            _ => None,
        });
        cells.max().unwrap_or(0)
    });
    let row = |row: &Row| match row {
        Row::Words(words) => words.clone(),
        Row::Source(number, text) => format!("{number:>5} {} {text}", drawing.rule()),
        Row::Share { name: [first, second], count, whole, note } => {
            let first = padded(first, widths[0]);
            let gap = if widths[0] > 0 { "  " } else { "" };
            let second = padded(second, widths[1]);
            let bar = drawing.bar(*count, *whole);
            let share = percentage(*count, *whole);
            let number = thousands(*count);
            format!("{first}{gap}{second}  {bar} {share:>6}  {number:>7}  {note}")
        }
    };
    section.rows.iter().map(row).collect()
}

fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.chars().count());
    text.to_owned() + &" ".repeat(missing)
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut width = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > PROSE_WIDTH {
            lines.push(String::new());
            width = 0;
        }
        let Some(line) = lines.last_mut() else { break };
        if width > 0 {
            line.push(' ');
            width += 1;
        }
        line.push_str(word);
        width += length;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::sample::Sample;

    fn text(lines: &[ExplainLine]) -> String {
        lines.iter().map(|line| line.text() + "\n").collect()
    }

    #[test]
    fn the_text_stays_as_it_is() {
        let sample = Sample::new();
        let facts = fact_lines(&sample.view(), Drawing::Unicode);
        let explained = explanation_lines(&Sample::explanation());
        insta::assert_snapshot!(text(&facts) + &text(&explained));
    }

    #[test]
    fn a_plain_terminal_gets_plain_bars() {
        let sample = Sample::new();
        let text = text(&fact_lines(&sample.view(), Drawing::Ascii));
        assert!(text.contains("###") && !text.contains(['█', '│']), "{text}");
    }

    #[test]
    fn nothing_a_terminal_obeys_gets_through() {
        let sample = Sample::new();
        let mut explanation = Sample::explanation();
        explanation.paragraphs.push("\u{1b}[31mred\u{7}\rhidden \u{202e}".into());
        explanation.model = Some("m\u{1b}]0;x".into());
        let lines = [fact_lines(&sample.view(), Drawing::Unicode), explanation_lines(&explanation)];
        for line in lines.concat() {
            assert!(!line.text().contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
        }
    }

    #[test]
    fn prose_is_broken_between_words() {
        let lines = wrapped(&"word ".repeat(60));
        assert!(lines.len() > 3 && lines.iter().all(|line| line.chars().count() <= PROSE_WIDTH));
        assert_eq!(wrapped("a  b"), ["a  b"]);
    }
}
