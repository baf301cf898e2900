//! An event of the program, a dictionary with the keys of `ghost_spans::event`, as a span record: what
//! exporters outside the process understand.
//!
//! Statements are redacted on the way; the rest is as the program gave it.

use ghost_model::{Attribute, AttributeKey, AttributeValue, Span, SpanId, SpanKind, TraceId};
use ghost_spans::encoding::encode;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::spans::statement::Statement;
use crate::spans::{attribute_value, wall_clock};

/// The record; `None` for what is no dictionary.
pub(super) fn record(event: &Bound<'_, PyAny>) -> Option<Vec<u8>> {
    let event = event.cast::<PyDict>().ok()?;
    let mut span = Span { is_sampled: true, name: "EVENT".into(), ..Span::default() };
    span.kind = SpanKind::Event;
    let word = event.get_item("kind").ok().flatten();
    if let Some(word) = word.as_ref().and_then(|word| word.cast::<PyString>().ok()) {
        let word = word.to_string_lossy();
        span.kind = kind(&word);
        span.name = word.into_owned();
    }
    for (key, value) in event {
        let Ok(key) = key.cast::<PyString>() else { continue };
        if let Some(value) = attribute_value::value(&value) {
            put(&mut span, &key.to_string_lossy(), value);
        }
    }
    finish(&mut span);
    Some(encode(&span))
}

fn kind(word: &str) -> SpanKind {
    match word {
        "REQ" => SpanKind::Request,
        "FN" => SpanKind::Function,
        "DB" => SpanKind::Query,
        "HTTP" => SpanKind::Client,
        _ => SpanKind::Event,
    }
}

fn put(span: &mut Span, key: &str, value: AttributeValue) {
    use AttributeValue::{Bool, Int, Text};
    match (key, value) {
        ("kind", _) => {}
        ("ts_ns", Int(ns)) => span.start_unix_ns = u64::try_from(ns).unwrap_or_default(),
        ("dur_ns", Int(ns)) => span.duration_ns = u64::try_from(ns).unwrap_or_default(),
        ("error", Bool(is_error)) => span.is_error = is_error,
        ("sampled", Bool(is_sampled)) => span.is_sampled = is_sampled,
        ("trace_id", Text(id)) => match TraceId::parse(&id) {
            Some(id) => span.trace_id = id,
            None => add(span, Attribute::TraceLabel, Text(id)),
        },
        ("span_id", Text(id)) => match SpanId::parse(&id) {
            Some(id) => span.span_id = id,
            None => add(span, Attribute::SpanLabel, Text(id)),
        },
        ("parent_span_id", Text(id)) => match SpanId::parse(&id) {
            Some(id) => span.parent_span_id = id,
            None => add(span, Attribute::ParentLabel, Text(id)),
        },
        ("route", Text(name)) if span.kind == SpanKind::Request => span.name = name,
        ("fn", Text(name)) if span.kind == SpanKind::Function => span.name = name,
        ("query", Text(name)) if span.kind == SpanKind::Query => span.name = name,
        ("host", Text(name)) if span.kind == SpanKind::Client => span.name = name,
        (key, value) => span.attributes.push((attribute_value::key(key), value)),
    }
}

fn finish(span: &mut Span) {
    if span.kind == SpanKind::Query {
        let system = span.text(Attribute::DbSystem).unwrap_or_default().to_owned();
        let statement = Statement::redact(&system, &span.name);
        statement.text().clone_into(&mut span.name);
    }
    if span.start_unix_ns == 0 {
        let now = wall_clock::unix_ns(wall_clock::monotonic_ns());
        span.start_unix_ns = now.saturating_sub(span.duration_ns);
    }
    span.is_error |= span.int(Attribute::StatusCode).is_some_and(|status| status >= 500);
}

fn add(span: &mut Span, key: Attribute, value: AttributeValue) {
    span.attributes.push((AttributeKey::Known(key), value));
}
