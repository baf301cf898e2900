//! The last line: what is typed, what is wrong, which keys there are, and where in the table we are.

use ghost_model::{thousands, visible};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::ink::Ink;
use crate::state::{Page, Watch};

/// What stands between two keys.
const BETWEEN: &str = "  ";

/// The line for a screen of this width.
pub(super) fn line(watch: &Watch, width: usize, ink: Ink) -> Line<'static> {
    let right = if watch.page().is_none() { position(watch) } else { String::new() };
    let left = left(watch, width.saturating_sub(right.width()), ink);
    let used: usize = left.iter().map(|span| span.content.width()).sum();
    let gap = width.saturating_sub(used + right.width());
    let mut spans = left;
    if used + right.width() <= width {
        spans.push(Span::raw(" ".repeat(gap)));
        spans.push(Span::styled(right, Ink::faint()));
    }
    Line::from(spans)
}

fn left(watch: &Watch, width: usize, ink: Ink) -> Vec<Span<'static>> {
    let (filter, is_typed) = watch.filter();
    let filter = visible(filter).into_owned();
    if is_typed {
        return vec![Span::raw(format!("/{filter}")), Span::styled(" ", Ink::selected())];
    }
    if let Some(problem) = watch.problem() {
        return vec![Span::styled(visible(problem).into_owned(), ink.warning())];
    }
    if watch.is_paused() {
        return vec![Span::styled("held still (Space goes on)", ink.warning())];
    }
    if watch.page().is_none() && !filter.is_empty() {
        let text = format!("only names with `{filter}` (Esc shows all)");
        return vec![Span::styled(text, ink.emphasis())];
    }
    vec![Span::styled(keys(watch, width), Ink::faint())]
}

/// The most useful keys, as many as fit.
fn keys(watch: &Watch, width: usize) -> String {
    let direction = if watch.is_reversed() { ", smallest first" } else { "" };
    let sort = format!("s sort: {}{direction}", watch.sort().as_str());
    let keys: &[&str] = match watch.page() {
        None => {
            &["q quit", "? keys", "/ filter", &sort, "Enter detail", "e exceptions", "p processes"]
        }
        Some(Page::Help) => &["q quit", "? back"],
        Some(_) => &["q quit", "? keys", "Esc back"],
    };
    let mut text = String::new();
    for key in keys {
        let between = if text.is_empty() { "" } else { BETWEEN };
        if text.width() + between.len() + key.width() > width {
            break;
        }
        text.push_str(between);
        text.push_str(key);
    }
    text
}

/// `3/340`: the line of the cursor and how many there are.
fn position(watch: &Watch) -> String {
    let all = watch.shown().len() as u64;
    let cut = watch.cut();
    let more = if cut > 0 { format!(" of {}", thousands(all + cut)) } else { String::new() };
    if all == 0 {
        return String::new();
    }
    format!(" {}/{}{more}", thousands(watch.selected_line() as u64), thousands(all))
}
