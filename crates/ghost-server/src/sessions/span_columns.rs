//! What requests, queries, flows and traces are sorted by.

use std::cmp::Ordering;

use ghost_analysis::spans::{QueryRow, RequestRow, TraceSummary};
use ghost_model::Durations;

use super::span_view::FlowRow;
use super::table::Column;

/// Of routes.
pub(crate) const REQUEST_COLUMNS: [Column<RequestRow>; 13] = [
    Column {
        name: "request_count",
        compare: |a, b| a.totals.request_count.cmp(&b.totals.request_count),
    },
    Column { name: "error_count", compare: |a, b| a.totals.error_count.cmp(&b.totals.error_count) },
    Column {
        name: "error_share",
        compare: |a, b| {
            let [a, b] = [a, b].map(|row| (row.totals.error_count, row.totals.request_count));
            shares(a, b)
        },
    },
    Column { name: "duration_ns_sum", compare: |a, b| sum(&a.totals.duration, &b.totals.duration) },
    Column {
        name: "duration_ns_mean",
        compare: |a, b| mean(&a.totals.duration, &b.totals.duration),
    },
    Column {
        name: "duration_ns_p50",
        compare: |a, b| quantile(&a.totals.duration, &b.totals.duration, 0.5),
    },
    Column {
        name: "duration_ns_p95",
        compare: |a, b| quantile(&a.totals.duration, &b.totals.duration, 0.95),
    },
    Column {
        name: "duration_ns_p99",
        compare: |a, b| quantile(&a.totals.duration, &b.totals.duration, 0.99),
    },
    Column {
        name: "duration_ns_max",
        compare: |a, b| a.totals.duration.ns_max.cmp(&b.totals.duration.ns_max),
    },
    Column { name: "query_ns", compare: |a, b| a.totals.query_ns.cmp(&b.totals.query_ns) },
    Column {
        name: "queries_per_request",
        compare: |a, b| a.queries_per_request().total_cmp(&b.queries_per_request()),
    },
    Column {
        name: "repeated_query_count_max",
        compare: |a, b| a.totals.repeated_query_count_max.cmp(&b.totals.repeated_query_count_max),
    },
    Column { name: "route", compare: |a, b| a.key.cmp(&b.key) },
];

/// Of statements.
pub(crate) const QUERY_COLUMNS: [Column<QueryRow>; 12] = [
    Column { name: "query_count", compare: |a, b| a.totals.query_count.cmp(&b.totals.query_count) },
    Column { name: "error_count", compare: |a, b| a.totals.error_count.cmp(&b.totals.error_count) },
    Column {
        name: "error_share",
        compare: |a, b| {
            let [a, b] = [a, b].map(|row| (row.totals.error_count, row.totals.query_count));
            shares(a, b)
        },
    },
    Column { name: "row_count", compare: |a, b| a.totals.row_count.cmp(&b.totals.row_count) },
    Column { name: "duration_ns_sum", compare: |a, b| sum(&a.totals.duration, &b.totals.duration) },
    Column {
        name: "duration_ns_mean",
        compare: |a, b| mean(&a.totals.duration, &b.totals.duration),
    },
    Column {
        name: "duration_ns_p50",
        compare: |a, b| quantile(&a.totals.duration, &b.totals.duration, 0.5),
    },
    Column {
        name: "duration_ns_p95",
        compare: |a, b| quantile(&a.totals.duration, &b.totals.duration, 0.95),
    },
    Column {
        name: "duration_ns_max",
        compare: |a, b| a.totals.duration.ns_max.cmp(&b.totals.duration.ns_max),
    },
    Column {
        name: "pool_wait_ns",
        compare: |a, b| a.totals.pool_wait_ns.cmp(&b.totals.pool_wait_ns),
    },
    Column {
        name: "repeated_count_max",
        compare: |a, b| a.repeated_count_max.cmp(&b.repeated_count_max),
    },
    Column { name: "statement", compare: |a, b| a.key.cmp(&b.key) },
];

/// Of hosts that were called.
pub(crate) const FLOW_COLUMNS: [Column<FlowRow>; 9] = [
    Column { name: "request_count", compare: |a, b| a.1.request_count.cmp(&b.1.request_count) },
    Column { name: "error_count", compare: |a, b| a.1.error_count.cmp(&b.1.error_count) },
    Column {
        name: "error_share",
        compare: |a, b| {
            let [a, b] = [a, b].map(|row| (row.1.error_count, row.1.request_count));
            shares(a, b)
        },
    },
    Column { name: "duration_ns_sum", compare: |a, b| sum(&a.1.duration, &b.1.duration) },
    Column { name: "duration_ns_mean", compare: |a, b| mean(&a.1.duration, &b.1.duration) },
    Column { name: "duration_ns_p50", compare: |a, b| quantile(&a.1.duration, &b.1.duration, 0.5) },
    Column {
        name: "duration_ns_p95",
        compare: |a, b| quantile(&a.1.duration, &b.1.duration, 0.95),
    },
    Column {
        name: "duration_ns_max",
        compare: |a, b| a.1.duration.ns_max.cmp(&b.1.duration.ns_max),
    },
    Column { name: "host", compare: |a, b| a.0.cmp(&b.0) },
];

/// Of traces.
pub(crate) const TRACE_COLUMNS: [Column<TraceSummary>; 4] = [
    Column { name: "start_unix_ns", compare: |a, b| a.start_unix_ns.cmp(&b.start_unix_ns) },
    Column { name: "duration_ns", compare: |a, b| a.duration_ns.cmp(&b.duration_ns) },
    Column { name: "span_count", compare: |a, b| a.span_count.cmp(&b.span_count) },
    Column { name: "name", compare: |a, b| a.name.cmp(&b.name) },
];

/// Shares as exact fractions; that of nothing is none.
fn shares(a: (u64, u64), b: (u64, u64)) -> Ordering {
    let product = |part: u64, whole: u64| u128::from(part) * u128::from(whole.max(1));
    product(a.0, b.1).cmp(&product(b.0, a.1))
}

fn sum(a: &Durations, b: &Durations) -> Ordering {
    a.ns_sum.cmp(&b.ns_sum)
}

fn mean(a: &Durations, b: &Durations) -> Ordering {
    a.mean_ns().cmp(&b.mean_ns())
}

fn quantile(a: &Durations, b: &Durations, quantile: f64) -> Ordering {
    a.quantile_ns(quantile).cmp(&b.quantile_ns(quantile))
}
