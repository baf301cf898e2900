//! The tokenizer: one pass over a statement by the rules of its dialect, without looking back.
//!
//! Whatever it cannot place is a [`Doubt`], never a guess. It copies nothing, does not recurse and does
//! a bounded amount of work per byte. It can be copied, to look ahead.

use super::gaps;
use super::names::is_shown;
use super::quoted::{end_of_delimited, end_of_dollars, end_of_text};
use super::rules::{
    Backslash, Bracket, Colon, Dollar, DoubleQuote, Hash, Prefix, QuestionMark, Rules,
};
use super::token::{Doubt, Token, TokenKind};

/// What is read of a statement. Longer ones carry data, and reading them would cost the program.
const STATEMENT_BYTES_MAX: usize = 64 * 1024;
/// No dialect has longer identifiers; a longer word is data.
const WORD_BYTES_MAX: usize = 128;
/// How far a `[` may be from its `]` where it could be a name.
const BRACKET_BYTES_MAX: usize = 256;
/// Says that a statement was cut; only at its end.
pub(super) const CUT_MARK: &str = "…";

/// The state of reading one statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexer<'a> {
    /// The statement, or as much of it as is read.
    pub(super) text: &'a str,
    /// How it is written.
    pub(super) rules: &'static Rules,
    /// Whether the statement goes on behind `text`.
    is_cut: bool,
    at: usize,
    /// Where the latest name ended: a `.` there is no decimal point.
    name_end: Option<usize>,
}

impl<'a> Lexer<'a> {
    /// Begins to read `statement`.
    pub(super) fn new(statement: &'a str, rules: &'static Rules) -> Self {
        let mut length = statement.len().min(STATEMENT_BYTES_MAX);
        while !statement.is_char_boundary(length) {
            length -= 1;
        }
        let text = statement.get(..length).unwrap_or_default();
        Self { text, rules, is_cut: length < statement.len(), at: 0, name_end: None }
    }

