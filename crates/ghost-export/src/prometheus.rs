//! Metrics for Prometheus: its text format 0.0.4, or `OpenMetrics` 1.0, whichever the reader prefers.
//!
//! Names are those of OpenTelemetry's semantic conventions with underscores, base units and the suffixes
//! that both formats want. Deliberately absent: HTTP.

mod negotiation;
mod text;

use ghost_model::SpanKind;

use crate::span_flow::SpanFlow;
use crate::span_metrics::{Family, Series, SpanMetrics};
pub use negotiation::Exposition;
use text::{Kind, TextWriter, labels};

/// All that is shown.
#[derive(Clone, Copy, Debug)]
pub struct MetricsView<'a> {
    /// What spans said.
    pub metrics: &'a SpanMetrics,
    /// What became of them.
    pub flow: &'a SpanFlow,
    /// Semantic names and values that describe the service.
    pub target: &'a [(String, String)],
}

/// Writes metrics in the format.
pub fn write_exposition(view: &MetricsView<'_>, exposition: Exposition) -> String {
    let mut writer = TextWriter::new(exposition);
    for family in Family::ALL {
        write_family(&mut writer, family, &view.metrics.series(family));
    }
    write_spans(&mut writer, view.metrics);
    write_flow(&mut writer, view.flow);
    write_facts(&mut writer, view.target);
    writer.finish()
}

fn write_family(writer: &mut TextWriter, family: Family, series: &[&Series]) {
    if series.is_empty() {
        return;
    }
    let name = format!("{}_seconds", family.semantic_name().replace('.', "_"));
    writer.begin(&name, Kind::Histogram, "seconds", family.description());
    for series in series {
        write_histogram(writer, &name, family.bounds_s(), series);
    }
}

fn write_histogram(writer: &mut TextWriter, name: &str, bounds_s: &[f64], series: &Series) {
    let pairs = series.labels.iter().map(|(name, value)| (*name, value.as_str()));
    let labels = labels(pairs);
    let mut total = 0;
    let bounds = bounds_s.iter().map(|bound| format!("{bound:?}"));
    let bounds = bounds.chain(["+Inf".to_owned()]);
    for (bound, count) in bounds.zip(series.durations.counts()) {
        total += count;
        writer.sample(name, "_bucket", &labels, Some(("le", &bound)), &total.to_string());
    }
    let sum = format!("{:?}", series.durations.sum_s());
    writer.sample(name, "_sum", &labels, None, &sum);
    writer.sample(name, "_count", &labels, None, &total.to_string());
}

fn write_spans(writer: &mut TextWriter, metrics: &SpanMetrics) {
    writer.begin("ghost_spans", Kind::Counter, "", "Spans that were counted.");
    for kind in SpanKind::ALL {
        let labels = labels([("kind", kind.as_str())]);
        writer.sample("ghost_spans", "_total", &labels, None, &metrics.count(kind).to_string());
    }
    let name = "ghost_spans_overflowed";
    let help = "Spans that are counted under other labels, because there are too many series.";
    writer.begin(name, Kind::Counter, "", help);
    writer.sample(name, "_total", "", None, &metrics.overflowed().to_string());
}

fn write_flow(writer: &mut TextWriter, flow: &SpanFlow) {
    if !flow.exported.is_empty() {
        let name = "ghost_spans_exported";
        writer.begin(name, Kind::Counter, "", "Spans that an exporter sent or wrote.");
        for exported in &flow.exported {
            let labels = labels([("exporter", exported.exporter.as_str())]);
            writer.sample(name, "_total", &labels, None, &exported.count.to_string());
        }
    }
    if !flow.dropped.is_empty() {
        let name = "ghost_spans_dropped";
        writer.begin(name, Kind::Counter, "", "Spans that were dropped, and why.");
        for dropped in &flow.dropped {
            let exporter = dropped.exporter.as_deref().map(|exporter| ("exporter", exporter));
            let pairs = exporter.into_iter().chain([("reason", dropped.reason.as_str())]);
            let labels = labels(pairs);
            writer.sample(name, "_total", &labels, None, &dropped.count.to_string());
        }
    }
    let name = "ghost_processes";
    writer.begin(name, Kind::Counter, "", "Processes that spans came from.");
    writer.sample(name, "_total", "", None, &flow.process_count.to_string());
}

fn write_facts(writer: &mut TextWriter, target: &[(String, String)]) {
    writer.begin("ghost_build", Kind::Info, "", "Which Ghostglass this is.");
    let version = labels([("version", env!("CARGO_PKG_VERSION"))]);
    writer.sample("ghost_build", "_info", &version, None, "1");
    writer.begin("target", Kind::Info, "", "What is measured.");
    let target = target.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let labels = labels(target);
    writer.sample("target", "_info", &labels, None, "1");
}

#[cfg(test)]
mod tests;
