//! Which traces there are, and the one somebody means by an id, the start of one, `latest` or `slowest`.

use std::collections::BTreeMap;

use ghost_model::{Attribute, Span, SpanKind, TraceId};

/// Candidates that are named where an id is ambiguous.
const CANDIDATES_MAX: usize = 5;

/// One trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceSummary {
    /// Its id.
    pub trace_id: TraceId,
    /// What the program calls it, where that is no id.
    pub label: Option<String>,
    /// `GET /users/{id}`, or whatever its first span is called.
    pub name: String,
    /// Start of its first request or other outermost span, nanoseconds since the Unix epoch.
    pub start_unix_ns: u64,
    /// Duration of that.
    pub duration_ns: u64,
    /// Whether that is a request.
    pub is_request: bool,
    /// Whether that failed.
    pub is_error: bool,
    /// Spans it has.
    pub span_count: u64,
}

/// Why no trace is meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// There are none.
    #[error("no trace is kept")]
    NoTraces,
    /// None has such an id.
    #[error("no kept trace has an id that begins with `{wanted}`")]
    Unknown {
        /// What was asked for.
        wanted: String,
    },
    /// Several have.
    #[error("{count} traces have an id that begins with `{wanted}`")]
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// How many.
        count: usize,
        /// Some of them, newest first.
        candidates: Vec<TraceSummary>,
    },
}

/// The traces of these spans, oldest first. Spans outside any trace are in none.
pub fn traces(spans: &[Span]) -> Vec<TraceSummary> {
    let mut by_trace: BTreeMap<TraceId, Vec<&Span>> = BTreeMap::new();
    for span in spans.iter().filter(|span| span.trace_id != TraceId::NONE) {
        by_trace.entry(span.trace_id).or_default().push(span);
    }
    let mut traces: Vec<TraceSummary> =
        by_trace.into_iter().filter_map(|(id, spans)| summary(id, &spans)).collect();
    traces.sort_by_key(|trace| (trace.start_unix_ns, trace.trace_id));
    traces
}

fn summary(trace_id: TraceId, spans: &[&Span]) -> Option<TraceSummary> {
    let is_request = |span: &Span| span.kind == SpanKind::Request;
    // The outermost: a request before anything else, the earliest of them, the longest of those.
    let first = spans.iter().min_by_key(|span| {
        (!is_request(span), span.start_unix_ns, std::cmp::Reverse(span.duration_ns))
    })?;
    let method = first.text(Attribute::Method).filter(|_| is_request(first));
    let name = method.map_or_else(|| first.name.clone(), |m| format!("{m} {}", first.name));
    Some(TraceSummary {
        trace_id,
        label: first.text(Attribute::TraceLabel).map(str::to_owned),
        name,
        start_unix_ns: first.start_unix_ns,
        duration_ns: first.duration_ns,
        is_request: is_request(first),
        is_error: first.is_error,
        span_count: spans.len() as u64,
    })
}

/// The trace that `wanted` means. `latest` and `slowest` mean requests where there are any.
pub fn select<'a>(
    traces: &'a [TraceSummary],
    wanted: &str,
) -> Result<&'a TraceSummary, TraceError> {
    let has_requests = traces.iter().any(|trace| trace.is_request);
    let eligible = || traces.iter().filter(move |trace| trace.is_request == has_requests);
    let found = match wanted {
        "latest" => eligible().max_by_key(|trace| trace.start_unix_ns),
        "slowest" => eligible().max_by_key(|trace| trace.duration_ns),
        _ => return by_id(traces, wanted),
    };
    found.ok_or(TraceError::NoTraces)
}

fn by_id<'a>(traces: &'a [TraceSummary], wanted: &str) -> Result<&'a TraceSummary, TraceError> {
    if traces.is_empty() {
        return Err(TraceError::NoTraces);
    }
    let prefix = wanted.to_ascii_lowercase();
    let begins = |trace: &&TraceSummary| {
        trace.label.as_deref() == Some(wanted) || trace.trace_id.to_string().starts_with(&prefix)
    };
    let found: Vec<&TraceSummary> = traces.iter().filter(begins).collect();
    match found.as_slice() {
        [] => Err(TraceError::Unknown { wanted: wanted.to_owned() }),
        [trace] => Ok(trace),
        several => Err(TraceError::Ambiguous {
            wanted: wanted.to_owned(),
            count: several.len(),
            candidates: several.iter().rev().take(CANDIDATES_MAX).map(|it| (*it).clone()).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::{AttributeKey, AttributeValue};

    fn span(trace: u128, kind: SpanKind, start_unix_ns: u64, duration_ns: u64) -> Span {
        let method = AttributeKey::Known(Attribute::Method);
        Span {
            kind,
            trace_id: TraceId(trace << 120 | 1),
            start_unix_ns,
            duration_ns,
            name: "/a".into(),
            attributes: vec![(method, AttributeValue::Text("GET".into()))],
            ..Span::default()
        }
    }

    fn sample() -> Vec<TraceSummary> {
        traces(&[
            span(0x4b, SpanKind::Query, 5, 1),
            span(0x4b, SpanKind::Request, 7, 30),
            span(0x4f, SpanKind::Request, 9, 20),
            span(0xa0, SpanKind::Query, 50, 90),
            Span { trace_id: TraceId::NONE, ..span(0, SpanKind::Event, 99, 1) },
        ])
    }

    #[test]
    fn latest_and_slowest_are_requests() {
        let traces = sample();
        let starts: Vec<u64> = traces.iter().map(|trace| trace.start_unix_ns).collect();
        assert_eq!(starts, [7, 9, 50]);
        assert_eq!(select(&traces, "latest").unwrap().start_unix_ns, 9);
        let slowest = select(&traces, "slowest").unwrap();
        assert_eq!((slowest.span_count, &*slowest.name), (2, "GET /a"));
    }

    #[test]
    fn without_requests_anything_can_be_the_latest() {
        let traces = traces(&[span(1, SpanKind::Query, 50, 90)]);
        assert_eq!(select(&traces, "latest").unwrap().start_unix_ns, 50);
        assert_eq!(select(&[], "latest"), Err(TraceError::NoTraces));
    }

    #[test]
    fn the_start_of_an_id_is_enough_unless_several_begin_with_it() {
        let traces = sample();
        assert_eq!(select(&traces, "4F").unwrap().start_unix_ns, 9);
        assert!(matches!(select(&traces, "77"), Err(TraceError::Unknown { .. })));
        let ambiguous = select(&traces, "4").unwrap_err();
        let TraceError::Ambiguous { count: 2, candidates, .. } = ambiguous else { panic!() };
        assert_eq!(candidates[0].start_unix_ns, 9);
    }

    #[test]
    fn a_trace_is_also_found_by_what_the_program_calls_it() {
        let mut named = span(3, SpanKind::Event, 1, 1);
        let label = AttributeKey::Known(Attribute::TraceLabel);
        named.attributes.push((label, AttributeValue::Text("import-7".into())));
        assert!(select(&traces(&[named]), "import-7").is_ok());
    }
}
