//! A span as bytes: what travels through rings and queues. Change anything here and bump [`VERSION`].
//!
//! All numbers are little-endian. A reader trusts no byte: what does not add up is `None`.
//!
//! ```text
//!  0 version u8 (1)    1 kind u8      2 flags u8 (1 error, 2 sampled)   3 attributes u8
//!  4 name length u32   8 trace id u128                                 24 span id u64
//! 32 parent span id u64              40 start, unix ns u64             48 duration ns u64
//! 56 name, UTF-8, then one after the other:
//!    attribute = key u8 (0: a name follows: length u8, UTF-8), value type u8, value
//!    value     = 0 i64 | 1 f64 | 2 bool u8 | 3 text: length u32, UTF-8
//! ```

use ghost_model::{Attribute, AttributeKey, AttributeValue, Span, SpanId, SpanKind, TraceId};

/// Version of the layout above, the first byte of every record.
pub const VERSION: u8 = 1;
/// Names longer than this are cut: no template and no statement we keep is.
pub const NAME_BYTES_MAX: usize = 4096;
/// Texts of attributes longer than this are cut.
pub const TEXT_BYTES_MAX: usize = 4096;
/// Words of the program longer than this are cut.
pub const KEY_BYTES_MAX: usize = 128;
/// Attributes beyond this are left out.
pub const ATTRIBUTES_MAX: u8 = 64;

/// Where flags and counts are.
const FLAGS: usize = 2;
const ATTRIBUTES: usize = 3;
/// Bytes before the name.
const HEAD_BYTES: usize = 56;
const IS_ERROR: u8 = 1;
const IS_SAMPLED: u8 = 2;

/// What every record begins with, but for its name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head {
    /// What the span is about.
    pub kind: SpanKind,
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Its own id.
    pub span_id: SpanId,
    /// The span it happened in.
    pub parent_span_id: SpanId,
    /// Start, nanoseconds since the Unix epoch.
    pub start_unix_ns: u64,
    /// Duration.
    pub duration_ns: u64,
    /// Whether it failed.
    pub is_error: bool,
    /// Whether its trace is kept.
    pub is_sampled: bool,
}

/// Writes one record without a detour over [`Span`].
#[derive(Debug)]
pub struct SpanWriter(Vec<u8>);

