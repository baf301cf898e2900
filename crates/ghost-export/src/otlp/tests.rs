//! Messages as golden files, and that official definitions read what was written.

use ghost_model::Attribute::{
    DbSystem, ExceptionType, Method, Operation, Protocol, Rows, StatusCode, Tracestate,
};
use ghost_model::{
    Attribute, AttributeKey, AttributeValue, Span, SpanId, SpanKind, SpanLoss, TraceId,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1 as proto;
use prost::Message;
use std::fmt::Write;

use super::*;
use crate::span_flow::{DroppedSpans, SpanFlow};
use crate::span_metrics::SpanMetrics;

fn known(key: Attribute, value: &str) -> (AttributeKey, AttributeValue) {
    let number = value.parse().map(AttributeValue::Int);
    let value = number.unwrap_or_else(|_| AttributeValue::Text(value.to_owned()));
    (AttributeKey::Known(key), value)
}

fn spans() -> Vec<Span> {
    let new = |kind, id, name: &str, attributes| Span {
        kind,
        trace_id: TraceId(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736),
        span_id: SpanId(id),
        parent_span_id: if id == 1 { SpanId::NONE } else { SpanId(1) },
        start_unix_ns: 1_700_000_000_000_000_000 + id,
        duration_ns: 1_000,
        is_error: id == 1,
        is_sampled: true,
        name: name.to_owned(),
        attributes,
    };
    let request = vec![
        known(Method, "GET"),
        known(StatusCode, "500"),
        known(ExceptionType, "KeyError"),
        known(Protocol, "http"),
        known(Tracestate, "a=1"),
    ];
    let query = vec![known(DbSystem, "postgresql"), known(Operation, "SELECT"), known(Rows, "2")];
    let call = vec![known(Method, "_OTHER"), known(StatusCode, "204")];
    let named = (AttributeKey::Named("shop.basket".into()), AttributeValue::Float(1.5));
    let flag = (AttributeKey::Named("vip".into()), AttributeValue::Bool(true));
    vec![
        new(SpanKind::Request, 1, "/users/{id}", request),
        new(SpanKind::Query, 2, "SELECT * FROM t WHERE a = ?", query),
        new(SpanKind::Client, 3, "api.example.com", call),
        new(SpanKind::Function, 4, "shop.cart.total", vec![]),
        new(SpanKind::Event, 5, "login", vec![named, flag]),
        new(
            SpanKind::Request,
            6,
            "shop.mail",
            vec![known(Protocol, "task"), known(Method, "TASK")],
        ),
        new(SpanKind::Request, 7, "<unmatched>", vec![known(Method, "PUT")]),
    ]
}

fn service() -> Service {
    let given = [("service.name", "shop"), ("deployment.environment.name", "test")];
    Service { attributes: given.map(|(name, value)| (name.into(), value.into())).to_vec() }
}

fn origin() -> Origin {
    Origin { instance_id: "i-1".into(), pid: Some(7), python_version: "3.13.0".into() }
}

fn shown(attributes: &[KeyValue]) -> String {
    let value = |pair: &KeyValue| match pair.value.as_ref().and_then(|any| any.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => format!("{text:?}"),
        other => format!("{other:?}"),
    };
    attributes
        .iter()
        .fold(String::new(), |text, pair| format!("{text}    {}={}\n", pair.key, value(pair)))
}

#[test]
fn spans_as_the_official_messages_read_them() {
    let spans = spans();
    let (service, origin) = (service(), origin());
    let part = SpansOfOrigin { origin: &origin, spans: spans.iter().collect() };
    let bytes = trace_request(&service, &[part]).encode_to_vec();
    let request = ExportTraceServiceRequest::decode(bytes.as_slice()).unwrap();
    let mut text = String::new();
    for part in &request.resource_spans {
        write!(text, "resource\n{}", shown(&part.resource.as_ref().unwrap().attributes)).unwrap();
        for span in &part.scope_spans[0].spans {
            let status = span.status.as_ref().unwrap().code();
            writeln!(text, "{:?} {:?} {status:?} flags={}", span.kind(), span.name, span.flags)
                .unwrap();
            let proto::Span { span_id, parent_span_id, trace_state, .. } = span;
            writeln!(text, "  {span_id:?} in {parent_span_id:?} {trace_state:?}").unwrap();
            text += &shown(&span.attributes);
            for event in &span.events {
                write!(text, "  {}\n{}", event.name, shown(&event.attributes)).unwrap();
            }
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn ids_are_in_network_order() {
    let span = spans().swap_remove(0);
    let origin = origin();
    let part = SpansOfOrigin { origin: &origin, spans: vec![&span] };
    let request = trace_request(&service(), &[part]);
    let message = &request.resource_spans[0].scope_spans[0].spans[0];
    assert_eq!(message.trace_id[..2], [0x4b, 0xf9]);
    assert_eq!(message.span_id, [0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(message.end_time_unix_nano - message.start_time_unix_nano, 1_000);
}

#[test]
fn metrics_are_cumulative_histograms() {
    let mut metrics = SpanMetrics::new(1_000, 3);
    for span in &spans() {
        metrics.add(span);
    }
    let dropped = DroppedSpans { exporter: None, reason: SpanLoss::Overwritten, count: 2 };
    let flow = SpanFlow { dropped: vec![dropped], ..SpanFlow::default() };
    let request = metrics_request(&service(), &origin(), &metrics, &flow, 2_000);
    let metrics = &request.resource_metrics[0].scope_metrics[0].metrics;
    let mut text = String::new();
    for metric in metrics {
        writeln!(text, "{} [{}] {}", metric.name, metric.unit, metric.description).unwrap();
        match metric.data.as_ref().unwrap() {
            Data::Histogram(histogram) => {
                assert_eq!(histogram.aggregation_temporality, 2);
                for point in &histogram.data_points {
                    let period = (point.start_time_unix_nano, point.time_unix_nano);
                    writeln!(text, "  {} {:?} {period:?}", point.count, point.sum).unwrap();
                    assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
                    assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
                    text += &shown(&point.attributes);
                }
            }
            other => writeln!(text, "  {other:?}").unwrap(),
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn what_a_receiver_rejects_is_counted() {
    let partial = ExportTracePartialSuccess { rejected_spans: 3, error_message: "no".into() };
    let reply = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    assert_eq!(rejected_count(Signal::Traces, &reply), 3);
    assert_eq!(rejected_count(Signal::Traces, b""), 0);
    assert_eq!(rejected_count(Signal::Traces, b"<html>"), 0);
    let partial = ExportTracePartialSuccess { rejected_spans: -3, error_message: String::new() };
    let reply = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    assert_eq!(rejected_count(Signal::Traces, &reply), 0);
}
