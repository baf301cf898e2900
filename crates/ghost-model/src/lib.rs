//! The vocabulary of Ghostglass: every noun that more than one crate uses, defined once.
//!
//! Nothing here reads files, speaks SQL, knows Python or can be serialised: the crates that do
//! convert at their own edge. What each number means is defined in `docs/semantics.md`; how names and
//! numbers are written for people is decided here, so that every program of ours writes them alike.
#![forbid(unsafe_code)]

mod activation;
mod call_tree;
mod function;
mod glob;
mod histogram;
mod labels;
mod number;
mod process;
mod profile;
mod reading;
mod recording;
mod session;
mod span;
mod span_counts;
mod span_function;
mod span_totals;
mod type_name;

pub use activation::{Activation, Outcome};
pub use call_tree::{CallTree, CallTreeNode};
pub use function::{Function, FunctionId, FunctionKey, FunctionKind};
pub use glob::glob_matches;
pub use histogram::{BUCKETS_PER_OCTAVE, Histogram, bucket_index, bucket_upper_ns};
pub use labels::Labels;
pub use number::{counted, duration, percentage, size, thousands};
pub use process::{Counter, Process, ProcessState};
pub use profile::{ExceptionCount, Profile};
pub use reading::{human_duration, is_invisible, visible};
pub use recording::Recording;
pub use session::{Session, SessionId, SessionIdError, SessionKind, SessionState};
pub use span::{
    Attribute, AttributeKey, AttributeValue, Span, SpanId, SpanKind, SpanLoss, TraceId,
};
pub use span_counts::SpanCounts;
pub use span_function::SpanFunction;
pub use span_totals::{
    BEYOND, Durations, FlowKey, FlowTotals, RouteKey, RouteTotals, StatementKey, StatementTotals,
    StatusClass,
};
pub use type_name::{Signature, TypeId, TypeName, type_label};
