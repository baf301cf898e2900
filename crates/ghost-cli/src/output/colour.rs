//! Whether to use colour, and the few styles there are.
//!
//! Order of precedence: `--color`, then the environment, then what the stream is.

use std::io::{IsTerminal, StdoutLock, stdout};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};

use crate::args::ColourChoice;
use crate::environment;

/// Column headings.
pub(crate) const HEADING: Style = Style::new().bold();
/// What the eye should find first.
pub(crate) const EMPHASIS: Style = AnsiColor::Cyan.on_default();
/// What asks for attention.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default();
/// Good news.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What matters less.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Whether standard output is to have colour.
pub(crate) fn is_wanted(choice: ColourChoice) -> bool {
    match choice {
        ColourChoice::Always => true,
        ColourChoice::Never => false,
        ColourChoice::Auto => environment::colour_wish().unwrap_or_else(|| stdout().is_terminal()),
    }
}

/// Standard output, with colour or with colour taken out.
pub(crate) fn standard_output(choice: ColourChoice) -> AutoStream<StdoutLock<'static>> {
    let output = stdout().lock();
    let choice = if is_wanted(choice) {
        anstream::ColorChoice::AlwaysAnsi
    } else {
        anstream::ColorChoice::Never
    };
    AutoStream::new(output, choice)
}
