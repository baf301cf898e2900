//! What stands between tokens: white space and comments, which are never kept, as they may hold values.
//!
//! A comment whose extent depends on the dialect or on a setting is a doubt.

use super::rules::{Dashes, Hash, Nesting, Rules, Slashes};
use super::token::Doubt;

/// The position of the first byte at or behind `at` that is in no gap.
pub(super) fn skip(bytes: &[u8], mut at: usize, rules: &Rules) -> Result<usize, Doubt> {
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        at = match rest {
            [b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, ..] => at + 1,
            [b'/', b'*', ..] => end_of_block(bytes, at, rules)?,
            [b'-', b'-', ..] if begins_with_dashes(rest, rules.dashes)? => end_of_line(bytes, at)?,
            [b'#', ..] if rules.hash == Hash::Comment => end_of_line(bytes, at)?,
            [b'/', b'/', ..] => match rules.slashes {
                Slashes::Comment => end_of_line(bytes, at)?,
                Slashes::Operator => return Ok(at),
                Slashes::Unsure => return Err(Doubt::Ambiguous),
            },
            _ => return Ok(at),
        };
    }
}

/// Whether the `--` that `rest` begins with opens a comment.
fn begins_with_dashes(rest: &[u8], dashes: Dashes) -> Result<bool, Doubt> {
    match (dashes, rest.get(2)) {
        (Dashes::Operator, _) => Ok(false),
        // White space, or any control character.
        (Dashes::Comment, _) | (_, None | Some(..=b' ')) => Ok(true),
        (Dashes::CommentBeforeSpace, Some(next)) if !b"-/#;".contains(next) => Ok(false),
        // Without what follows and is not shown, a space or the end would follow.
        (Dashes::CommentBeforeSpace | Dashes::Unsure, _) => Err(Doubt::Ambiguous),
    }
}

/// The end of the line that `at` is in. Some servers end it at a lone carriage return too.
fn end_of_line(bytes: &[u8], at: usize) -> Result<usize, Doubt> {
    let rest = bytes.get(at..).unwrap_or_default();
    let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
        return Ok(bytes.len());
    };
    match rest.get(end..) {
        Some([b'\r', b'\n', ..] | [b'\n', ..] | [b'\r']) => Ok(at + end),
        _ => Err(Doubt::Ambiguous),
    }
}

/// The end of the comment that `/*` at `start` opens.
fn end_of_block(bytes: &[u8], start: usize, rules: &Rules) -> Result<usize, Doubt> {
    let is_code = rules.runs_comments && is_code(bytes, start + 2);
    let (mut at, mut depth) = (start + 2, 1_usize);
    while depth > 0 {
        let rest = bytes.get(at..).unwrap_or_default();
        at += match rest {
            [] => return Err(Doubt::Unterminated),
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            // In code, the end of the comment could be inside a literal.
            [b'\'' | b'"' | b'`' | b'#' | b'-', ..] | [b'/', b'*', ..] if is_code => {
                return Err(Doubt::Ambiguous);
            }
            [b'/', b'*', ..] => match rules.nesting {
                Nesting::Nests => {
                    depth += 1;
                    2
                }
                Nesting::Flat => 1,
                Nesting::Unsure => return Err(Doubt::Ambiguous),
            },
            _ => 1,
        };
    }
    Ok(at)
}

/// Whether what follows `/*` makes the comment code for MySQL or MariaDB.
fn is_code(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at..).unwrap_or_default(), [b'!', ..] | [b'M', b'!', ..])
}

#[cfg(test)]
mod tests {
    use super::super::rules::{CYPHER, GENERIC, MSSQL, MYSQL, POSTGRESQL, SQLITE};
    use super::*;

    /// What is left behind the gap.
    fn rest<'a>(text: &'a str, rules: &Rules) -> Result<&'a str, Doubt> {
        skip(text.as_bytes(), 0, rules).map(|at| &text[at..])
    }

    #[test]
    fn white_space_and_comments_are_one_gap() {
        assert_eq!(rest(" \t-- a 'b\r\n/* \" */ x", &POSTGRESQL), Ok("x"));
        assert_eq!(rest("-- to the end", &POSTGRESQL), Ok(""));
        assert_eq!(rest("# a\nx", &MYSQL), Ok("x"));
        assert_eq!(rest("// a\nx", &CYPHER), Ok("x"));
    }

    #[test]
    fn comments_nest_where_the_dialect_says_so() {
        let nested = "/* /* */ b */ c";
        assert_eq!(rest(nested, &POSTGRESQL), Ok("c"));
        assert_eq!(rest(nested, &MSSQL), Ok("c"));
        assert_eq!(rest(nested, &SQLITE), Ok("b */ c"));
        assert_eq!(rest(nested, &MYSQL), Ok("b */ c"));
        assert_eq!(rest(nested, &GENERIC), Err(Doubt::Ambiguous));
        assert_eq!(rest("/*/ a", &MYSQL), Err(Doubt::Unterminated));
    }

    #[test]
    fn dashes_are_not_always_a_comment() {
        assert_eq!(rest("--1\nx", &POSTGRESQL), Ok("x"));
        assert_eq!(rest("--1\nx", &MYSQL), Ok("--1\nx"));
        assert_eq!(rest("--1\nx", &GENERIC), Err(Doubt::Ambiguous));
        assert_eq!(rest("--/**/x", &MYSQL), Err(Doubt::Ambiguous));
        assert_eq!(rest("--", &MYSQL), Ok(""));
        assert_eq!(rest("--(b)", &CYPHER), Ok("--(b)"));
    }

    #[test]
    fn a_comment_that_is_code_hides_no_quotes() {
        assert_eq!(rest("/*!40101 STRAIGHT_JOIN */x", &MYSQL), Ok("x"));
        assert_eq!(rest("/*! '*/' */x", &MYSQL), Err(Doubt::Ambiguous));
        assert_eq!(rest("/*! '*/' */x", &POSTGRESQL), Ok("' */x"));
    }

    #[test]
    fn a_lone_carriage_return_is_a_doubt() {
        assert_eq!(rest("-- a\rx", &POSTGRESQL), Err(Doubt::Ambiguous));
    }
}
