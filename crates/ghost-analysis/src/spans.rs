//! What spans mean: routes with where their time goes, statements with who sends them, and one trace as a
//! tree of requests, functions and queries.
//!
//! Totals are exact; what single spans tell is of those that are kept. Pure: no database, no text for
//! people.

mod critical_path;
mod folding;
mod issuers;
mod requests;
mod statements;
mod traces;
mod tree;

pub use folding::fold;
pub use requests::{RequestRow, RouteFunction, requests};
pub use statements::{Issuer, QueryRow, queries};
pub use traces::{TraceError, TraceSummary, select, traces};
pub use tree::{Gap, Node, trees};

use ghost_model::{FunctionId, FunctionKind, Recording, Span, SpanFunction};

/// What is kept of a session's spans, with what was observed within them.
#[derive(Clone, Copy, Debug)]
pub struct KeptSpans<'a> {
    /// Spans, in any order.
    pub spans: &'a [Span],
    /// Sampled activations within them.
    pub functions: &'a [SpanFunction],
    /// Where the functions are named.
    pub recording: &'a Recording,
}

impl KeptSpans<'_> {
    /// `Cart.add:7`.
    fn function_name(&self, id: FunctionId) -> String {
        let function = self.recording.function(id);
        match function.kind {
            FunctionKind::Overflow => function.key.qualname.clone(),
            _ => format!("{}:{}", function.key.qualname, function.key.line),
        }
    }
}