impl SpanWriter {
    /// Begins a record.
    pub fn new(head: &Head, name: &str) -> Self {
        let name = cut(name, NAME_BYTES_MAX);
        let mut bytes = Vec::with_capacity(HEAD_BYTES + name.len() + 40);
        let flags = flags(head.is_error, head.is_sampled);
        bytes.extend_from_slice(&[VERSION, head.kind as u8, flags, 0]);
        bytes.extend_from_slice(&(name.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&head.trace_id.0.to_le_bytes());
        bytes.extend_from_slice(&head.span_id.0.to_le_bytes());
        bytes.extend_from_slice(&head.parent_span_id.0.to_le_bytes());
        bytes.extend_from_slice(&head.start_unix_ns.to_le_bytes());
        bytes.extend_from_slice(&head.duration_ns.to_le_bytes());
        bytes.extend_from_slice(name.as_bytes());
        Self(bytes)
    }

    /// Adds a whole number.
    pub fn int(&mut self, key: Attribute, value: i64) {
        if self.count() {
            self.0.extend_from_slice(&[key as u8, 0]);
            self.0.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// Adds a yes or no.
    pub fn bool(&mut self, key: Attribute, value: bool) {
        if self.count() {
            self.0.extend_from_slice(&[key as u8, 2, u8::from(value)]);
        }
    }

    /// Adds a text.
    pub fn text(&mut self, key: Attribute, value: &str) {
        if self.count() {
            self.0.push(key as u8);
            self.push_text(value);
        }
    }

    /// Adds an attribute of either kind.
    pub fn add(&mut self, key: &AttributeKey, value: &AttributeValue) {
        if !self.count() {
            return;
        }
        match key {
            AttributeKey::Known(attribute) => self.0.push(*attribute as u8),
            AttributeKey::Named(name) => {
                let name = cut(name, KEY_BYTES_MAX);
                self.0.extend_from_slice(&[0, name.len() as u8]);
                self.0.extend_from_slice(name.as_bytes());
            }
        }
        match value {
            AttributeValue::Int(number) => {
                self.0.push(0);
                self.0.extend_from_slice(&number.to_le_bytes());
            }
            AttributeValue::Float(number) => {
                self.0.push(1);
                self.0.extend_from_slice(&number.to_le_bytes());
            }
            AttributeValue::Bool(yes) => self.0.extend_from_slice(&[2, u8::from(*yes)]),
            AttributeValue::Text(text) => self.push_text(text),
        }
    }

    /// The record.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }

    fn push_text(&mut self, text: &str) {
        let text = cut(text, TEXT_BYTES_MAX);
        self.0.push(3);
        self.0.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Counts one more attribute; false where there are too many.
    fn count(&mut self) -> bool {
        let room = self.0[ATTRIBUTES] < ATTRIBUTES_MAX;
        self.0[ATTRIBUTES] += u8::from(room);
        room
    }
}

/// Writes a span.
pub fn encode(span: &Span) -> Vec<u8> {
    let head = Head {
        kind: span.kind,
        trace_id: span.trace_id,
        span_id: span.span_id,
        parent_span_id: span.parent_span_id,
        start_unix_ns: span.start_unix_ns,
        duration_ns: span.duration_ns,
        is_error: span.is_error,
        is_sampled: span.is_sampled,
    };
    let mut writer = SpanWriter::new(&head, &span.name);
    span.attributes.iter().for_each(|(key, value)| writer.add(key, value));
    writer.finish()
}

/// Whether the trace of a record is kept, without reading the rest.
pub fn is_sampled(record: &[u8]) -> bool {
    record.get(FLAGS).is_some_and(|flags| flags & IS_SAMPLED != 0)
}

/// Notes in a record whether its trace is kept.
pub fn set_sampled(record: &mut [u8], is_sampled: bool) {
    if let Some(flags) = record.get_mut(FLAGS) {
        *flags = self::flags(*flags & IS_ERROR != 0, is_sampled);
    }
}

/// Reads a record; attributes of later versions of a known layout are left out.
pub fn decode(record: &[u8]) -> Option<Span> {
    let mut rest = Rest(record);
    let [version, kind, flags, attributes] = rest.array()?;
    let name_bytes = u32::from_le_bytes(rest.array()?) as usize;
    let kind = SpanKind::from_number(kind).filter(|_| version == VERSION)?;
    let mut span = Span {
        kind,
        trace_id: TraceId(u128::from_le_bytes(rest.array()?)),
        span_id: SpanId(u64::from_le_bytes(rest.array()?)),
        parent_span_id: SpanId(u64::from_le_bytes(rest.array()?)),
        start_unix_ns: u64::from_le_bytes(rest.array()?),
        duration_ns: u64::from_le_bytes(rest.array()?),
        is_error: flags & IS_ERROR != 0,
        is_sampled: flags & IS_SAMPLED != 0,
        name: rest.text(name_bytes)?,
        attributes: Vec::with_capacity(attributes.min(ATTRIBUTES_MAX).into()),
    };
    for _ in 0..attributes.min(ATTRIBUTES_MAX) {
        rest.attribute(&mut span.attributes)?;
    }
    Some(span)
}

/// What of a record is not read yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    fn text(&mut self, bytes: usize) -> Option<String> {
        let (text, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        std::str::from_utf8(text).ok().map(str::to_owned)
    }

    /// Adds the next attribute, unless its number is of a later version.
    fn attribute(&mut self, to: &mut Vec<(AttributeKey, AttributeValue)>) -> Option<()> {
        let [number] = self.array()?;
        let key = if number == 0 {
            let [length] = self.array()?;
            Some(AttributeKey::Named(self.text(length.into())?))
        } else {
            Attribute::from_number(number).map(AttributeKey::Known)
        };
        let value = self.value()?;
        to.extend(key.map(|key| (key, value)));
        Some(())
    }

    fn value(&mut self) -> Option<AttributeValue> {
        match self.array()? {
            [0] => self.array().map(i64::from_le_bytes).map(AttributeValue::Int),
            [1] => self.array().map(f64::from_le_bytes).map(AttributeValue::Float),
            [2] => self.array().map(|[yes]| AttributeValue::Bool(yes != 0)),
            [3] => {
                let length = u32::from_le_bytes(self.array()?) as usize;
                self.text(length).map(AttributeValue::Text)
            }
            _ => None,
        }
    }
}

fn flags(is_error: bool, is_sampled: bool) -> u8 {
    let flag = |yes: bool, flag: u8| if yes { flag } else { 0 };
    flag(is_error, IS_ERROR) | flag(is_sampled, IS_SAMPLED)
}

fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = AttributeValue> {
        prop_oneof![
            any::<i64>().prop_map(AttributeValue::Int),
            (-1e9f64..1e9).prop_map(AttributeValue::Float),
            any::<bool>().prop_map(AttributeValue::Bool),
            "\\PC{0,40}".prop_map(AttributeValue::Text),
        ]
    }

    fn any_key() -> impl Strategy<Value = AttributeKey> {
        let known = (1u8..=27).prop_map(|n| Attribute::from_number(n).map(AttributeKey::Known));
        let known = known.prop_filter_map("numbered without gaps", |key| key);
        prop_oneof![known, "\\PC{1,20}".prop_map(AttributeKey::Named)]
    }

    fn any_span() -> impl Strategy<Value = Span> {
        let ids = (any::<u128>(), any::<u64>(), any::<u64>());
        let times = (any::<u64>(), any::<u64>());
        let flags = (any::<bool>(), any::<bool>());
        let attributes = prop::collection::vec((any_key(), any_value()), 0..12);
        (1u8..=5, ids, times, flags, "\\PC{0,60}", attributes).prop_map(
            |(kind, (trace, span, parent), (start, duration), flags, name, attributes)| Span {
                kind: SpanKind::from_number(kind).unwrap_or_default(),
                trace_id: TraceId(trace),
                span_id: SpanId(span),
                parent_span_id: SpanId(parent),
                start_unix_ns: start,
                duration_ns: duration,
                is_error: flags.0,
                is_sampled: flags.1,
                name,
                attributes,
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(span in any_span()) {
            let record = encode(&span);
            prop_assert_eq!(is_sampled(&record), span.is_sampled);
            prop_assert_eq!(decode(&record), Some(span));
        }

        #[test]
        fn bytes_of_any_kind_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }

        #[test]
        fn a_record_that_is_cut_is_refused(span in any_span(), cut in 0.0f64..1.0) {
            let record = encode(&span);
            let cut = (record.len() as f64 * cut) as usize;
            prop_assert_eq!(decode(&record[..cut]), None);
        }
    }

    #[test]
    fn names_are_cut_at_a_character() {
        let span = Span { name: "ä".repeat(NAME_BYTES_MAX), ..Span::default() };
        let read = decode(&encode(&span));
        assert_eq!(read.map(|span| span.name.len()), Some(NAME_BYTES_MAX));
    }

    #[test]
    fn too_many_attributes_are_left_out() {
        let many = (0..100).map(|n| (AttributeKey::Named(n.to_string()), AttributeValue::Int(n)));
        let span = Span { attributes: many.collect(), ..Span::default() };
        let read = decode(&encode(&span));
        assert_eq!(read.map(|span| span.attributes.len()), Some(usize::from(ATTRIBUTES_MAX)));
    }

    #[test]
    fn the_decision_can_be_noted_later() {
        let mut record = encode(&Span::default());
        set_sampled(&mut record, true);
        assert!(is_sampled(&record));
        set_sampled(&mut record, false);
        assert!(!is_sampled(&record));
    }
}
