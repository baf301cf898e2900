//! How a trace goes from service to service: the headers `traceparent` and `tracestate`, as the W3C
//! recommendation "Trace Context" has them (level 1, which readers of level 2 understand).
//!
//! `traceparent` is read strictly: a broken one begins a new trace. `tracestate` belongs to others, so
//! that it is passed on as it is or not at all. Nothing here decides what is sampled.

use std::fmt;

use ghost_model::{SpanId, TraceId};

/// What a `traceparent` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace of the caller.
    pub trace_id: TraceId,
    /// The span of the caller.
    pub span_id: SpanId,
    /// Whether the caller may have kept its part.
    pub is_sampled: bool,
}

/// Bytes of a header of version `00`; later versions may add to it.
const TRACEPARENT_BYTES: usize = 55;
/// A version that the recommendation forbids.
const FORBIDDEN_VERSION: &str = "ff";
/// The only flag that we read.
const SAMPLED: u8 = 1;

impl TraceParent {
    /// Reads a header; `None` where it is none. White space around it belongs to HTTP.
    pub fn parse(header: &str) -> Option<Self> {
        let header = header.trim_matches([' ', '\t']);
        let (known, added) = header.split_at_checked(TRACEPARENT_BYTES)?;
        let mut fields = known.split('-');
        let (version, trace_id, span_id, flags) =
            (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let is_known = version == "00" && added.is_empty();
        let is_later = version != "00" && version != FORBIDDEN_VERSION && is_empty_or_field(added);
        (byte(version).is_some() && (is_known || is_later)).then_some(())?;
        Some(Self {
            trace_id: TraceId::parse(trace_id)?,
            span_id: SpanId::parse(span_id)?,
            is_sampled: byte(flags)? & SAMPLED != 0,
        })
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace_id, self.span_id, u8::from(self.is_sampled))
    }
}

/// Whether what a later version adds is set off from what is known.
fn is_empty_or_field(added: &str) -> bool {
    added.is_empty() || added.starts_with('-')
}

/// Two hexadecimal digits in lower case.
fn byte(text: &str) -> Option<u8> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    let is_byte = text.len() == 2 && text.bytes().all(is_digit);
    is_byte.then(|| u8::from_str_radix(text, 16).ok()).flatten()
}

/// What the recommendation asks everybody to pass on at least; more could be used to load us.
const TRACESTATE_BYTES_MAX: usize = 512;
/// Members of a list, as the recommendation has it.
const MEMBERS_MAX: usize = 32;
/// Bytes of a key without tenant, and of a value.
const FIELD_BYTES_MAX: usize = 256;
/// Bytes of the tenant and of the system in a key that has both.
const TENANT_BYTES_MAX: usize = 241;
const SYSTEM_BYTES_MAX: usize = 14;

/// The `tracestate` to pass on with a valid `traceparent`: the header as it is, or `None` if it is
/// malformed, too long or empty.
pub fn tracestate(header: &str) -> Option<&str> {
    let header = header.trim_matches([' ', '\t']);
    let members = || header.split(',').map(|member| member.trim_matches([' ', '\t']));
    let count = members().filter(|member| !member.is_empty()).count();
    let is_valid = (1..=MEMBERS_MAX).contains(&count)
        && header.len() <= TRACESTATE_BYTES_MAX
        && members().all(|member| member.is_empty() || is_member(member));
    is_valid.then_some(header)
}

fn is_member(member: &str) -> bool {
    member.split_once('=').is_some_and(|(key, value)| is_key(key) && is_value(value))
}

fn is_key(key: &str) -> bool {
    match key.split_once('@') {
        None => is_word(key, FIELD_BYTES_MAX, false),
        Some((tenant, system)) => {
            is_word(tenant, TENANT_BYTES_MAX, true) && is_word(system, SYSTEM_BYTES_MAX, false)
        }
    }
}

fn is_word(word: &str, bytes_max: usize, may_begin_with_digit: bool) -> bool {
    let is_part =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/".contains(&byte);
    let begins =
        |byte: u8| byte.is_ascii_lowercase() || (may_begin_with_digit && byte.is_ascii_digit());
    word.len() <= bytes_max && word.bytes().next().is_some_and(begins) && word.bytes().all(is_part)
}

