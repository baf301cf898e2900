//! Writes one JSON object as text, field by field, without building it in memory first.
//!
//! Only what events need: flat objects, and values that the caller has written as JSON already. The
//! result is always one line of valid UTF-8, whatever the texts hold.

use ghost_model::{SpanId, TraceId, is_invisible};

/// An object that is being written.
#[derive(Debug)]
pub struct JsonObject<'a> {
    out: &'a mut Vec<u8>,
    separator: u8,
}

impl<'a> JsonObject<'a> {
    /// Begins an object at the end of `out`.
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        Self { out, separator: b'{' }
    }

    /// Writes a key; a value must follow.
    #[inline]
    pub fn key(&mut self, key: &str) -> &mut Self {
        if is_plain_text(key) {
            return self.plain_key(key);
        }
        self.out.push(self.separator);
        self.separator = b',';
        write_text(self.out, key);
        self.out.push(b':');
        self
    }

    /// Writes a key that needs no escapes.
    #[inline]
    fn plain_key(&mut self, key: &str) -> &mut Self {
        self.out.reserve(key.len() + 4);
        self.out.extend_from_slice(&[self.separator, b'"']);
        self.separator = b',';
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self
    }

    /// Writes a field. `key` is one of our own words.
    #[inline]
    pub fn field(&mut self, key: &str, value: Value<'_>) {
        self.plain_key(key);
        value.write(self.out);
    }

    /// Writes a field whose key the program chose.
    #[inline]
    pub fn foreign_field(&mut self, key: &str, value: Value<'_>) {
        self.key(key);
        value.write(self.out);
    }

    /// Where a value that follows [`JsonObject::key`] may be written.
    pub fn out(&mut self) -> &mut Vec<u8> {
        self.out
    }

    /// Ends the object.
    pub fn end(self) {
        if self.separator == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number that is not negative.
    Uint(u64),
    /// Any number; what JSON has no word for becomes `null`.
    Float(f64),
    /// Text.
    Text(&'a str),
    /// An id, as hexadecimal text; `null` where there is none.
    Trace(TraceId),
    /// An id, as hexadecimal text; `null` where there is none.
    Span(SpanId),
}

impl Value<'_> {
    /// Writes it at the end of `out`.
    #[inline]
    pub fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Null | Self::Trace(TraceId::NONE) | Self::Span(SpanId::NONE) => {
                out.extend_from_slice(b"null");
            }
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Int(number) => write_int(out, number),
            Self::Uint(number) => {
                out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
            }
            Self::Float(number) => write_float(out, number),
            Self::Text(text) => write_text(out, text),
            Self::Trace(id) => write_hex::<32>(out, id.0),
            Self::Span(id) => write_hex::<16>(out, id.0.into()),
        }
    }
}

fn write_int(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Shortest digits that read back as the same number.
fn write_float(out: &mut Vec<u8>, number: f64) {
    use std::io::Write as _;
    if number.is_finite() {
        // Writing to memory cannot fail.
        let _ = write!(out, "{number:?}");
    } else {
        out.extend_from_slice(b"null");
    }
}

/// Lower-case digits in quotes.
fn write_hex<const DIGITS: usize>(out: &mut Vec<u8>, mut number: u128) {
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(number & 15) as usize];
        number >>= 4;
    }
    out.push(b'"');
    out.extend_from_slice(&digits);
    out.push(b'"');
}

/// Text in quotes. What JSON wants is escaped, and so is what a terminal could obey.
#[inline]
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    if is_plain_text(text) {
        out.extend_from_slice(text.as_bytes());
    } else {
        write_escaped(out, text);
    }
    out.push(b'"');
}

/// Looks at every byte instead of stopping early, which the processor does many at a time.
#[inline]
fn is_plain_text(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| plain & is_plain(byte))
}

/// Printable ASCII without a meaning of its own.
fn is_plain(byte: u8) -> bool {
    (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\'
}

#[cold]
fn write_escaped(out: &mut Vec<u8>, text: &str) {
    use std::io::Write as _;
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend_from_slice(&[b'\\', character as u8]),
            '\n' => out.extend_from_slice(b"\\n"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\r' => out.extend_from_slice(b"\\r"),
            // All of them have four digits.
            _ if is_invisible(character) => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(value: Value<'_>) -> String {
        let mut out = Vec::new();
        value.write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn values_are_json() {
        assert_eq!(written(Value::Null), "null");
        assert_eq!(written(Value::Bool(true)), "true");
        assert_eq!(written(Value::Int(i64::MIN)), "-9223372036854775808");
        assert_eq!(written(Value::Uint(u64::MAX)), "18446744073709551615");
        assert_eq!(written(Value::Float(1e300)), "1e300");
        assert_eq!(written(Value::Float(f64::NAN)), "null");
        assert_eq!(written(Value::Span(SpanId(0xf0))), "\"00000000000000f0\"");
        assert_eq!(written(Value::Span(SpanId::NONE)), "null");
        assert_eq!(
            written(Value::Text("a\"\\\n\u{1b}\u{9b}\u{202e}ä")),
            r#""a\"\\\n\u001b\u009b\u202eä""#
        );
    }

    #[test]
    fn an_object_without_fields_is_one() {
        let mut out = Vec::new();
        JsonObject::begin(&mut out).end();
        assert_eq!(out, b"{}");
    }

    proptest! {
        #[test]
        fn every_text_reads_back(text in any::<String>(), key in any::<String>()) {
            let mut out = Vec::new();
            let mut object = JsonObject::begin(&mut out);
            object.foreign_field(&key, Value::Text(&text));
            object.end();
            let read: serde_json::Value = serde_json::from_slice(&out).expect("valid JSON");
            prop_assert_eq!(&read[&key], &serde_json::Value::String(text));
            prop_assert!(!out.contains(&b'\n'));
        }

        #[test]
        fn every_number_reads_back(number in any::<f64>()) {
            let text = written(Value::Float(number));
            prop_assert!(serde_json::from_str::<Option<f64>>(&text).is_ok());
            // The reader of `serde_json` is off by one in the last digit at times.
            prop_assert_eq!(text.parse().ok(), number.is_finite().then_some(number));
        }
    }
}
