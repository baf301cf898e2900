//! The page of exceptions: which left which function, and who caught them.

use std::ops::Range;

use ghost_model::{percentage, thousands, visible};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::ink::Ink;
use super::wording::{name, shortened};
use crate::state::{ExceptionRow, Watch};

/// The columns of numbers: count and share, with what is between them.
const NUMBERS: usize = 11 + 1 + 6 + 1;
/// What nobody has caught.
const UNCAUGHT: &str = "-";

/// Widths of the three columns of names.
fn widths(width: usize) -> [usize; 3] {
    let names = width.saturating_sub(NUMBERS + 2);
    let exception = names / 4;
    let function = (names - exception) / 2;
    [exception, function, names - exception - function]
}

pub(super) fn title(width: usize) -> Line<'static> {
    let [exception, function, _] = widths(width);
    let names = [padded("EXCEPTION", exception), padded("LEFT FUNCTION", function)];
    let numbers = format!("{:>11} {:>6} ", "COUNT", "CALLS%");
    Line::from(Ink::title(format!("{numbers}{} {} CAUGHT BY", names[0], names[1])))
}

/// The lines in the range, of all there are.
pub(super) fn lines(
    watch: &Watch,
    range: Range<usize>,
    width: usize,
    ink: Ink,
) -> Vec<Line<'static>> {
    let rows = watch.exception_rows();
    if rows.is_empty() {
        return vec![Line::styled("no exception left a function", Ink::faint())];
    }
    let on_screen = rows.iter().skip(range.start).take(range.len());
    on_screen.map(|row| line(watch, row, width, ink)).collect()
}

fn line(watch: &Watch, row: &ExceptionRow, width: usize, ink: Ink) -> Line<'static> {
    let [exception_width, function_width, catcher_width] = widths(width);
    let exception = visible(watch.labels().type_name(row.exception)).into_owned();
    let function = padded(&name(watch.function(row.function)), function_width);
    let caught_by = row.caught_by.map(|id| shortened(&name(watch.function(id)), catcher_width));
    let share = percentage(row.count, row.call_count);
    Line::from(vec![
        Span::raw(format!("{:>11} {share:>6} ", thousands(row.count))),
        Span::styled(padded(&exception, exception_width), ink.warning()),
        Span::raw(format!(" {function} ")),
        caught_by.map_or(Span::styled(UNCAUGHT, Ink::faint()), Span::raw),
    ])
}

fn padded(text: &str, width: usize) -> String {
    let text = shortened(text, width);
    let padding = " ".repeat(width.saturating_sub(text.width()));
    text + &padding
}
