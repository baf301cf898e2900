//! Spans of another tracer: where one is active, ours are its children and no rival trace begins.

use ghost_model::{SpanId, TraceId};
use ghost_spans::trace_context::TraceParent;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Answers `(trace_id, span_id, is_sampled)` of the active span, or `None`.
static HOOK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Ask `hook()` for the active span of another tracer: `(trace_id, span_id, is_sampled)` or `None`.
#[pyfunction]
pub(crate) fn set_foreign_context(py: Python<'_>, hook: Py<PyAny>) {
    // Only the first tracer is asked: there is one in a process.
    let _ = HOOK.set(py, hook);
}

/// The active span of another tracer, if there is one.
pub(crate) fn parent(py: Python<'_>) -> Option<TraceParent> {
    let answer = HOOK.get(py)?.call0(py).ok()?;
    let (trace, span, is_sampled): (u128, u64, bool) = answer.extract(py).ok()?;
    let valid = trace != 0 && span != 0;
    valid.then_some(TraceParent { trace_id: TraceId(trace), span_id: SpanId(span), is_sampled })
}
