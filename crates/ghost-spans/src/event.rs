//! A span as an event: the keys that exporters, files and Python programs see.
//!
//! `ts_ns, trace_id, span_id, parent_span_id, kind, dur_ns` of every event, then what its kind has:
//! `REQ` a `route`, `FN` a `fn`, `DB` a `query`, `HTTP` a `host`; events of the program's own carry their
//! kind. Then the attributes under their JSON keys. Times are nanoseconds since the Unix epoch, ids are
//! hexadecimal, or what the program called them.

use ghost_model::{Attribute, AttributeKey, AttributeValue, Span, SpanKind};

use crate::json_text::{JsonObject, Value};

/// Keys that no attribute of the program may use a second time.
const OUR_KEYS: [&str; 12] = [
    "ts_ns",
    "trace_id",
    "span_id",
    "parent_span_id",
    "kind",
    "dur_ns",
    "route",
    "fn",
    "query",
    "host",
    "error",
    "sampled",
];

/// Writes the event of a span as one line of JSON, without the end of the line.
pub fn write_event(span: &Span, out: &mut Vec<u8>) {
    let mut object = JsonObject::begin(out);
    each_field(span, &mut |key, value| match key {
        Key::Ours(key) => object.field(key, value),
        Key::Programs(key) => object.foreign_field(key, value),
    });
    object.end();
}

/// Whose word a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// One of the words above, or of [`Attribute`]; needs no escapes.
    Ours(&'static str),
    /// One of the program's own.
    Programs(&'a str),
}

impl<'a> Key<'a> {
    /// The word.
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Programs(key) | Self::Ours(key) => key,
        }
    }
}

/// Calls `put` with every key and value of the event, in its order.
pub fn each_field(span: &Span, put: &mut impl FnMut(Key<'_>, Value<'_>)) {
    let (kind, name_key) = words(span);
    let id = |label: Attribute, id| span.text(label).map_or(id, Value::Text);
    put(Key::Ours("ts_ns"), Value::Uint(span.start_unix_ns));
    put(Key::Ours("trace_id"), id(Attribute::TraceLabel, Value::Trace(span.trace_id)));
    put(Key::Ours("span_id"), id(Attribute::SpanLabel, Value::Span(span.span_id)));
    let parent = id(Attribute::ParentLabel, Value::Span(span.parent_span_id));
    put(Key::Ours("parent_span_id"), parent);
    put(Key::Ours("kind"), Value::Text(kind));
    put(Key::Ours("dur_ns"), Value::Uint(span.duration_ns));
    if let Some(name_key) = name_key {
        put(Key::Ours(name_key), Value::Text(&span.name));
        put(Key::Ours("error"), Value::Bool(span.is_error));
    }
    if span.kind == SpanKind::Request {
        put(Key::Ours("sampled"), Value::Bool(span.is_sampled));
    }
    for (key, value) in &span.attributes {
        match key {
            AttributeKey::Known(attribute) if is_label(*attribute) => {}
            AttributeKey::Known(attribute) => put(Key::Ours(attribute.json_key()), plain(value)),
            AttributeKey::Named(name) if OUR_KEYS.contains(&name.as_str()) => {}
            AttributeKey::Named(name) => put(Key::Programs(name), plain(value)),
        }
    }
}

/// The word for the kind, and the key of the name where the name is not the kind.
fn words(span: &Span) -> (&str, Option<&'static str>) {
    match span.kind {
        SpanKind::Request => ("REQ", Some("route")),
        SpanKind::Function => ("FN", Some("fn")),
        SpanKind::Query => ("DB", Some("query")),
        SpanKind::Client => ("HTTP", Some("host")),
        SpanKind::Event => (&span.name, None),
    }
}

/// What stands in place of an id already.
fn is_label(attribute: Attribute) -> bool {
    matches!(attribute, Attribute::TraceLabel | Attribute::SpanLabel | Attribute::ParentLabel)
}

fn plain(value: &AttributeValue) -> Value<'_> {
    match value {
        AttributeValue::Int(number) => Value::Int(*number),
        AttributeValue::Float(number) => Value::Float(*number),
        AttributeValue::Bool(yes) => Value::Bool(*yes),
        AttributeValue::Text(text) => Value::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::{SpanId, TraceId};

    fn text(span: &Span) -> String {
        let mut out = Vec::new();
        write_event(span, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    fn known(attribute: Attribute, value: AttributeValue) -> (AttributeKey, AttributeValue) {
        (AttributeKey::Known(attribute), value)
    }

    fn named(name: &str, value: AttributeValue) -> (AttributeKey, AttributeValue) {
        (AttributeKey::Named(name.into()), value)
    }

    fn request() -> Span {
        Span {
            kind: SpanKind::Request,
            trace_id: TraceId(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736),
            span_id: SpanId(0x00f0_67aa_0ba9_02b7),
            start_unix_ns: 1_700_000_000_000_000_000,
            duration_ns: 15_000_000,
            is_sampled: true,
            name: "/users/{id}".into(),
            attributes: vec![
                known(Attribute::Method, AttributeValue::Text("GET".into())),
                known(Attribute::StatusCode, AttributeValue::Int(200)),
            ],
            ..Span::default()
        }
    }

    #[test]
    fn a_request_has_the_keys_of_the_reference() {
        insta::assert_snapshot!(text(&request()), @r#"{"ts_ns":1700000000000000000,"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","parent_span_id":null,"kind":"REQ","dur_ns":15000000,"route":"/users/{id}","error":false,"sampled":true,"method":"GET","status":200}"#);
    }

    #[test]
    fn a_function_a_query_and_a_flow_have_names_of_their_own() {
        let named =
            |kind| text(&Span { kind, name: "n".into(), is_error: true, ..Span::default() });
        assert!(
            named(SpanKind::Function).ends_with(r#""kind":"FN","dur_ns":0,"fn":"n","error":true}"#)
        );
        assert!(
            named(SpanKind::Query).ends_with(r#""kind":"DB","dur_ns":0,"query":"n","error":true}"#)
        );
        assert!(
            named(SpanKind::Client)
                .ends_with(r#""kind":"HTTP","dur_ns":0,"host":"n","error":true}"#)
        );
    }

    #[test]
    fn an_event_of_the_program_is_its_kind_and_no_key_comes_twice() {
        let attributes = vec![
            named("kind", AttributeValue::Int(1)),
            named("grün\n", AttributeValue::Float(0.5)),
        ];
        let span =
            Span { kind: SpanKind::Event, name: "CACHE".into(), attributes, ..Span::default() };
        assert!(
            text(&span).ends_with(r#""kind":"CACHE","dur_ns":0,"grün\n":0.5}"#),
            "{}",
            text(&span)
        );
    }

    #[test]
    fn ids_of_the_program_stand_in_place_of_ours() {
        let mut span = request();
        for label in [Attribute::TraceLabel, Attribute::SpanLabel, Attribute::ParentLabel] {
            span.attributes.push(known(label, AttributeValue::Text("trace-123".into())));
        }
        let ids = r#""trace_id":"trace-123","span_id":"trace-123","parent_span_id":"trace-123","#;
        assert!(text(&span).contains(ids), "{}", text(&span));
        assert!(!text(&span).contains("label"));
    }
}
