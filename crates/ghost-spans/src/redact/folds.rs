//! Lists of values that vary in length from call to call: where one ends that is nothing but values.
//!
//! Looks ahead with a copy of the tokenizer. Two look-aheads never overlap, because what begins one
//! ends the other, so that the whole stays linear.

use super::items::{Before, Item};
use super::lexer::Lexer;
use super::operands;
use super::token::{Doubt, TokenKind};

/// A list of values that can become one `?`.
pub(super) struct ValueList<'a> {
    /// The tokenizer before what closes the list.
    pub(super) before_end: Lexer<'a>,
    /// How many values it has.
    pub(super) values: usize,
}

/// The list that `lexer` stands in, up to `close`, if it has only values. Parentheses may group values
/// where `close` is one.
pub(super) fn value_list(mut lexer: Lexer<'_>, close: u8) -> Result<Option<ValueList<'_>>, Doubt> {
    let (mut depth, mut commas, mut is_empty, mut in_cast) = (0_usize, 0_usize, true, false);
    loop {
        let before_end = lexer;
        let Some(token) = lexer.next()? else { return Ok(None) };
        let item = Item::new(token, lexer.text);
        let follows_dot = lexer.byte_ahead() == Some(b'.');
        match token.kind {
            TokenKind::Cut => return Ok(end(before_end, commas, is_empty)),
            TokenKind::Symbol(symbol) if symbol == close && depth == 0 => {
                return Ok(end(before_end, commas, is_empty));
            }
            TokenKind::Symbol(b'(') if close == b')' && !in_cast => depth += 1,
            TokenKind::Symbol(b')') if close == b')' => depth -= 1,
            TokenKind::Symbol(b',') => {
                commas += usize::from(depth == 0);
                in_cast = false;
            }
            TokenKind::Symbol(b'+' | b'-') => {}
            TokenKind::Symbol(b':') if item.text == "::" => in_cast = true,
            TokenKind::Text | TokenKind::Number | TokenKind::Parameter => is_empty = false,
            TokenKind::NameOrText if !follows_dot => is_empty = false,
            TokenKind::Word if in_cast => {}
            _ if item.is_word(&["NULL", "TRUE", "FALSE", "DEFAULT"]) => is_empty = false,
            _ => return Ok(None),
        }
    }
}

fn end(before_end: Lexer<'_>, commas: usize, is_empty: bool) -> Option<ValueList<'_>> {
    (!is_empty).then_some(ValueList { before_end, values: commas + 1 })
}

/// Rows of equal shape, of which the first is kept: `VALUES (…), (…)`, or `[{…}, {…}]`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rows {
    open: u8,
    close: u8,
    depth: usize,
}

impl Rows {
    /// Takes note of `item`; `true` if the first row ends here.
    pub(super) fn observe(&mut self, before: &Before<'_>, item: &Item<'_>) -> bool {
        if item.is(b'(') && before.is_word(&["VALUES"]) {
            *self = Self { open: b'(', close: b')', depth: 1 };
        } else if item.is(b'{') && before.is(b'[') && self.depth == 0 {
            *self = Self { open: b'{', close: b'}', depth: 1 };
        } else if self.depth > 0 && item.is(self.open) {
            self.depth += 1;
        } else if self.depth > 0 && item.is(self.close) {
            self.depth -= 1;
            return self.depth == 0;
        }
        false
    }

    /// The tokenizer behind all further rows, and whether the statement is cut in one of them.
    pub(super) fn skip<'a>(&self, lexer: Lexer<'a>) -> Result<(Lexer<'a>, bool), Doubt> {
        let mut behind = lexer;
        loop {
            let mut ahead = behind;
            let is_comma = ahead.next()?.is_some_and(|token| token.is(b','));
            if !is_comma || !ahead.next()?.is_some_and(|token| token.is(self.open)) {
                return Ok((behind, false));
            }
            if self.skip_row(&mut ahead)? {
                return Ok((ahead, true));
            }
            behind = ahead;
        }
    }

    /// Moves `lexer` behind the row it stands in; `true` if the statement is cut there.
    fn skip_row(&self, lexer: &mut Lexer<'_>) -> Result<bool, Doubt> {
        let (mut depth, mut before) = (1_usize, Before::default());
        while depth > 0 {
            let token = lexer.next()?.ok_or(Doubt::Unterminated)?;
            let item = Item::new(token, lexer.text);
            operands::check(&before, &item, false)?;
            before.remember(item);
            match token.kind {
                TokenKind::Cut => return Ok(true),
                TokenKind::Symbol(symbol) if symbol == self.open => depth += 1,
                TokenKind::Symbol(symbol) if symbol == self.close => depth -= 1,
                _ => {}
            }
        }
        Ok(false)
    }
}
