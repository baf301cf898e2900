//! Names made safe for a terminal: control characters are shown, never sent.

use std::borrow::Cow;

/// The text with every control or direction-changing character as an escape sequence.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_hidden) {
        let escape = |c: char| {
            let escaped = is_hidden(c).then(|| c.escape_default().to_string());
            escaped.unwrap_or_else(|| c.to_string())
        };
        Cow::Owned(text.chars().map(escape).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Characters that move the cursor, reorder the line or break it.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_stay_as_they_are() {
        assert!(matches!(visible("Größe.<locals>.名前"), Cow::Borrowed(_)));
    }

    #[test]
    fn escape_sequences_are_shown() {
        assert_eq!(visible("a\x1b[31mb\nc\u{202e}"), r"a\u{1b}[31mb\nc\u{202e}");
    }
}