fn is_value(value: &str) -> bool {
    let is_part = |byte: u8| matches!(byte, b' '..=b'~') && byte != b',' && byte != b'=';
    (1..=FIELD_BYTES_MAX).contains(&value.len()) && value.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRACE: &str = "12345678901234567890123456789012";
    const SPAN: &str = "1234567890123456";

    /// The cases of the test suite of the W3C that concern one header.
    #[test]
    fn a_traceparent_is_read_as_the_recommendation_says() {
        let valid = [
            format!("00-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-00"),
            format!(" \t00-{TRACE}-{SPAN}-01\t "),
            format!("00-{TRACE}-{SPAN}-ff"),
            format!("cc-{TRACE}-{SPAN}-01"),
            format!("cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like"),
            format!("01-{TRACE}-{SPAN}-01-"),
        ];
        for header in valid {
            let parent = TraceParent::parse(&header).expect(&header);
            assert_eq!(parent.trace_id.to_string(), TRACE);
            assert_eq!(parent.span_id.to_string(), SPAN);
            assert_eq!(parent.is_sampled, !header.ends_with("-00"), "{header}");
        }
    }

    #[test]
    fn what_is_no_traceparent_is_refused() {
        let invalid = [
            String::new(),
            TRACE.to_owned(),
            format!("00-{TRACE}-{SPAN}-01."),
            format!("00-{TRACE}-{SPAN}-01-what-the-future-will-be-like"),
            format!("cc-{TRACE}-{SPAN}-01.what-the-future-will-be-like"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!(".0-{TRACE}-{SPAN}-01"),
            format!("0.-{TRACE}-{SPAN}-01"),
            format!("CC-{TRACE}-{SPAN}-01"),
            format!("000-{TRACE}-{SPAN}-01"),
            format!("0-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", "0".repeat(32)),
            format!("00-.2345678901234567890123456789012-{SPAN}-01"),
            format!("00-1234567890123456789012345678901.-{SPAN}-01"),
            format!("00-{TRACE}3-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", &TRACE[1..]),
            format!("00-{}-{SPAN}-01", "ABCDEF78901234567890123456789012"),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{TRACE}-.234567890123456-01"),
            format!("00-{TRACE}-123456789012345.-01"),
            format!("00-{TRACE}-{SPAN}7-01"),
            format!("00-{TRACE}-{}-01", &SPAN[1..]),
            format!("00-{TRACE}-{SPAN}-.0"),
            format!("00-{TRACE}-{SPAN}-0."),
            format!("00-{TRACE}-{SPAN}-001"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}-0A"),
            format!("00-{TRACE}-{SPAN}-+1"),
            format!("00-{TRACE}-{SPAN}-01,00-{TRACE}-{SPAN}-01"),
            format!("00_{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}é01"),
        ];
        for header in invalid {
            assert_eq!(TraceParent::parse(&header), None, "{header}");
        }
    }

    #[test]
    fn a_tracestate_is_passed_on_as_it_is() {
        let keys = "z0123456789_-*/".to_owned();
        let values: String = (' '..='~').filter(|c| !",=".contains(*c)).collect();
        let members: Vec<String> = (0..32).map(|n| format!("b{n}=1")).collect();
        for header in [
            "foo=1",
            "foo=1,bar=2",
            "foo=1 \t , \t bar=2, \t baz=3",
            "foo=1,",
            ",foo=1,,bar=2",
            "foo=1,foo=1",
            "foo=1,foo=2",
            "0foo@bar=1",
            "fo0@b-r=1",
            "foo= 1",
            &format!("{keys}@a-z/=1"),
            &format!("a={values}"),
            &members.join(","),
            &format!("{}=1", "z".repeat(256)),
            &format!("{}@{}=1", "t".repeat(241), "v".repeat(14)),
            &format!("a={}", "1".repeat(256)),
        ] {
            assert_eq!(tracestate(header), Some(header));
        }
        assert_eq!(tracestate(" foo=1\t"), Some("foo=1"));
    }

    #[test]
    fn a_broken_tracestate_is_dropped() {
        let members: Vec<String> = (0..33).map(|n| format!("b{n}=1")).collect();
        for header in [
            "",
            " ",
            ",",
            "foo",
            "foo=",
            "=1",
            "foo =1",
            "FOO=1",
            "foo.bar=1",
            "foo@=1,bar=2",
            "@foo=1,bar=2",
            "foo@@bar=1,bar=2",
            "foo@bar@baz=1,bar=2",
            "foo=bar=baz",
            "foo=,bar=3",
            "0foo=1",
            "foo@0bar=1",
            "foo=é",
            "foo=\u{1}",
            "foo=1;bar=2=",
            "foo=1\n",
            &members.join(","),
            &format!("{}=1", "z".repeat(257)),
            &format!("{}@v=1", "t".repeat(242)),
            &format!("t@{}=1", "v".repeat(15)),
            &format!("a={}", "1".repeat(257)),
            &format!("a={},b={}", "1".repeat(256), "2".repeat(256)),
        ] {
            assert_eq!(tracestate(header), None, "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(trace in 1_u128.., span in 1_u64.., is_sampled: bool) {
            let parent =
                TraceParent { trace_id: TraceId(trace), span_id: SpanId(span), is_sampled };
            prop_assert_eq!(TraceParent::parse(&parent.to_string()), Some(parent));
        }

        #[test]
        fn any_header_is_read_or_refused(header in "\\PC{0,80}") {
            if let Some(parent) = TraceParent::parse(&header) {
                prop_assert!(parent.span_id.is_some());
            }
            prop_assert!(tracestate(&header).is_none_or(|state| state.len() <= 512));
        }
    }
}
