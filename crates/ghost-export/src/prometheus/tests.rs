//! The whole of both formats as golden files, and that nothing can break them.

use ghost_model::{Attribute, AttributeKey, AttributeValue, Span, SpanKind, SpanLoss};
use proptest::prelude::*;

use super::{Exposition, MetricsView, write_exposition};
use crate::span_flow::{DroppedSpans, ExportedSpans, SpanFlow};
use crate::span_metrics::{SERIES_MAX, SpanMetrics};

fn span(kind: SpanKind, name: &str, duration_ns: u64, attributes: &[(Attribute, &str)]) -> Span {
    let attributes = attributes.iter().map(|(key, value)| {
        let number = value.parse().map(AttributeValue::Int);
        let value = number.unwrap_or_else(|_| AttributeValue::Text((*value).to_owned()));
        (AttributeKey::Known(*key), value)
    });
    let attributes = attributes.collect();
    Span { kind, name: name.to_owned(), duration_ns, attributes, ..Span::default() }
}

fn metrics(series_max: usize) -> SpanMetrics {
    use Attribute::{DbSystem, Method, Operation, ServerAddress, ServerPort, StatusCode};
    let mut metrics = SpanMetrics::new(1_700_000_000_000_000_000, series_max);
    let get = [(Method, "GET"), (StatusCode, "200")];
    metrics.add(&span(SpanKind::Request, "/users/{id}", 3_000_000, &get));
    metrics.add(&span(SpanKind::Request, "/users/{id}", 30_000_000_000, &get));
    let mut failed = span(SpanKind::Request, "/a\"\\\nb", 7, &[(StatusCode, "500")]);
    failed.is_error = true;
    metrics.add(&failed);
    let query = [(DbSystem, "postgresql"), (Operation, "SELECT")];
    metrics.add(&span(SpanKind::Query, "SELECT ?", 1_000_000, &query));
    let call = [(Method, "POST"), (ServerAddress, "api"), (ServerPort, "8080")];
    metrics.add(&span(SpanKind::Client, "api", 80_000_000, &call));
    metrics.add(&span(SpanKind::Function, "shop.cart.total", 9_999, &[]));
    metrics.add(&span(SpanKind::Event, "login", 0, &[]));
    metrics
}

fn text(metrics: &SpanMetrics, exposition: Exposition) -> String {
    let dropped = DroppedSpans { exporter: None, reason: SpanLoss::Overwritten, count: 2 };
    let refused =
        DroppedSpans { exporter: Some("otlp".into()), reason: SpanLoss::Rejected, count: 1 };
    let exported = vec![ExportedSpans { exporter: "otlp".into(), count: 4 }];
    let flow = SpanFlow { exported, dropped: vec![dropped, refused], process_count: 3 };
    let target = [("service.name".to_owned(), "shop".to_owned())];
    write_exposition(&MetricsView { metrics, flow: &flow, target: &target }, exposition)
}

#[test]
fn the_text_format() {
    insta::assert_snapshot!(text(&metrics(SERIES_MAX), Exposition::Text));
}

#[test]
fn the_openmetrics_format() {
    insta::assert_snapshot!(text(&metrics(2), Exposition::OpenMetrics));
}

#[test]
fn a_hundred_thousand_routes_are_one_answer_of_bounded_size() {
    let mut metrics = SpanMetrics::new(1, SERIES_MAX);
    for number in 0..100_000 {
        let route = format!("/customers/{{customer}}/orders/{{order}}/{number}");
        metrics.add(&span(SpanKind::Request, &route, 1, &[(Attribute::Method, "GET")]));
    }
    let text = text(&metrics, Exposition::OpenMetrics);
    assert!(text.len() < 3 << 20, "{}", text.len());
    assert!(text.contains("http_route=\"other\""));
}

proptest! {
    #[test]
    fn no_name_breaks_a_line(name in "\\PC{0,9}[\\\\\"\n\r\t]{0,3}\\PC{0,3}") {
        let mut metrics = SpanMetrics::new(1, 9);
        metrics.add(&span(SpanKind::Function, &name, 1, &[]));
        for exposition in [Exposition::Text, Exposition::OpenMetrics] {
            let text = text(&metrics, exposition);
            let lines = text.strip_suffix('\n').unwrap_or_default().split('\n');
            for line in lines.filter(|line| !line.starts_with("# ")) {
                let (_, value) = line.rsplit_once(' ').unwrap_or_default();
                prop_assert!(value.parse::<f64>().is_ok(), "{}", line);
            }
        }
    }
}
