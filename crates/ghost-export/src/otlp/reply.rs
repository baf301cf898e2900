//! What a receiver answered: how much of a request it rejected.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Metrics.
    Metrics,
}

/// How many spans or points the receiver says it rejected. An answer that cannot be read rejects
/// nothing: its status said that the request was accepted.
pub fn rejected_count(signal: Signal, reply: &[u8]) -> u64 {
    let rejected = match signal {
        Signal::Traces => ExportTraceServiceResponse::decode(reply)
            .ok()
            .and_then(|reply| reply.partial_success)
            .map(|partial| partial.rejected_spans),
        Signal::Metrics => ExportMetricsServiceResponse::decode(reply)
            .ok()
            .and_then(|reply| reply.partial_success)
            .map(|partial| partial.rejected_data_points),
    };
    rejected.and_then(|count| u64::try_from(count).ok()).unwrap_or_default()
}
