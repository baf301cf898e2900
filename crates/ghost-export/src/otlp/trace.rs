//! Spans as messages: kinds, names, attributes and status as the semantic conventions have them.
//!
//! Route templates and redacted statements are all that is known of paths and queries, so `url.path` is
//! never there.

use ghost_model::{Attribute, AttributeKey, Span, SpanId, SpanKind};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1 as proto;

use super::resource::{Origin, Service, resource};
use super::{SCHEMA_URL, scope, value};
use crate::span_metrics::{error_type, is_task};

/// Name of requests that belong to no route.
const UNMATCHED: &str = "<unmatched>";
/// The method that stands for all unknown ones.
const OTHER_METHOD: &str = "_OTHER";
/// Flag of the trace context: the trace is kept.
const SAMPLED: u32 = 1;

/// Spans of one process.
#[derive(Clone, Debug)]
pub struct SpansOfOrigin<'a> {
    /// The process.
    pub origin: &'a Origin,
    /// Its spans.
    pub spans: Vec<&'a Span>,
}

/// One request with all of them.
pub fn trace_request(service: &Service, parts: &[SpansOfOrigin<'_>]) -> ExportTraceServiceRequest {
    let resource_spans = parts.iter().map(|part| proto::ResourceSpans {
        resource: Some(resource(service, part.origin)),
        scope_spans: vec![proto::ScopeSpans {
            scope: Some(scope()),
            spans: part.spans.iter().map(|span| message(span)).collect(),
            schema_url: SCHEMA_URL.into(),
        }],
        schema_url: SCHEMA_URL.into(),
    });
    ExportTraceServiceRequest { resource_spans: resource_spans.collect() }
}

fn message(span: &Span) -> proto::Span {
    let end_unix_ns = span.start_unix_ns.saturating_add(span.duration_ns);
    proto::Span {
        trace_id: span.trace_id.0.to_be_bytes().to_vec(),
        span_id: span.span_id.0.to_be_bytes().to_vec(),
        parent_span_id: parent(span.parent_span_id),
        trace_state: span.text(Attribute::Tracestate).unwrap_or_default().to_owned(),
        flags: if span.is_sampled { SAMPLED } else { 0 },
        name: name(span),
        kind: kind(span) as i32,
        start_time_unix_nano: span.start_unix_ns,
        end_time_unix_nano: end_unix_ns,
        attributes: attributes(span),
        events: exception(span, end_unix_ns).into_iter().collect(),
        status: Some(status(span)),
        ..proto::Span::default()
    }
}

fn parent(id: SpanId) -> Vec<u8> {
    if id.is_some() { id.0.to_be_bytes().to_vec() } else { Vec::new() }
}

fn kind(span: &Span) -> proto::span::SpanKind {
    match span.kind {
        SpanKind::Request if is_task(span) => proto::span::SpanKind::Consumer,
        SpanKind::Request => proto::span::SpanKind::Server,
        SpanKind::Query | SpanKind::Client => proto::span::SpanKind::Client,
        SpanKind::Function | SpanKind::Event => proto::span::SpanKind::Internal,
    }
}

/// Of low cardinality: a method and a template, an operation and what it is on.
fn name(span: &Span) -> String {
    let method = match span.text(Attribute::Method) {
        None | Some(OTHER_METHOD) => "HTTP",
        Some(method) => method,
    };
    match span.kind {
        SpanKind::Request if is_task(span) => span.name.clone(),
        SpanKind::Request if route(span).is_none() => method.to_owned(),
        SpanKind::Request => format!("{method} {}", span.name),
        SpanKind::Client => method.to_owned(),
        SpanKind::Query => query_name(span),
        SpanKind::Function | SpanKind::Event => span.name.clone(),
    }
}

fn route(span: &Span) -> Option<&str> {
    Some(span.name.as_str()).filter(|name| !name.is_empty() && *name != UNMATCHED)
}

fn query_name(span: &Span) -> String {
    let parts = [Attribute::Operation, Attribute::Collection].map(|part| span.text(part));
    let words: Vec<&str> = parts.into_iter().flatten().collect();
    if words.is_empty() {
        return span.text(Attribute::DbSystem).unwrap_or("query").to_owned();
    }
    words.join(" ")
}

fn attributes(span: &Span) -> Vec<KeyValue> {
    let named = match span.kind {
        SpanKind::Request if is_task(span) => {
            Some(value::text("messaging.destination.name", span.name.as_str()))
        }
        SpanKind::Request => route(span).map(|route| value::text("http.route", route)),
        SpanKind::Function => Some(value::text("code.function.name", span.name.as_str())),
        SpanKind::Query => {
            (!span.name.is_empty()).then(|| value::text("db.query.text", span.name.as_str()))
        }
        SpanKind::Client if span.text(Attribute::ServerAddress).is_none() => {
            Some(value::text("server.address", span.name.as_str()))
        }
        SpanKind::Client | SpanKind::Event => None,
    };
    let error = error_type(span).map(|error| value::text("error.type", error));
    let known = span.attributes.iter().filter(|(key, _)| is_attribute(span, key));
    let known = known.map(|(key, value)| value::attribute(key.semantic_name(), value));
    named.into_iter().chain(known).chain(error).collect()
}

/// What OTLP has no other place for.
fn is_attribute(span: &Span, key: &AttributeKey) -> bool {
    match key {
        AttributeKey::Known(Attribute::Tracestate | Attribute::ExceptionType) => false,
        AttributeKey::Known(Attribute::Protocol | Attribute::Method) => !is_task(span),
        AttributeKey::Known(_) | AttributeKey::Named(_) => true,
    }
}

/// The type alone: messages and tracebacks may hold values.
fn exception(span: &Span, time_unix_nano: u64) -> Option<proto::span::Event> {
    let name = span.text(Attribute::ExceptionType)?;
    Some(proto::span::Event {
        time_unix_nano,
        name: "exception".into(),
        attributes: vec![value::text("exception.type", name)],
        ..proto::span::Event::default()
    })
}

fn status(span: &Span) -> proto::Status {
    let code = if span.is_error {
        proto::status::StatusCode::Error
    } else {
        proto::status::StatusCode::Unset
    };
    proto::Status { code: code as i32, ..proto::Status::default() }
}
