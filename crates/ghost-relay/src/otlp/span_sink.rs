//! Spans as requests of OTLP, each small enough for the receiver.

use std::sync::Arc;
use std::time::Instant;

use ghost_export::otlp::{Origin, Service, Signal, SpansOfOrigin, rejected_count, trace_request};
use ghost_model::{Process, Span, SpanLoss};
use prost::Message;

use super::origin;
use crate::account::Envelope;
use crate::sink::{Attempt, Packed, Sink};
use crate::transport::{Reply, Transport};

/// What receivers take by default: gRPC refuses messages over four mebibytes.
const REQUEST_BYTES_MAX: usize = 4 << 20;

/// A receiver of spans.
pub(crate) struct OtlpSpanSink {
    transport: Box<dyn Transport>,
    service: Service,
    salt: u64,
}

impl OtlpSpanSink {
    pub(crate) fn new(transport: Box<dyn Transport>, service: Service, salt: u64) -> Self {
        Self { transport, service, salt }
    }

    fn encode(&self, spans: &[Arc<Envelope>]) -> Vec<u8> {
        let groups = by_process(spans);
        let origins: Vec<Origin> =
            groups.iter().map(|(process, _)| origin(self.salt, process)).collect();
        let parts = groups.into_iter().zip(&origins);
        let parts: Vec<SpansOfOrigin<'_>> =
            parts.map(|((_, spans), origin)| SpansOfOrigin { origin, spans }).collect();
        trace_request(&self.service, &parts).encode_to_vec()
    }
}

impl Sink for OtlpSpanSink {
    fn pack(&mut self, spans: &[Arc<Envelope>]) -> Packed {
        let mut span_count = spans.len();
        loop {
            let bytes = self.encode(spans.get(..span_count).unwrap_or(spans));
            if bytes.len() <= REQUEST_BYTES_MAX {
                return Packed::Parcel { bytes, span_count };
            }
            if span_count <= 1 {
                return Packed::TooLarge;
            }
            span_count /= 2;
        }
    }

    fn send(&mut self, parcel: &[u8], until: Option<Instant>) -> Attempt {
        match self.transport.post(parcel, until) {
            Reply::Accepted(reply) => {
                let lost = rejected_count(Signal::Traces, &reply);
                Attempt::Taken { lost, why: SpanLoss::Rejected }
            }
            Reply::Again { after, problem } => Attempt::Again { after, problem },
            Reply::Refused(problem) => Attempt::Refused(problem),
        }
    }
}

/// Spans of one process share its description. There are few processes in a batch.
fn by_process(spans: &[Arc<Envelope>]) -> Vec<(&Process, Vec<&Span>)> {
    let mut groups: Vec<(&Process, Vec<&Span>)> = Vec::new();
    for envelope in spans {
        let process = envelope.process.as_ref();
        let is_same = |known: &Process| {
            (known.pid, known.start_unix_ns) == (process.pid, process.start_unix_ns)
        };
        match groups.iter_mut().find(|(known, _)| is_same(known)) {
            Some((_, group)) => group.push(&envelope.span),
            None => groups.push((process, vec![&envelope.span])),
        }
    }
    groups
}
