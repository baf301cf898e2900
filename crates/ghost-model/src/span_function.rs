//! One activation of a function that was observed within a span: what joins calls to requests.

use crate::{FunctionId, SpanId};

/// A sampled activation and the span that was current when it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanFunction {
    /// The innermost span it ran in.
    pub span_id: SpanId,
    /// The function, by the number of the recording it came with.
    pub function: FunctionId,
    /// Its caller.
    pub caller: FunctionId,
    /// Start, nanoseconds since the Unix epoch.
    pub start_unix_ns: u64,
    /// Wall-clock duration.
    pub latency_ns: u64,
    /// Whether an exception left it.
    pub is_exception: bool,
}
