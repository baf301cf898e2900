//! Tables that fit the terminal: columns aligned, one of them shortened where space is short.

use std::io::{self, Write};

use anstyle::Style;
use ghost_export::{code_span, visible};
use unicode_width::UnicodeWidthStr;

use super::colour::HEADING;

/// Spaces between columns.
const GAP: usize = 2;
/// A shortened column keeps at least this width, even if the line then wraps.
const SHORTENED_WIDTH_MIN: usize = 12;

/// Which side a column's text is pushed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Names.
    Left,
    /// Numbers.
    Right,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    heading: &'static str,
    align: Align,
    shortens: bool,
}

impl Column {
    /// A column of numbers.
    pub(crate) const fn number(heading: &'static str) -> Self {
        Self { heading, align: Align::Right, shortens: false }
    }

    /// A column of words.
    pub(crate) const fn text(heading: &'static str) -> Self {
        Self { heading, align: Align::Left, shortens: false }
    }

    /// A column of names, whose middle may be left out.
    pub(crate) const fn name(heading: &'static str) -> Self {
        Self { heading, align: Align::Left, shortens: true }
    }
}

/// One cell: text, and a style for the whole or the beginning of it.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    style: Style,
    styled_bytes: usize,
}

impl Cell {
    /// A cell without style. Control characters are made visible.
    pub(crate) fn plain(text: impl AsRef<str>) -> Self {
        Self { text: visible(text.as_ref()).into_owned(), style: Style::new(), styled_bytes: 0 }
    }

    /// The whole text in one style.
    pub(crate) fn styled(text: impl AsRef<str>, style: Style) -> Self {
        let cell = Self::plain(text);
        Self { style, styled_bytes: cell.text.len(), ..cell }
    }

    /// Only the first bytes in that style.
    pub(crate) fn styled_start(text: impl AsRef<str>, style: Style, styled_bytes: usize) -> Self {
        let cell = Self::plain(text);
        let styled_bytes = cell.text.floor_char_boundary(styled_bytes);
        Self { style, styled_bytes, ..cell }
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let (styled, rest) = self.text.split_at(self.styled_bytes);
        if styled.is_empty() {
            return to.write_all(rest.as_bytes());
        }
        write!(to, "{style}{styled}{style:#}{rest}", style = self.style)
    }
}

/// Rows under headings.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(columns: Vec<Column>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row; it has one cell per column.
    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        debug_assert_eq!(row.len(), self.columns.len(), "one cell per column");
        self.rows.push(row);
    }

    /// Writes headings and rows, within `width` columns where one is given.
    pub(crate) fn write(mut self, to: &mut dyn Write, width: Option<usize>) -> io::Result<()> {
        let heading = |column: &Column| Cell::styled(column.heading, HEADING);
        self.rows.insert(0, self.columns.iter().map(heading).collect());
        let mut widths = self.natural_widths();
        if let Some(width) = width {
            self.shorten(&mut widths, width);
        }
        for row in &self.rows {
            self.write_row(to, row, &widths)?;
        }
        Ok(())
    }

    /// Writes the same as a Markdown table, names as code.
    pub(crate) fn write_markdown(&self, to: &mut dyn Write) -> io::Result<()> {
        let headings: Vec<&str> = self.columns.iter().map(|column| column.heading).collect();
        writeln!(to, "| {} |", headings.join(" | "))?;
        let rule = |column: &Column| if column.align == Align::Right { "--:" } else { "---" };
        let rules: Vec<&str> = self.columns.iter().map(rule).collect();
        writeln!(to, "|{}|", rules.join("|"))?;
        for row in &self.rows {
            let cell = |(column, cell): (&Column, &Cell)| {
                if column.shortens { code_span(&cell.text) } else { cell.text.clone() }
            };
            let cells: Vec<String> = self.columns.iter().zip(row).map(cell).collect();
            writeln!(to, "| {} |", cells.join(" | "))?;
        }
        Ok(())
    }

    fn natural_widths(&self) -> Vec<usize> {
        let widest = |index: usize| {
            self.rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.text.width()).max()
        };
        (0..self.columns.len()).map(|index| widest(index).unwrap_or(0)).collect()
    }

    /// Takes what is too much from the columns that may be shortened, the widest first.
    fn shorten(&mut self, widths: &mut [usize], width: usize) {
        let gaps = GAP * self.columns.len().saturating_sub(1);
        let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(width);
        while excess > 0 {
            let shrinkable = |(index, width): &(usize, usize)| {
                self.columns[*index].shortens && *width > SHORTENED_WIDTH_MIN
            };
            let widest = widths.iter().copied().enumerate().filter(shrinkable);
            let Some((index, _)) = widest.max_by_key(|&(_, width)| width) else { break };
            widths[index] -= 1;
            excess -= 1;
        }
        for row in &mut self.rows {
            for (cell, &width) in row.iter_mut().zip(&*widths) {
                cell.text = shortened(&cell.text, width);
                cell.styled_bytes = cell.text.floor_char_boundary(cell.styled_bytes);
            }
        }
    }

    fn write_row(&self, to: &mut dyn Write, row: &[Cell], widths: &[usize]) -> io::Result<()> {
        let last = row.len().saturating_sub(1);
        for (index, (cell, &width)) in row.iter().zip(widths).enumerate() {
            let padding = " ".repeat(width.saturating_sub(cell.text.width()));
            if self.columns[index].align == Align::Right {
                to.write_all(padding.as_bytes())?;
            }
            cell.write(to)?;
            if index == last {
                break;
            }
            if self.columns[index].align == Align::Left {
                to.write_all(padding.as_bytes())?;
            }
            to.write_all(&[b' '; GAP])?;
        }
        to.write_all(b"\n")
    }
}

/// The text within `width` columns: its middle is left out, since both ends of a qualified name say
/// more than what is between them.
fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let head = take_width(text.chars(), room / 2);
    let tail = take_width(text.chars().rev(), room - room / 2);
    let tail: String = tail.chars().rev().collect();
    format!("{head}…{tail}")
}

fn take_width(chars: impl Iterator<Item = char>, width: usize) -> String {
    let mut taken = String::new();
    for c in chars {
        taken.push(c);
        if taken.width() > width {
            taken.pop();
            break;
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rendered(width: Option<usize>) -> String {
        let mut table = Table::new(vec![Column::name("FUNCTION"), Column::number("CALLS")]);
        table.push(vec![Cell::plain("shop.orders.validate_everything:12"), Cell::plain("1,234")]);
        table.push(vec![Cell::plain("f:1"), Cell::plain("7")]);
        let mut bytes = Vec::new();
        table.write(&mut anstream::StripStream::new(&mut bytes), width).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn columns_are_aligned() {
        let expected = "\
FUNCTION                            CALLS
shop.orders.validate_everything:12  1,234
f:1                                     7
";
        assert_eq!(rendered(None), expected);
    }

    #[test]
    fn the_middle_of_long_names_is_left_out() {
        let expected = "\
FUNCTION              CALLS
shop.orde…rything:12  1,234
f:1                       7
";
        assert_eq!(rendered(Some(27)), expected);
    }

    #[test]
    fn a_terminal_of_one_column_still_gets_a_table() {
        assert!(rendered(Some(1)).lines().all(|line| line.width() <= SHORTENED_WIDTH_MIN + 7));
    }

    proptest! {
        #[test]
        fn shortening_never_exceeds_the_width(text in "\\PC{0,40}", width in 1..30_usize) {
            prop_assert!(shortened(&text, width).width() <= width.max(1));
        }
    }
}
