//! The few styles there are, with colour or without.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

/// What the terminal can show and the user wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Colours.
    pub colour: bool,
    /// Characters beyond ASCII.
    pub unicode: bool,
}

/// Gives text its style.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ink {
    colour: bool,
}

impl Ink {
    pub(super) fn new(look: Look) -> Self {
        Self { colour: look.colour }
    }

    /// Headings and titles.
    pub(super) fn heading() -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The heading of the column that is sorted by, and the selected line: seen without colour too.
    pub(super) fn selected() -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// What the eye should find first.
    pub(super) fn emphasis(self) -> Style {
        self.coloured(Color::Cyan)
    }

    /// What asks for attention.
    pub(super) fn warning(self) -> Style {
        self.coloured(Color::Yellow)
    }

    /// Bars and sparklines.
    pub(super) fn drawing(self) -> Style {
        self.coloured(Color::Green)
    }

    /// What matters less.
    pub(super) fn faint() -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// A heading of its own.
    pub(super) fn title(text: impl Into<String>) -> Span<'static> {
        Span::styled(text.into(), Self::heading())
    }

    fn coloured(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }
}
