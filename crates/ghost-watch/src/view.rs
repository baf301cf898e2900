//! Draws the state and changes nothing. Formats only what is on the screen.

mod ascii;
mod columns;
mod detail;
mod exceptions;
mod footer;
mod header;
mod help;
mod ink;
mod processes;
mod table;
mod wording;

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::{Rect, Size};
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Widget};

use crate::state::{Page, Watch};

use ink::Ink;
pub use ink::Look;
pub use wording::rate;

/// Screens from here on have two lines above the table, smaller ones have one.
const TALL: u16 = 10;
/// Screens below this have nothing but the table.
const TINY: u16 = 4;

/// The parts of a screen.
#[derive(Clone, Copy, Debug)]
struct Parts {
    header: Rect,
    /// The line over the table or page: headings, a title.
    title: Rect,
    body: Rect,
    footer: Rect,
}

impl Parts {
    fn of(area: Rect) -> Self {
        let (above, below) = match area.height {
            TALL.. => (2, 1),
            TINY.. => (1, 1),
            _ => (0, 0),
        };
        let title = 1.min(area.height.saturating_sub(above + below));
        let body = area.height.saturating_sub(above + below + title);
        let part = |y: u16, height: u16| Rect { y: area.y + y, height, ..area };
        Self {
            header: part(0, above),
            title: part(above, title),
            body: part(above + title, body),
            footer: part(area.height - below, below),
        }
    }
}

/// Room for lines of the table or page on a screen of this size.
pub(crate) fn height(size: Size) -> usize {
    usize::from(Parts::of(Rect::from((ratatui::layout::Position::ORIGIN, size))).body.height)
}

/// How many lines the page over the table has on a screen of this size.
pub(crate) fn lines(watch: &Watch, size: Size) -> usize {
    let (width, ink) = (usize::from(size.width), Ink::default());
    match watch.page() {
        None => 0,
        Some(Page::Help) => help::lines(ink).len(),
        Some(Page::Processes) => processes::lines(watch, ink).len(),
        Some(Page::Exceptions) => watch.exception_rows().len(),
        Some(Page::Detail(id)) => detail::lines(watch, id, width, ink).len(),
    }
}

/// Draws everything.
pub(crate) fn draw(frame: &mut Frame<'_>, watch: &Watch, look: Look) {
    let parts = Parts::of(frame.area());
    let ink = Ink::new(look);
    put(frame, parts.header, header::lines(watch, ink));
    put(frame, parts.footer, vec![footer::line(watch, usize::from(parts.footer.width), ink)]);
    match watch.page() {
        None => table::draw(frame, parts.title, parts.body, watch, ink),
        Some(page) => {
            let (title, body) = page_text(watch, page, parts.body, ink);
            put(frame, parts.title, vec![title]);
            put(frame, parts.body, body);
        }
    }
    if !look.unicode {
        ascii::replace(frame.buffer_mut());
    }
}

fn page_text(
    watch: &Watch,
    page: Page,
    body: Rect,
    ink: Ink,
) -> (Line<'static>, Vec<Line<'static>>) {
    let (width, first) = (usize::from(body.width), watch.scroll());
    let on_screen = first..first + usize::from(body.height);
    match page {
        Page::Help => (help::title(), part(help::lines(ink), on_screen)),
        Page::Processes => (processes::title(), part(processes::lines(watch, ink), on_screen)),
        Page::Exceptions => {
            (exceptions::title(width), exceptions::lines(watch, on_screen, width, ink))
        }
        Page::Detail(id) => {
            (detail::title(watch, id), part(detail::lines(watch, id, width, ink), on_screen))
        }
    }
}

fn part(lines: Vec<Line<'static>>, range: Range<usize>) -> Vec<Line<'static>> {
    lines.into_iter().skip(range.start).take(range.len()).collect()
}

fn put(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>) {
    Paragraph::new(lines).render(area, frame.buffer_mut());
}

#[cfg(test)]
mod tests;
