//! The redacted statement while it is written: one space for every gap, bounded, cut visibly.
//!
//! Only whole tokens are written, so that redacting the result changes nothing.

use super::lexer::CUT_MARK;
use super::token::Doubt;

/// What a redacted statement may need: enough to recognise it, and a page on any screen.
pub const REDACTED_BYTES_MAX: usize = 4096;

/// A statement being written.
#[derive(Debug)]
pub(super) struct Output {
    text: String,
    is_cut: bool,
    /// A `;` that will be written if something follows.
    owes_separator: bool,
    /// Where the latest token began, if what it is depends on what follows it.
    open_name: Option<usize>,
}

impl Output {
    /// Nothing yet of a statement of `length` bytes.
    pub(super) fn new(length: usize) -> Self {
        let text = String::with_capacity(length.min(REDACTED_BYTES_MAX));
        Self { text, is_cut: false, owes_separator: false, open_name: None }
    }

    /// Writes a token.
    pub(super) fn push(&mut self, token: &str, after_gap: bool) {
        let separator = match self.owes_separator {
            _ if self.text.is_empty() => "",
            true => "; ",
            false if after_gap => " ",
            false => "",
        };
        let length = self.text.len() + separator.len() + token.len() + CUT_MARK.len();
        if self.is_cut || length > REDACTED_BYTES_MAX {
            self.is_cut = true;
            return;
        }
        self.text.push_str(separator);
        self.text.push_str(token);
        self.owes_separator = false;
        self.open_name = None;
    }

    /// Writes an identifier in double quotes.
    pub(super) fn push_name(&mut self, name: &str, after_gap: bool) {
        let start = self.text.len();
        self.push(name, after_gap);
        if !self.is_cut {
            self.open_name = Some(start);
        }
    }

    /// Ends a statement; the text may have more of them.
    pub(super) fn separate(&mut self) {
        self.owes_separator = true;
    }

    /// Writes no more: the statement is longer than what was read.
    pub(super) fn cut(&mut self) {
        self.is_cut = true;
    }

    /// What was written.
    pub(super) fn finish(mut self) -> Result<String, Doubt> {
        if self.is_cut {
            self.text.truncate(self.open_name.unwrap_or(self.text.len()));
        }
        if self.text.is_empty() {
            return Err(Doubt::Unknown);
        }
        if self.is_cut {
            self.text.push_str(CUT_MARK);
        }
        Ok(self.text)
    }
}
