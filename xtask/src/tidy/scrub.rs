//! Rust source with comments and literals blanked out, so that counting braces can be simple.
//!
//! Keeps every line break and every other character in its place. Not a parser: it knows just
//! enough of the lexical grammar not to be fooled by a brace in a string.

/// What a stretch of source is.
enum Piece {
    Comment,
    Literal,
    Code,
}

/// Blanks out comments, strings and character literals of `source`.
pub(super) fn scrub(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut clean = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let (piece, length) =
            next_piece(&chars[at..], at.checked_sub(1).map(|before| chars[before]));
        let stretch = &chars[at..at + length];
        match piece {
            Piece::Code => clean.extend(stretch),
            Piece::Comment | Piece::Literal => clean.extend(stretch.iter().map(|c| blank(*c))),
        }
        at += length;
    }
    clean
}

fn blank(c: char) -> char {
    if c == '\n' { c } else { ' ' }
}

/// The kind and length of what `rest` begins with; the length is at least one.
fn next_piece(rest: &[char], before: Option<char>) -> (Piece, usize) {
    match rest {
        ['/', '/', ..] => (Piece::Comment, until(rest, 2, &['\n'])),
        ['/', '*', ..] => (Piece::Comment, block_comment(rest)),
        ['"', ..] => (Piece::Literal, quoted(rest)),
        ['r', '"' | '#', ..] if !is_word(before) || before == Some('b') || before == Some('c') => {
            raw_string(rest).map_or((Piece::Code, 1), |length| (Piece::Literal, length))
        }
        ['\'', '\\', ..] => (Piece::Literal, escaped_char(rest)),
        ['\'', _, '\'', ..] => (Piece::Literal, 3),
        _ => (Piece::Code, 1),
    }
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// The length up to, not including, one of `ends`.
fn until(rest: &[char], from: usize, ends: &[char]) -> usize {
    let end = rest[from..].iter().position(|c| ends.contains(c));
    end.map_or(rest.len(), |end| from + end)
}

/// Block comments nest.
fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < rest.len() {
        match (rest[at], rest[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// `None` if this is a raw identifier, not a string.
fn raw_string(rest: &[char]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    let open = 1 + hashes;
    if rest.get(open) != Some(&'"') {
        return None;
    }
    let closes = |at: usize| {
        rest[at] == '"'
            && rest[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes
    };
    let end = (open + 1..rest.len()).find(|at| closes(*at));
    Some(end.map_or(rest.len(), |end| end + 1 + hashes))
}

/// A quote, a backslash, the escaped character, and everything up to the closing quote.
fn escaped_char(rest: &[char]) -> usize {
    let end = until(rest, rest.len().min(3), &['\'', '\n']);
    rest.len().min(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &str) {
        let clean = scrub(source);
        assert_eq!(clean.split_whitespace().collect::<String>(), expected, "{source}");
        assert_eq!(clean.chars().count(), source.chars().count());
        assert_eq!(clean.lines().count(), source.lines().count());
    }

    #[test]
    fn comments_go() {
        check("a // { \nb", "ab");
        check("a /* { /* nested { */ } */ b", "ab");
    }

    #[test]
    fn strings_go() {
        check(r#"a("{ \" {") b"#, "a()b");
        check(r###"a(r##"{ "# {"##) b"###, "a()b");
        check("a(\"two\n{ lines\") b", "a()b");
    }

    #[test]
    fn characters_go_and_lifetimes_stay() {
        check("f('{', '\\'', '\\u{7b}') {", "f(,,){");
        check("fn f<'a>(x: &'a str) {}", "fnf<'a>(x:&'astr){}");
    }

    #[test]
    fn raw_identifiers_and_unfinished_text_do_no_harm() {
        check("r#type {", "r#type{");
        check("for_r#\"x\"", "for_r#");
        for source in ["\"", "/*", "r#\"", "'\\", "'", "\"\\", "//"] {
            assert_eq!(scrub(source).chars().count(), source.chars().count());
        }
    }
}
