//! What metrics say of spans: how many there were and how long they took, per route, per operation of a
//! database, per host that was called, per function.
//!
//! One table for all processes: what an ended one has counted stays, so no counter ever decreases. The
//! number of series is bounded; spans of further ones are counted together under `other`.
//!
//! Deliberately absent: time and output formats; sampling, since every span is counted.

mod buckets;
mod family;
mod labels;

use std::collections::HashMap;

use ghost_model::{Span, SpanKind};

pub use buckets::DurationBuckets;
pub use family::Family;
pub(crate) use family::is_task;
use labels::LabelValues;
pub(crate) use labels::error_type;

/// Series are memory here and in every Prometheus that scrapes us. An application with more routes than
/// this has paths in its route templates.
pub const SERIES_MAX: usize = 1_000;

/// The value of every label of the series that stands for all that are too many.
pub const OTHER: &str = "other";

/// The spans of one combination of labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// What was measured.
    pub family: Family,
    /// Semantic names and values of its labels; those it has no value for are left out.
    pub labels: Vec<(&'static str, String)>,
    /// Whether it stands for all series that are too many.
    pub is_other: bool,
    /// How long its spans took.
    pub durations: DurationBuckets,
}

/// Spans by what they were about.
#[derive(Clone, Debug)]
pub struct SpanMetrics {
    start_unix_ns: u64,
    series_max: usize,
    series: HashMap<String, Series>,
    /// Kept, because a span is looked up far more often than a series is new.
    key: String,
    counts: [u64; SpanKind::ALL.len()],
    overflowed: u64,
}

impl SpanMetrics {
    /// Nothing counted yet. `start_unix_ns` is when counting began.
    pub fn new(start_unix_ns: u64, series_max: usize) -> Self {
        let (series, key) = (HashMap::new(), String::new());
        Self { start_unix_ns, series_max, series, key, counts: [0; _], overflowed: 0 }
    }

    /// Counts a span.
    pub fn add(&mut self, span: &Span) {
        if let Some(count) = self.counts.get_mut(span.kind as usize - 1) {
            *count += 1;
        }
        let Some(family) = Family::of(span) else { return };
        let values = LabelValues::of(family, span);
        values.write_key(family, &mut self.key);
        if !self.series.contains_key(self.key.as_str()) {
            self.make_room(family, &values);
        }
        if let Some(series) = self.series.get_mut(self.key.as_str()) {
            series.durations.add(family.bounds_s(), span.duration_ns);
        }
    }

    /// When counting began, nanoseconds since the Unix epoch.
    pub fn start_unix_ns(&self) -> u64 {
        self.start_unix_ns
    }

    /// Spans of a kind.
    pub fn count(&self, kind: SpanKind) -> u64 {
        self.counts.get(kind as usize - 1).copied().unwrap_or_default()
    }

    /// Spans that were counted under `other`, because there were too many series.
    pub fn overflowed(&self) -> u64 {
        self.overflowed
    }

    /// The series of a family, in the order of their labels.
    pub fn series(&self, family: Family) -> Vec<&Series> {
        let mut found: Vec<&Series> =
            self.series.values().filter(|series| series.family == family).collect();
        found.sort_by(|a, b| (a.is_other, &a.labels).cmp(&(b.is_other, &b.labels)));
        found
    }

    /// Adds the series of the present key, or makes the key that of `other`.
    fn make_room(&mut self, family: Family, values: &LabelValues<'_>) {
        let is_other = self.series.len() >= self.series_max;
        let labels = if is_other {
            self.overflowed += 1;
            family.write_key_of_other(&mut self.key);
            family.labels().iter().map(|label| (*label, OTHER.to_owned())).collect()
        } else {
            values.labels(family)
        };
        let durations = DurationBuckets::new(family.bounds_s().len());
        let new = Series { family, labels, is_other, durations };
        self.series.entry(self.key.clone()).or_insert(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::{Attribute, AttributeKey, AttributeValue};
    use proptest::prelude::*;

    fn request(route: &str, status: i64, duration_ns: u64) -> Span {
        let attributes = vec![
            (AttributeKey::Known(Attribute::Method), AttributeValue::Text("GET".into())),
            (AttributeKey::Known(Attribute::StatusCode), AttributeValue::Int(status)),
        ];
        let name = route.to_owned();
        Span { kind: SpanKind::Request, name, duration_ns, attributes, ..Span::default() }
    }

    #[test]
    fn equal_labels_are_one_series() {
        let mut metrics = SpanMetrics::new(1, 10);
        for (route, status) in [("/a", 200), ("/a", 200), ("/a", 500), ("/b", 200)] {
            metrics.add(&request(route, status, 1));
        }
        let series = metrics.series(Family::HttpServer);
        let counts: Vec<u64> = series.iter().map(|series| series.durations.count()).collect();
        assert_eq!(counts, [2, 1, 1]);
        assert_eq!(metrics.count(SpanKind::Request), 4);
    }

    #[test]
    fn too_many_series_are_counted_together() {
        let mut metrics = SpanMetrics::new(1, 3);
        for number in 0..100 {
            metrics.add(&request(&format!("/{number}"), 200, 1));
        }
        let series = metrics.series(Family::HttpServer);
        assert_eq!(series.len(), 4);
        assert!(series[3].is_other);
        assert_eq!(series[3].durations.count(), 97);
        assert_eq!(metrics.overflowed(), 97);
    }

    proptest! {
        #[test]
        fn no_span_is_lost_and_no_bound_exceeded(
            spans in prop::collection::vec((0..40_u8, 0..600_i64, any::<u64>()), 0..200),
            series_max in 0..20_usize,
        ) {
            let mut metrics = SpanMetrics::new(1, series_max);
            for (route, status, duration) in &spans {
                metrics.add(&request(&format!("/{route}"), *status, *duration));
            }
            let series = metrics.series(Family::HttpServer);
            prop_assert!(series.len() <= series_max + 1);
            let counted: u64 = series.iter().map(|series| series.durations.count()).sum();
            prop_assert_eq!(counted, spans.len() as u64);
        }
    }
}
