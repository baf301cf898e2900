//! One sampled activation: when a function ran, with which types, and how it ended.

use crate::{FunctionId, Signature, SpanId, TypeId};

/// How an activation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned a value of this type.
    Returned(TypeId),
    /// An exception of this type left it.
    Raised(TypeId),
}

/// An ended activation, kept as an example. Ids are those of the recording it came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// Position in the process's stream of sampled activations; strictly increasing.
    pub sequence: u64,
    /// The function.
    pub function: FunctionId,
    /// Its caller.
    pub caller: FunctionId,
    /// Types of its parameters.
    pub args: Signature,
    /// How it ended.
    pub outcome: Outcome,
    /// Start, nanoseconds since the Unix epoch.
    pub start_unix_ns: u64,
    /// Wall-clock duration.
    pub latency_ns: u64,
    /// The span that was current when it began; [`SpanId::NONE`] where none was, or nobody knows.
    pub span_id: SpanId,
}