    /// The next token, `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token>, Doubt> {
        let token = self.scan();
        let touches_cut = self.is_cut && self.at >= self.text.len();
        match token {
            // The last token may go on behind the cut, so that it is none for us.
            Ok(_) if touches_cut => Ok(Some(self.end_at_cut())),
            Err(Doubt::Unterminated) if self.is_cut => Ok(Some(self.end_at_cut())),
            _ => token,
        }
    }

    /// The byte that follows white space here, if any: enough to see a `.`.
    pub(super) fn byte_ahead(&self) -> Option<u8> {
        let rest = self.bytes().get(self.at..).unwrap_or_default();
        rest.iter().copied().find(|byte| !byte.is_ascii_whitespace())
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes().get(at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn end_at_cut(&mut self) -> Token {
        self.is_cut = false;
        self.at = self.text.len();
        Token { kind: TokenKind::Cut, start: self.at, end: self.at, after_gap: false }
    }

    fn scan(&mut self) -> Result<Option<Token>, Doubt> {
        let before = self.at;
        self.at = gaps::skip(self.bytes(), before, self.rules)?;
        let start = self.at;
        let Some(byte) = self.byte(start) else { return Ok(None) };
        let kind = self.scan_from(byte)?;
        let is_name = matches!(kind, TokenKind::Word | TokenKind::Name | TokenKind::NameOrText);
        self.name_end = is_name.then_some(self.at);
        Ok(Some(Token { kind, start, end: self.at, after_gap: start > before }))
    }

    /// Reads what begins with `byte`, and moves behind it.
    fn scan_from(&mut self, byte: u8) -> Result<TokenKind, Doubt> {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => Ok(self.number()),
            b'.' if self.begins_fraction() => Ok(self.number()),
            b'\'' => self.text(self.rules.backslash),
            b'"' => self.double_quoted(),
            b'`' => self.backticked(),
            b'[' => self.bracketed(),
            b'$' => self.dollar(),
            b'#' => self.hash(),
            b':' => Ok(self.colon()),
            b'@' => Ok(self.at_sign()),
            b'%' => Ok(self.percent()),
            b'?' => Ok(self.question_mark()),
            b'(' | b')' | b']' | b'{' | b'}' | b',' | b';' | b'.' | b'=' | b'<' | b'>' | b'+'
            | b'-' | b'*' | b'/' | b'^' | b'&' | b'|' | b'~' | b'!' => Ok(self.symbol(byte)),
            0x80.. => self.foreign(),
            _ => Err(Doubt::Foreign),
        }
    }

    fn symbol(&mut self, byte: u8) -> TokenKind {
        self.at += 1;
        TokenKind::Symbol(byte)
    }

    /// Moves to `end`, which a scanner of quotes has found.
    fn quoted(&mut self, end: Result<usize, Doubt>, kind: TokenKind) -> Result<TokenKind, Doubt> {
        self.at = end?;
        Ok(kind)
    }

    fn text(&mut self, backslash: Backslash) -> Result<TokenKind, Doubt> {
        if backslash == Backslash::Depends && self.is_escape_character() {
            self.at += 3;
            return Ok(TokenKind::Text);
        }
        let end = end_of_text(self.bytes(), self.at + 1, b'\'', backslash);
        self.quoted(end, TokenKind::Text)
    }

    /// Whether this is the `'\'` of `ESCAPE '\'`: it must be one character, so that it cannot go on.
    fn is_escape_character(&self) -> bool {
        let before = self.text.get(..self.at).unwrap_or_default().trim_ascii_end();
        let word = before.len().checked_sub("ESCAPE".len()).and_then(|from| before.get(from..));
        self.rest().starts_with(r"'\'")
            && self.byte(self.at + 3) != Some(b'\'')
            && word.is_some_and(|word| word.eq_ignore_ascii_case("ESCAPE"))
    }

    fn double_quoted(&mut self) -> Result<TokenKind, Doubt> {
        let (kind, backslash) = match self.rules.double_quote {
            DoubleQuote::Name => (TokenKind::NameOrText, Backslash::Plain),
            DoubleQuote::Text => (TokenKind::Text, self.rules.backslash),
            DoubleQuote::ByPlace => (TokenKind::NameOrText, self.rules.backslash),
        };
        self.quoted(end_of_text(self.bytes(), self.at + 1, b'"', backslash), kind)
    }

    fn backticked(&mut self) -> Result<TokenKind, Doubt> {
        if !self.rules.backtick_quotes {
            return Err(Doubt::Foreign);
        }
        let early = self.rules.backslash == Backslash::EscapesEarly;
        let backslash = if early { Backslash::Depends } else { Backslash::Plain };
        let end = end_of_text(self.bytes(), self.at + 1, b'`', backslash);
        let inside = self.text.get(self.at..end?).unwrap_or_default();
        // A backslash in a name is an escape for some.
        if inside.contains('\\') {
            Err(Doubt::Ambiguous)
        } else {
            self.quoted(end, TokenKind::Name)
        }
    }

    fn bracketed(&mut self) -> Result<TokenKind, Doubt> {
        match self.rules.bracket {
            Bracket::List => return Ok(self.symbol(b'[')),
            Bracket::Unsure if self.is_plain_bracket() => return Ok(self.symbol(b'[')),
            Bracket::Unsure => return Err(Doubt::Ambiguous),
            Bracket::Name | Bracket::PlainName => {}
        }
        let end = end_of_text(self.bytes(), self.at + 1, b']', Backslash::Plain)?;
        let inside = self.text.get(self.at..end - 1).unwrap_or_default();
        if self.rules.bracket == Bracket::PlainName && inside.contains(']') {
            return Err(Doubt::Ambiguous);
        }
        self.quoted(Ok(end), TokenKind::Name)
    }

    /// Whether up to the `]` it makes no difference if this is a name or a list.
    fn is_plain_bracket(&self) -> bool {
        let inside = self.bytes().get(self.at + 1..).unwrap_or_default();
        let end = inside.iter().position(|byte| matches!(byte, b'[' | b']'));
        let inside = inside.get(..end.unwrap_or(inside.len())).unwrap_or_default();
        let is_plain = |byte: &u8| !matches!(byte, b'\'' | b'"' | b'`' | b'-' | b'/' | b'#' | b'$');
        inside.len() <= BRACKET_BYTES_MAX && inside.iter().all(is_plain)
    }

    fn word(&mut self) -> Result<TokenKind, Doubt> {
        let start = self.at;
        self.at = self.end_of_word(start);
        let word = self.text.get(start..self.at).unwrap_or_default();
        match (self.byte(self.at), self.byte(self.at + 1)) {
            (Some(b'\''), _) => self.behind_prefix(word),
            (Some(b'&'), Some(quote @ (b'\'' | b'"'))) if word.eq_ignore_ascii_case("U") => {
                let kind = if quote == b'"' { TokenKind::Name } else { TokenKind::Text };
                let backslash = if quote == b'"' { Backslash::Plain } else { self.rules.backslash };
                self.quoted(end_of_text(self.bytes(), self.at + 2, quote, backslash), kind)
            }
            _ if word.len() > WORD_BYTES_MAX => Ok(TokenKind::Number),
            _ => Ok(TokenKind::Word),
        }
    }

    /// A quote follows `word` at once: a literal with a prefix, or just a word.
    fn behind_prefix(&mut self, word: &str) -> Result<TokenKind, Doubt> {
        let mut prefixes = self.rules.prefixes.iter();
        let known = prefixes.find(|(prefix, _)| prefix.eq_ignore_ascii_case(word));
        match known {
            Some((_, Prefix::Escaped)) => self.text(Backslash::Escapes),
            Some((_, Prefix::Plain)) => self.text(self.rules.backslash),
            Some((_, Prefix::Delimited)) => {
                self.quoted(end_of_delimited(self.text, self.at + 1), TokenKind::Text)
            }
            None if self.rules.has_introducers && word.starts_with('_') => {
                self.text(self.rules.backslash)
            }
            None if word.len() > WORD_BYTES_MAX => Ok(TokenKind::Number),
            None => Ok(TokenKind::Word),
        }
    }

    fn end_of_word(&self, start: usize) -> usize {
        let has_hash = matches!(self.rules.hash, Hash::Letter | Hash::LaterLetter);
        let goes_on =
            |c: char| c.is_alphanumeric() || matches!(c, '_' | '$') || (has_hash && c == '#');
        let rest = self.text.get(start..).unwrap_or_default();
        start + rest.find(|c: char| !goes_on(c)).unwrap_or(rest.len())
    }

    /// A number, or anything else that begins with a digit: letters belong to it.
    fn number(&mut self) -> TokenKind {
        let start = self.at;
        loop {
            self.at = self.end_of_word(self.at);
            let has_digit = |at: usize| self.byte(at).is_some_and(|byte| byte.is_ascii_digit());
            let is_decimal = !self.text[start..self.at].starts_with(['0'])
                || !self.text[start..self.at]
                    .get(1..2)
                    .is_some_and(|x| x.eq_ignore_ascii_case("x"));
            let has_exponent = is_decimal && self.text[start..self.at].ends_with(['e', 'E']);
            match self.byte(self.at) {
                Some(b'.') if has_digit(self.at + 1) => self.at += 1,
                // `1.` is a number, but in `1..3` and `1.e` the point is something else.
                Some(b'.') if self.is_final_point() => self.at += 1,
                Some(b'+' | b'-') if has_exponent && has_digit(self.at + 1) => self.at += 1,
                _ => return TokenKind::Number,
            }
        }
    }

    fn is_final_point(&self) -> bool {
        let next = self.text.get(self.at + 1..).and_then(|rest| rest.chars().next());
        next.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '*' | '`' | '"')))
    }

    fn begins_fraction(&self) -> bool {
        let follows_point = self.at > 0 && self.byte(self.at - 1) == Some(b'.');
        !follows_point
            && self.name_end != Some(self.at)
            && self.byte(self.at + 1).is_some_and(|byte| byte.is_ascii_digit())
    }

    /// A character that is not ASCII: part of a word, or the mark of a cut.
    fn foreign(&mut self) -> Result<TokenKind, Doubt> {
        if self.rest() == CUT_MARK {
            self.at = self.text.len();
            return Ok(TokenKind::Cut);
        }
        match self.rest().chars().next() {
            Some(c) if c.is_alphabetic() => self.word(),
            Some(c) if c.is_numeric() => Ok(self.number()),
            _ => Err(Doubt::Foreign),
        }
    }

    fn dollar(&mut self) -> Result<TokenKind, Doubt> {
        let has_digit = self.byte(self.at + 1).is_some_and(|byte| byte.is_ascii_digit());
        // Not asked in vain: the answer may be far away.
        let may_quote = matches!(self.rules.dollar, Dollar::Quotes | Dollar::Unsure);
        let quotes = may_quote.then(|| end_of_dollars(self.text, self.at)).flatten();
        match (self.rules.dollar, quotes) {
            (Dollar::Quotes, Some(end)) => self.quoted(end, TokenKind::Text),
            (Dollar::Quotes, None) if has_digit => Ok(self.parameter(1)),
            // `$1` is money for some, a placeholder for others, and shown as a placeholder.
            (Dollar::Money, _) | (Dollar::Unsure, None) if has_digit => {
                self.at += 1;
                Ok(self.number())
            }
            (Dollar::Money | Dollar::Letter, _) if self.begins_word(1) => self.word(),
            (Dollar::Parameter, _) if has_digit || self.begins_word(1) => Ok(self.parameter(1)),
            (Dollar::Parameter, _) if self.byte(self.at + 1) == Some(b'`') => {
                self.quoted_parameter()
            }
            (Dollar::Unsure, None) if self.begins_word(1) => Ok(self.parameter(1)),
            _ => Err(Doubt::Ambiguous),
        }
    }

    /// A placeholder whose name is in backticks.
    fn quoted_parameter(&mut self) -> Result<TokenKind, Doubt> {
        self.at += 1;
        let name = self.at;
        self.backticked()?;
        let is_shown = is_shown(self.text.get(name..self.at).unwrap_or_default());
        Ok(if is_shown { TokenKind::Parameter } else { TokenKind::Number })
    }

    fn hash(&mut self) -> Result<TokenKind, Doubt> {
        match self.rules.hash {
            Hash::Operator => Ok(self.symbol(b'#')),
            Hash::Letter => self.word(),
            _ => Err(Doubt::Ambiguous),
        }
    }

    fn colon(&mut self) -> TokenKind {
        let next = self.byte(self.at + 1);
        let numbered = self.rules.colon == Colon::NumberedParameter
            && next.is_some_and(|byte| byte.is_ascii_digit());
        match self.rules.colon {
            _ if next == Some(b':') => {
                self.at += 2;
                TokenKind::Symbol(b':')
            }
            Colon::Symbol => self.symbol(b':'),
            _ if numbered || self.begins_word(1) => self.parameter(1),
            _ => self.symbol(b':'),
        }
    }

    fn at_sign(&mut self) -> TokenKind {
        let signs = if self.byte(self.at + 1) == Some(b'@') { 2 } else { 1 };
        if self.begins_word(signs) { self.parameter(signs) } else { self.symbol(b'@') }
    }

    /// `%s` and `%(name)s` of the Python drivers; else an operator.
    fn percent(&mut self) -> TokenKind {
        let name = self.at + 2;
        let is_named = self.byte(self.at + 1) == Some(b'(') && self.begins_word(2);
        let letter = if is_named { self.end_of_word(name) + 1 } else { self.at + 1 };
        let is_closed = !is_named || self.byte(letter - 1) == Some(b')');
        let is_conversion = matches!(self.byte(letter), Some(b's' | b'b' | b't'));
        if is_closed && is_conversion && self.end_of_word(letter) == letter + 1 {
            self.at = letter + 1;
            return TokenKind::Parameter;
        }
        self.symbol(b'%')
    }

    fn question_mark(&mut self) -> TokenKind {
        self.at += 1;
        while self.rules.question_mark == QuestionMark::Numbered
            && self.byte(self.at).is_some_and(|byte| byte.is_ascii_digit())
        {
            self.at += 1;
        }
        TokenKind::Parameter
    }

    /// A placeholder: `sigils` bytes and a word.
    fn parameter(&mut self, sigils: usize) -> TokenKind {
        let start = self.at + sigils;
        self.at = self.end_of_word(start);
        if self.at - start > WORD_BYTES_MAX { TokenKind::Number } else { TokenKind::Parameter }
    }

    fn begins_word(&self, offset: usize) -> bool {
        let rest = self.text.get(self.at + offset..).unwrap_or_default();
        rest.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}
