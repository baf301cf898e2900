//! One row per function, as tables have it: the columns that CSV and Parquet share, and their order.

use ghost_model::{Function, Labels, Profile};

use crate::distribution::Distribution;
use crate::json::{exception_counts, type_counts};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name.
    Text,
    /// A number that is always there.
    Count,
    /// A number that is missing where no call ended.
    Measure,
    /// Between 0 and 1.
    Share,
    /// Counts by name, a JSON object.
    Counts,
}

/// Names and kinds of the columns.
pub(crate) const COLUMNS: [(&str, Kind); 23] = [
    ("fn_key", Kind::Text),
    ("call_count", Kind::Count),
    ("exception_count", Kind::Count),
    ("exception_rate", Kind::Share),
    ("mean_latency_ns", Kind::Measure),
    ("min_latency_ns", Kind::Measure),
    ("max_latency_ns", Kind::Measure),
    ("arg_type_dist", Kind::Counts),
    ("ret_type_dist", Kind::Counts),
    ("module", Kind::Text),
    ("qualname", Kind::Text),
    ("line", Kind::Count),
    ("file", Kind::Text),
    ("kind", Kind::Text),
    ("p50_latency_ns", Kind::Measure),
    ("p90_latency_ns", Kind::Measure),
    ("p95_latency_ns", Kind::Measure),
    ("p99_latency_ns", Kind::Measure),
    ("total_ns", Kind::Count),
    ("self_ns", Kind::Count),
    ("running_ns", Kind::Count),
    ("exc_type_dist", Kind::Counts),
    ("call_count_se", Kind::Count),
];

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Of a [`Kind::Text`].
    Text(String),
    /// Of a [`Kind::Count`].
    Count(u64),
    /// Of a [`Kind::Measure`].
    Measure(Option<u64>),
    /// Of a [`Kind::Share`].
    Share(f64),
    /// Of a [`Kind::Counts`].
    Counts(Distribution),
}

/// The row of a function: one value for each of [`COLUMNS`].
pub(crate) fn row(labels: &Labels, function: &Function, profile: &Profile) -> [Value; 23] {
    let (calls, exceptions) = (profile.call_count(), profile.exception_count());
    let rate = if calls == 0 { 0.0 } else { exceptions as f64 / calls as f64 };
    let ended = |ns: u64| Value::Measure((profile.ended_count() > 0).then_some(ns));
    let quantile = |quantile| Value::Measure(profile.latency.quantile_ns(quantile));
    let signatures: Distribution =
        profile.args.iter().map(|(types, n)| (labels.signature(types), *n)).collect();
    let text = |text: &str| Value::Text(text.to_owned());
    let key = &function.key;
    [
        Value::Text(key.to_string()),
        Value::Count(calls),
        Value::Count(exceptions),
        Value::Share(rate),
        Value::Measure(profile.latency_ns_mean()),
        ended(profile.latency_ns_min),
        ended(profile.latency_ns_max),
        Value::Counts(signatures),
        Value::Counts(type_counts(labels, &profile.returns)),
        text(&key.module),
        text(&key.qualname),
        Value::Count(u64::from(key.line)),
        text(&function.file),
        text(function.kind.as_str()),
        quantile(0.50),
        quantile(0.90),
        quantile(0.95),
        quantile(0.99),
        Value::Count(profile.total_ns),
        Value::Count(profile.self_ns),
        Value::Count(profile.running_ns),
        Value::Counts(exception_counts(labels, &profile.exceptions)),
        Value::Count(profile.call_count_se),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn every_value_is_of_the_kind_of_its_column() {
        let sample = sample::session();
        let view = sample.view();
        let labels = view.labels();
        for (function, profile) in view.rows() {
            for ((name, kind), value) in COLUMNS.iter().zip(row(&labels, function, profile)) {
                let found = match value {
                    Value::Text(_) => Kind::Text,
                    Value::Count(_) => Kind::Count,
                    Value::Measure(_) => Kind::Measure,
                    Value::Share(_) => Kind::Share,
                    Value::Counts(_) => Kind::Counts,
                };
                assert_eq!(*kind, found, "{name}");
            }
        }
    }
}
