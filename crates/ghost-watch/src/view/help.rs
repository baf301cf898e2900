//! The page with the keys.

use ratatui::text::{Line, Span};

use super::ink::Ink;
use crate::state::BINDINGS;

/// Columns of the keys: the longest is `Ctrl-Z`'s line.
const KEYS_WIDTH: usize = 18;

pub(super) fn title() -> Line<'static> {
    Line::from(Ink::title("KEYS"))
}

/// One line for every binding.
pub(super) fn lines(ink: Ink) -> Vec<Line<'static>> {
    let line = |binding: &crate::state::Binding| {
        let keys = format!("  {:<KEYS_WIDTH$}", binding.shown);
        Line::from(vec![Span::styled(keys, ink.emphasis()), Span::raw(binding.meaning)])
    };
    BINDINGS.iter().map(line).collect()
}
