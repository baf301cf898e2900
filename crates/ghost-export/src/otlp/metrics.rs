//! Metrics as messages: histograms with the bounds of the semantic conventions, and sums of what was
//! dropped. Cumulative since counting began, so that a lost request loses no count.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1 as proto;

use super::resource::{Origin, Service, resource};
use super::{SCHEMA_URL, scope, value};
use crate::span_flow::SpanFlow;
use crate::span_metrics::{Family, Series, SpanMetrics};

const CUMULATIVE: i32 = proto::AggregationTemporality::Cumulative as i32;

/// Labels that hold numbers in OpenTelemetry.
const NUMBERS: [&str; 2] = ["http.response.status_code", "server.port"];

/// When a point begins and ends, nanoseconds since the Unix epoch.
#[derive(Clone, Copy)]
struct Period {
    start: u64,
    end: u64,
}

/// One request with everything that was counted until `now_unix_ns`.
pub fn metrics_request(
    service: &Service,
    origin: &Origin,
    metrics: &SpanMetrics,
    flow: &SpanFlow,
    now_unix_ns: u64,
) -> ExportMetricsServiceRequest {
    let period = Period { start: metrics.start_unix_ns(), end: now_unix_ns };
    let histograms = Family::ALL.into_iter().filter_map(|family| {
        let series = metrics.series(family);
        (!series.is_empty()).then(|| histogram(family, &series, period))
    });
    let scope_metrics = proto::ScopeMetrics {
        scope: Some(scope()),
        metrics: histograms.chain(dropped(flow, period)).collect(),
        schema_url: SCHEMA_URL.into(),
    };
    let resource_metrics = proto::ResourceMetrics {
        resource: Some(resource(service, origin)),
        scope_metrics: vec![scope_metrics],
        schema_url: SCHEMA_URL.into(),
    };
    ExportMetricsServiceRequest { resource_metrics: vec![resource_metrics] }
}

fn histogram(family: Family, series: &[&Series], period: Period) -> proto::Metric {
    let points = series.iter().map(|series| point(family, series, period));
    let data = proto::metric::Data::Histogram(proto::Histogram {
        data_points: points.collect(),
        aggregation_temporality: CUMULATIVE,
    });
    proto::Metric {
        name: family.semantic_name().into(),
        description: family.description().into(),
        unit: "s".into(),
        data: Some(data),
        ..proto::Metric::default()
    }
}

fn point(family: Family, series: &Series, period: Period) -> proto::HistogramDataPoint {
    proto::HistogramDataPoint {
        attributes: labels(series),
        start_time_unix_nano: period.start,
        time_unix_nano: period.end,
        count: series.durations.count(),
        sum: Some(series.durations.sum_s()),
        bucket_counts: series.durations.counts().to_vec(),
        explicit_bounds: family.bounds_s().to_vec(),
        ..proto::HistogramDataPoint::default()
    }
}

/// The series for all that are too many is marked as the specification wants it.
fn labels(series: &Series) -> Vec<KeyValue> {
    if series.is_other {
        return vec![value::bool("otel.metric.overflow", true)];
    }
    let label = |(name, text): &(&'static str, String)| match text.parse() {
        Ok(number) if NUMBERS.contains(name) => value::int(name, number),
        _ => value::text(name, text.as_str()),
    };
    series.labels.iter().map(label).collect()
}

fn dropped(flow: &SpanFlow, period: Period) -> Option<proto::Metric> {
    let points = flow.dropped.iter().map(|dropped| {
        let exporter = dropped.exporter.as_deref().map(|name| value::text("ghost.exporter", name));
        let reason = value::text("ghost.reason", dropped.reason.as_str());
        let count = i64::try_from(dropped.count).unwrap_or(i64::MAX);
        proto::NumberDataPoint {
            attributes: exporter.into_iter().chain([reason]).collect(),
            start_time_unix_nano: period.start,
            time_unix_nano: period.end,
            value: Some(proto::number_data_point::Value::AsInt(count)),
            ..proto::NumberDataPoint::default()
        }
    });
    let data_points: Vec<_> = points.collect();
    (!data_points.is_empty()).then(|| proto::Metric {
        name: "ghost.spans.dropped".into(),
        description: "Spans that were dropped, and why.".into(),
        unit: "{span}".into(),
        data: Some(proto::metric::Data::Sum(proto::Sum {
            data_points,
            aggregation_temporality: CUMULATIVE,
            is_monotonic: true,
        })),
        ..proto::Metric::default()
    })
}
