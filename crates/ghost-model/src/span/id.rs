//! Ids of traces and spans: 128 and 64 bits, written as lower-case hexadecimal (W3C Trace Context).

use std::fmt;

/// The id of a trace. Zero means none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(pub u128);

/// The id of a span. Zero means none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(pub u64);

impl TraceId {
    /// No trace.
    pub const NONE: Self = Self(0);

    /// Reads 32 hexadecimal digits that are not all zero.
    pub fn parse(text: &str) -> Option<Self> {
        digits(text, 32).and_then(|()| u128::from_str_radix(text, 16).ok()).and_then(Self::some)
    }

    fn some(number: u128) -> Option<Self> {
        (number != 0).then_some(Self(number))
    }
}

impl SpanId {
    /// No span.
    pub const NONE: Self = Self(0);

    /// Reads 16 hexadecimal digits that are not all zero.
    pub fn parse(text: &str) -> Option<Self> {
        digits(text, 16).and_then(|()| u64::from_str_radix(text, 16).ok()).and_then(Self::some)
    }

    /// Whether there is a span.
    pub fn is_some(self) -> bool {
        self != Self::NONE
    }

    fn some(number: u64) -> Option<Self> {
        (number != 0).then_some(Self(number))
    }
}

/// Upper case is refused, as the recommendation has it.
fn digits(text: &str, length: usize) -> Option<()> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() == length && text.bytes().all(is_digit)).then_some(())
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(TraceId::parse(trace).map(|id| id.to_string()).as_deref(), Some(trace));
        let span = "00f067aa0ba902b7";
        assert_eq!(SpanId::parse(span).map(|id| id.to_string()).as_deref(), Some(span));
    }

    #[test]
    fn zero_upper_case_and_other_lengths_are_no_ids() {
        assert_eq!(SpanId::parse("0000000000000000"), None);
        assert_eq!(SpanId::parse("00F067AA0BA902B7"), None);
        assert_eq!(SpanId::parse("+0f067aa0ba902b7"), None);
        assert_eq!(TraceId::parse("00f067aa0ba902b7"), None);
    }
}
