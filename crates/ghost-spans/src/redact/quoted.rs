//! Where something in quotes ends, in every style; a style that could be read in two ways is a doubt.
//!
//! Works on bytes: all quotes are ASCII, so that every position returned is between characters.

use super::rules::Backslash;
use super::token::Doubt;

/// The position behind the closing `quote`, if the text in quotes begins at `at`. A doubled quote is
/// one that belongs to the text.
pub(super) fn end_of_text(
    bytes: &[u8],
    mut at: usize,
    quote: u8,
    backslash: Backslash,
) -> Result<usize, Doubt> {
    while let Some(&byte) = bytes.get(at) {
        at += match byte {
            _ if byte == quote && bytes.get(at + 1) == Some(&quote) => 2,
            _ if byte == quote => return Ok(at + 1),
            b'\\' => backslash_bytes(bytes, at, quote, backslash)?,
            _ => 1,
        };
    }
    Err(Doubt::Unterminated)
}

/// How many bytes the backslash at `at` takes with it.
fn backslash_bytes(
    bytes: &[u8],
    at: usize,
    quote: u8,
    backslash: Backslash,
) -> Result<usize, Doubt> {
    match backslash {
        Backslash::Plain => Ok(1),
        Backslash::EscapesEarly if is_early_quote(bytes, at) => Err(Doubt::Ambiguous),
        Backslash::Escapes | Backslash::EscapesEarly => Ok(2),
        Backslash::Depends => {
            let rest = bytes.get(at..).unwrap_or_default();
            let run = rest.iter().take_while(|&&byte| byte == b'\\').count();
            let before_quote = rest.get(run) == Some(&quote);
            if before_quote && run % 2 == 1 { Err(Doubt::Ambiguous) } else { Ok(run) }
        }
    }
}

/// Whether `\u0022`, `\u0027`, `\u005c` or `\u0060` is at `at`, with any number of `u`: a reader that
/// decodes before it looks for quotes would see one.
fn is_early_quote(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at + 1..).unwrap_or_default();
    let letters = rest.iter().take_while(|byte| byte.eq_ignore_ascii_case(&b'u')).count();
    let digits = rest.get(letters..letters + 4).unwrap_or_default();
    let is = |code: &&[u8]| digits.eq_ignore_ascii_case(code);
    letters > 0 && [&b"0022"[..], b"0027", b"005c", b"0060"].iter().any(is)
}

/// The position behind Oracle's `q'[…]'`, if the delimiter is at `at`.
pub(super) fn end_of_delimited(text: &str, at: usize) -> Result<usize, Doubt> {
    let rest = text.get(at..).unwrap_or_default();
    let open = rest.chars().next().ok_or(Doubt::Unterminated)?;
    let close = match open {
        '[' => ']',
        '(' => ')',
        '{' => '}',
        '<' => '>',
        _ if open.is_whitespace() || open == '\'' => return Err(Doubt::Ambiguous),
        _ => open,
    };
    let inside = at + open.len_utf8();
    let mut search = text.get(inside..).unwrap_or_default().match_indices(close);
    let is_end = |found: &(usize, &str)| {
        let behind = inside + found.0 + close.len_utf8();
        text.as_bytes().get(behind) == Some(&b'\'')
    };
    let (found, _) = search.find(is_end).ok_or(Doubt::Unterminated)?;
    Ok(inside + found + close.len_utf8() + 1)
}

/// The position behind `$tag$…$tag$`, if its first `$` is at `at`; `None` if that opens nothing.
pub(super) fn end_of_dollars(text: &str, at: usize) -> Option<Result<usize, Doubt>> {
    let rest = text.get(at..)?;
    let tag_bytes = rest.get(1..)?.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
    let opening = rest.get(..tag_bytes + 2).filter(|opening| opening.ends_with('$'))?;
    if opening[1..].starts_with(|c: char| c.is_numeric()) {
        return None;
    }
    let inside = rest.get(opening.len()..)?;
    let end = inside.find(opening).map(|found| at + found + 2 * opening.len());
    Some(end.ok_or(Doubt::Unterminated))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str, backslash: Backslash) -> Result<usize, Doubt> {
        end_of_text(text.as_bytes(), 0, b'\'', backslash)
    }

    #[test]
    fn a_doubled_quote_does_not_end_the_text() {
        assert_eq!(end("a''b' c", Backslash::Plain), Ok(5));
        assert_eq!(end("a''", Backslash::Plain), Err(Doubt::Unterminated));
    }

    #[test]
    fn a_backslash_hides_the_quote_only_where_it_escapes() {
        assert_eq!(end(r"a\' b'", Backslash::Plain), Ok(3));
        assert_eq!(end(r"a\' b'", Backslash::Escapes), Ok(6));
        assert_eq!(end(r"a\' b'", Backslash::Depends), Err(Doubt::Ambiguous));
        assert_eq!(end(r"a\n\\' b'", Backslash::Depends), Ok(6));
    }

    #[test]
    fn a_quote_in_disguise_is_a_doubt() {
        assert_eq!(end(r"a\u0027' b'", Backslash::EscapesEarly), Err(Doubt::Ambiguous));
        assert_eq!(end(r"a\uu005C' b'", Backslash::EscapesEarly), Err(Doubt::Ambiguous));
        assert_eq!(end(r"a\u0041' b'", Backslash::EscapesEarly), Ok(8));
    }

    #[test]
    fn delimiters_end_with_their_partner_and_a_quote() {
        assert_eq!(end_of_delimited("[it's] ]' x", 0), Ok(9));
        assert_eq!(end_of_delimited("!a!' x", 0), Ok(4));
        assert_eq!(end_of_delimited("[it's]", 0), Err(Doubt::Unterminated));
        assert_eq!(end_of_delimited(" a '", 0), Err(Doubt::Ambiguous));
    }

    #[test]
    fn dollars_end_with_the_same_tag() {
        assert_eq!(end_of_dollars("$$a$b$$ c", 0), Some(Ok(7)));
        assert_eq!(end_of_dollars("$é$ $$ $é$", 0), Some(Ok(12)));
        assert_eq!(end_of_dollars("$a$ $b$", 0), Some(Err(Doubt::Unterminated)));
        assert_eq!(end_of_dollars("$1 $2$", 0), None);
        assert_eq!(end_of_dollars("$1$", 0), None);
    }
}
