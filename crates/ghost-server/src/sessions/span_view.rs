//! What was recorded of requests, queries, flows and traces, as rows.
//!
//! Totals are of all spans, what single spans tell is of those that are kept; which is which stands with
//! the rows of `ghost_analysis::spans`.

use ghost_analysis::spans::{
    KeptSpans, QueryRow, RequestRow, TraceSummary, queries, requests, traces,
};
use ghost_model::{FlowKey, FlowTotals, Recording, Span, SpanCounts, SpanFunction};
use ghost_store::{LiveState, SessionReader, StoreError};

use super::span_columns::{FLOW_COLUMNS, QUERY_COLUMNS, REQUEST_COLUMNS, TRACE_COLUMNS};
use super::table::Table;

/// Requests sent to one host.
pub(crate) type FlowRow = (FlowKey, FlowTotals);

/// The spans of a session.
pub(crate) struct SpanView {
    /// How many there were, and what became of them.
    pub(crate) counts: SpanCounts,
    /// Those that are kept, by their start.
    pub(crate) spans: Vec<Span>,
    /// Sampled activations within them.
    pub(crate) functions: Vec<SpanFunction>,
    /// Where these functions are named, if not in the recording of the view.
    recording: Option<Recording>,
    pub(crate) requests: Table<RequestRow>,
    pub(crate) queries: Table<QueryRow>,
    pub(crate) flows: Table<FlowRow>,
    pub(crate) traces: Table<TraceSummary>,
}

impl SpanView {
    /// Reads the spans of a session.
    pub(crate) fn read(reader: &SessionReader, live: &LiveState) -> Result<Self, StoreError> {
        let (mut spans, functions) = (reader.spans()?, reader.span_functions()?);
        spans.sort_by_key(|span| (span.start_unix_ns, span.span_id));
        // While processes count, functions have other numbers in the file than in what was read of them.
        let is_named_alike = live.is_final || functions.is_empty();
        let recording = if is_named_alike { None } else { Some(reader.recording()?) };
        let named = recording.as_ref().unwrap_or(&live.recording);
        let kept = KeptSpans { spans: &spans, functions: &functions, recording: named };
        let routes = reader.routes()?;
        let queries = queries(reader.statements()?, &routes, &spans);
        let mut flows = reader.flows()?;
        flows.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Self {
            requests: request_table(requests(routes, &kept)),
            queries: query_table(queries),
            flows: Table::new(flows, &FLOW_COLUMNS, |(key, _), text| {
                text.extend([key.method.as_str(), " ", &key.host, ":", &key.port.to_string()]);
            }),
            traces: trace_table(traces(&spans)),
            counts: reader.span_counts()?,
            spans,
            functions,
            recording,
        })
    }

    /// Where the functions within spans are named.
    pub(crate) fn recording<'a>(&'a self, live: &'a LiveState) -> &'a Recording {
        self.recording.as_ref().unwrap_or(&live.recording)
    }

    /// Whether every request is among the kept spans, so that what they tell is all there was.
    pub(crate) fn is_complete(&self) -> bool {
        let counts = &self.counts;
        counts.unsampled_count == 0 && counts.trimmed_count() == 0 && counts.lost_count() == 0
    }
}

fn request_table(mut rows: Vec<RequestRow>) -> Table<RequestRow> {
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    Table::new(rows, &REQUEST_COLUMNS, |row, text| {
        text.extend([row.label().as_str(), "\n", &row.key.framework]);
    })
}

fn query_table(mut rows: Vec<QueryRow>) -> Table<QueryRow> {
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    Table::new(rows, &QUERY_COLUMNS, |row, text| {
        let key = &row.key;
        for part in [&key.statement, &key.system, &key.operation, &key.collection] {
            text.push_str(part);
            text.push('\n');
        }
        for issuer in &row.issuers {
            text.push_str(&issuer.route);
            text.push('\n');
        }
    })
}

fn trace_table(mut rows: Vec<TraceSummary>) -> Table<TraceSummary> {
    rows.sort_by_key(|row| row.trace_id);
    Table::new(rows, &TRACE_COLUMNS, |row, text| {
        let label = row.label.as_deref().unwrap_or_default();
        text.extend([row.name.as_str(), "\n", &row.trace_id.to_string(), "\n", label]);
    })
}
