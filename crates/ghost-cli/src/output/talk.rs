//! Lines for people, on standard error. Data never goes here.
//!
//! A line that cannot be written is dropped: nothing `ghost` has to say is worth failing for.

use std::error::Error;
use std::fmt::{Display, Write as _};
use std::io::{Write, stderr};

use ghost_export::visible;

/// One line: `ghost: MESSAGE`.
pub(crate) fn say(message: impl Display) {
    line(&format!("ghost: {}", visible(&message.to_string())));
}

/// One line with the way out: `ghost: MESSAGE (hint: HINT)`. One line, and always beginning like
/// this, so that ours can be told from the program's.
pub(crate) fn say_with_hint(message: impl Display, hint: impl Display) {
    say(format_args!("{message} (hint: {hint})"));
}

/// One line, with the way out if there is one.
pub(crate) fn say_with(message: impl Display, hint: Option<impl Display>) {
    match hint {
        Some(hint) => say_with_hint(message, hint),
        None => say(message),
    }
}

/// The error with what caused it, in one line.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

/// A whole line in one write, so that it does not mix with what the program writes.
fn line(text: &str) {
    let _ = stderr().lock().write_all(format!("{text}\n").as_bytes());
}
