//! Redaction of one statement of SQL or Cypher: token by token from the tokenizer to the output.
//!
//! The rooms it uses know one thing each; here is only the order in which they are asked.

use super::folds::{self, Rows};
use super::items::{Before, Item};
use super::keywords;
use super::lexer::Lexer;
use super::masks::{Action, Masks};
use super::names::{self, Places};
use super::operands;
use super::output::Output;
use super::rules::{DoubleQuote, Language, Rules};
use super::token::{Doubt, Token, TokenKind};

/// What is written for a value.
const VALUE: &str = "?";

/// The statement without values, or why that cannot be told.
pub(super) fn redact(statement: &str, rules: &'static Rules) -> Result<String, Doubt> {
    Redaction {
        lexer: Lexer::new(statement.trim_ascii_end(), rules),
        output: Output::new(statement.len()),
        before: Before::default(),
        places: Places::default(),
        masks: Masks::new(rules.language),
        rows: Rows::default(),
        sign: None,
    }
    .run()
}

struct Redaction<'a> {
    lexer: Lexer<'a>,
    output: Output,
    before: Before<'a>,
    places: Places,
    masks: Masks,
    rows: Rows,
    /// A sign that is not written if a number follows.
    sign: Option<Item<'a>>,
}

impl<'a> Redaction<'a> {
    fn run(mut self) -> Result<String, Doubt> {
        while let Some(token) = self.lexer.next()? {
            let item = self.resolve(token);
            operands::check(&self.before, &item, self.masks.takes_words())?;
            let action = self.masks.accept(&self.before, &item)?;
            self.places.observe(&self.before, &item);
            let before = self.before;
            self.before.remember(item);
            match action {
                Action::Keep => self.keep(&before, item)?,
                Action::Value => self.write_value(item),
                Action::Hide => {}
                Action::End => break,
            }
        }
        self.write_sign();
        self.output.finish()
    }

    /// Decides what `"…"` is here.
    fn resolve(&self, token: Token) -> Item<'a> {
        let mut item = Item::new(token, self.lexer.text);
        if token.kind == TokenKind::NameOrText {
            let ahead = self.lexer.byte_ahead();
            let is_name = match self.lexer.rules.double_quote {
                DoubleQuote::Name => !names::is_mistake(&self.before, ahead),
                DoubleQuote::Text => false,
                DoubleQuote::ByPlace => self.places.is_name(&self.before, ahead),
            };
            item.token.kind = if is_name { TokenKind::NameOrText } else { TokenKind::Text };
        }
        item
    }

    /// Writes `item`, or what stands for it.
    fn keep(&mut self, before: &Before<'a>, item: Item<'a>) -> Result<(), Doubt> {
        match item.kind() {
            TokenKind::Text | TokenKind::Number => self.write_value(item),
            TokenKind::Name | TokenKind::NameOrText => self.write_name(item),
            TokenKind::Symbol(b'+' | b'-') if Self::is_sign(before) => {
                self.write_sign();
                self.sign = Some(item);
            }
            TokenKind::Symbol(b';') => {
                self.write_sign();
                self.output.separate();
            }
            TokenKind::Cut => self.output.cut(),
            _ => self.write(item.text, item),
        }
        if self.masks.is_open() { self.fold(before, item) } else { Ok(()) }
    }

    fn write(&mut self, text: &str, item: Item<'_>) {
        self.write_sign();
        self.output.push(text, item.token.after_gap);
    }

    fn write_name(&mut self, item: Item<'_>) {
        if !names::is_shown(item.text) {
            return self.write(VALUE, item);
        }
        self.write_sign();
        self.output.push_name(item.text, item.token.after_gap);
    }

    fn write_value(&mut self, item: Item<'_>) {
        let sign = self.sign.take_if(|_| item.kind() == TokenKind::Number);
        self.write(VALUE, sign.unwrap_or(item));
    }

    fn write_sign(&mut self) {
        if let Some(sign) = self.sign.take() {
            self.output.push(sign.text, sign.token.after_gap);
        }
    }

    /// Whether `+` or `-` would be a sign here, which is part of the value.
    fn is_sign(before: &Before<'_>) -> bool {
        match before.last {
            None => true,
            Some(last) => match last.kind() {
                TokenKind::Symbol(symbol) => !matches!(symbol, b')' | b']' | b'}'),
                TokenKind::Word => keywords::precedes_sign(last.text),
                _ => false,
            },
        }
    }

    /// Shortens lists of values that begin or end with `item`.
    fn fold(&mut self, before: &Before<'a>, item: Item<'a>) -> Result<(), Doubt> {
        if item.is(b'(') && before.is_word(&["IN"]) {
            self.fold_list(b')', 1)?;
        } else if item.is(b'[') {
            let values_min = if self.lexer.rules.language == Language::Cypher { 1 } else { 2 };
            self.fold_list(b']', values_min)?;
        }
        if self.rows.observe(before, &item) {
            let (lexer, is_cut) = self.rows.skip(self.lexer)?;
            self.lexer = lexer;
            if is_cut {
                self.output.cut();
            }
        }
        Ok(())
    }

    /// Writes one `?` for the list that begins here, if it has nothing but values.
    fn fold_list(&mut self, close: u8, values_min: usize) -> Result<(), Doubt> {
        let Some(list) = folds::value_list(self.lexer, close)? else { return Ok(()) };
        if list.values < values_min {
            return Ok(());
        }
        self.lexer = list.before_end;
        self.output.push(VALUE, false);
        let nowhere = Token { kind: TokenKind::Parameter, start: 0, end: 0, after_gap: false };
        self.before.remember(Item { token: nowhere, text: VALUE });
        Ok(())
    }
}
