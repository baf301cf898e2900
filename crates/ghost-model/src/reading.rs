//! Names and durations for human eyes.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text with control characters, and those that turn the writing direction, as `\u{…}` escapes.
///
/// The result is one line and cannot move a terminal's cursor or hide what stands beside it.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_invisible) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_invisible(character) {
            // Writing to a `String` cannot fail.
            let _ = write!(shown, "{}", character.escape_default());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Whether a terminal could obey the character, or people could not see it.
pub fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

/// A duration in three significant digits: `<1µs`, `12.5µs`, `4.20ms`, `1.30s`, `120s`.
pub fn human_duration(ns: u64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e3, "µs"), (1e6, "ms"), (1e9, "s")];
    if ns < 1_000 {
        return if ns == 0 { "0".to_owned() } else { "<1µs".to_owned() };
    }
    for (size, unit) in UNITS {
        let amount = ns as f64 / size;
        // What would be rounded up to a thousand belongs to the next unit.
        if amount < 999.5 || unit == "s" {
            let decimals = if amount < 9.995 { 2 } else { usize::from(amount < 99.95) };
            return format!("{amount:.decimals$}{unit}");
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_left_alone() {
        assert!(matches!(visible("Größe.<locals>.f"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(visible("a\n\u{1b}[1m\u{9b}\u{202e}b"), "a\\n\\u{1b}[1m\\u{9b}\\u{202e}b");
    }

    #[test]
    fn durations_keep_three_digits() {
        let expected = [
            (0, "0"),
            (999, "<1µs"),
            (1_000, "1.00µs"),
            (12_540, "12.5µs"),
            (999_600, "1.00ms"),
            (4_200_000, "4.20ms"),
            (99_960_000, "100ms"),
            (1_300_000_000, "1.30s"),
            (7_200_000_000_000, "7200s"),
        ];
        for (ns, text) in expected {
            assert_eq!(human_duration(ns), text);
        }
    }
}
