//! From text to tokens. Knows no grammar.

use crate::parse::ParseError;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Name(String),
    Int(i64),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    Mark(&'static str),
    End,
}

/// Operators and brackets, the longest first.
const MARKS: [&str; 22] = [
    "//", "==", "!=", "<=", ">=", "**", ":=", "(", ")", "[", "]", ",", ":", "+", "-", "*", "/",
    "%", "<", ">", ".", "@",
];

/// Splits a text into tokens, the last of which is [`Token::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, ParseError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let Some(first) = rest.chars().next() else {
            tokens.push(Token::End);
            return Ok(tokens);
        };
        let (token, length) = if first.is_ascii_digit() || is_fraction(rest) {
            number(rest)?
        } else if let Some(found) = string(rest)? {
            found
        } else if first.is_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            let length = length.unwrap_or(rest.len());
            (Token::Name(rest[..length].to_owned()), length)
        } else {
            let mark = MARKS.iter().find(|mark| rest.starts_with(**mark));
            let mark = mark.ok_or(ParseError::Character { character: first })?;
            (Token::Mark(mark), mark.len())
        };
        tokens.push(token);
        rest = &rest[length..];
    }
}

fn is_fraction(rest: &str) -> bool {
    let mut characters = rest.chars();
    characters.next() == Some('.') && characters.next().is_some_and(|c| c.is_ascii_digit())
}

fn number(rest: &str) -> Result<(Token, usize), ParseError> {
    let mut length = 0;
    let mut before = ' ';
    for character in rest.chars() {
        let is_sign = matches!(character, '+' | '-') && matches!(before, 'e' | 'E');
        if !(character.is_alphanumeric() || matches!(character, '.' | '_') || is_sign) {
            break;
        }
        length += character.len_utf8();
        before = character;
    }
    let text = &rest[..length];
    let plain = text.replace('_', "");
    let is_whole = plain.bytes().all(|byte| byte.is_ascii_digit());
    let token = if is_whole {
        plain.parse().ok().map(Token::Int)
    } else if plain.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte)) {
        plain.parse().ok().filter(|value: &f64| value.is_finite()).map(Token::Float)
    } else {
        None
    };
    let token = token.ok_or_else(|| ParseError::Number { text: text.to_owned() })?;
    Ok((token, length))
}

/// A string or bytes, with the escapes of one character. None with a prefix but `b`.
fn string(rest: &str) -> Result<Option<(Token, usize)>, ParseError> {
    let (is_bytes, quoted) = match rest.strip_prefix(['b', 'B']) {
        Some(quoted) if quoted.starts_with(['"', '\'']) => (true, quoted),
        _ => (false, rest),
    };
    let Some(quote) = quoted.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return Ok(None);
    };
    let mut text = String::new();
    let mut characters = quoted.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => {
                let escaped = characters.next().map_or('\0', |(_, escaped)| escaped);
                text.push(unescape(escaped).ok_or(ParseError::Escape { character: escaped })?);
            }
            '\n' | '\r' => break,
            _ if character == quote => {
                let length = usize::from(is_bytes) + at + 1;
                let token =
                    if is_bytes { Token::Bytes(text.into_bytes()) } else { Token::Str(text) };
                return Ok(Some((token, length)));
            }
            _ => text.push(character),
        }
    }
    Err(ParseError::Unfinished)
}

fn unescape(escaped: char) -> Option<char> {
    Some(match escaped {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        '\\' | '\'' | '"' => escaped,
        _ => return None,
    })
}
