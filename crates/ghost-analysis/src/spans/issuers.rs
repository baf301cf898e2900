//! Which request a span belongs to: the nearest one around it among the kept spans.

use std::collections::HashMap;

use ghost_model::{RouteKey, Span, SpanId, SpanKind};

/// Spans between a query and its request: beyond this the parents go in a circle.
const STEPS_MAX: usize = 200;

/// The kept requests, by any span within them.
#[derive(Debug)]
pub(super) struct Requests<'a> {
    spans: HashMap<SpanId, &'a Span>,
}

impl<'a> Requests<'a> {
    pub(super) fn new(spans: &'a [Span]) -> Self {
        Self { spans: spans.iter().map(|span| (span.span_id, span)).collect() }
    }

    /// The request around a span.
    pub(super) fn around(&self, span: &Span) -> Option<&'a Span> {
        let mut parent = span.parent_span_id;
        for _ in 0..STEPS_MAX {
            let found = *self.spans.get(&parent)?;
            if found.kind == SpanKind::Request {
                return Some(found);
            }
            parent = found.parent_span_id;
        }
        None
    }
}

/// `GET /users/{id}`.
pub(super) fn label(key: &RouteKey) -> String {
    if key.method.is_empty() { key.route.clone() } else { format!("{} {}", key.method, key.route) }
}
