//! Which span is current: its ids, its trace, the request it belongs to.
//!
//! A program may call its traces and spans what it likes (`use_span(trace_id="import-7")`): such words
//! are kept beside an id made from them, because every receiver wants 128 and 64 bits.

use std::hash::{BuildHasher, BuildHasherDefault};
use std::sync::Arc;

use ghost_model::{Attribute, SpanId, SpanKind, TraceId};
use ghost_spans::encoding::SpanWriter;
use ghost_spans::trace_context::TraceParent;
use pyo3::prelude::*;
use rustc_hash::FxHasher;

use super::request_state::{Decision, RequestState};
use super::{context_var, ids};

/// The program's own spellings of ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Labels {
    pub(crate) trace: Option<String>,
    pub(crate) span: Option<String>,
    pub(crate) parent: Option<String>,
}

impl Labels {
    /// Writes what there is.
    pub(crate) fn write(&self, writer: &mut SpanWriter) {
        let labels = [
            (Attribute::TraceLabel, &self.trace),
            (Attribute::SpanLabel, &self.span),
            (Attribute::ParentLabel, &self.parent),
        ];
        for (key, label) in labels {
            if let Some(label) = label {
                writer.text(key, label);
            }
        }
    }
}

/// One span's place in its trace. Never changes.
#[pyclass(frozen, module = "ghostglass._native")]
#[derive(Clone, Debug)]
pub(crate) struct SpanContext {
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    pub(crate) parent: SpanId,
    /// What the span is about; `None` for one that was only named.
    pub(crate) kind: Option<SpanKind>,
    /// What the head of the trace decided, where there is no request here that decides.
    pub(crate) is_sampled: bool,
    pub(crate) labels: Option<Box<Labels>>,
    pub(crate) tracestate: Option<Arc<str>>,
    pub(crate) request: Option<Arc<RequestState>>,
}

impl SpanContext {
    /// The root of a new trace.
    pub(crate) fn root(kind: SpanKind) -> Self {
        Self {
            trace: ids::trace_id(),
            span: ids::span_id(),
            parent: SpanId::NONE,
            kind: Some(kind),
            is_sampled: true,
            labels: None,
            tracestate: None,
            request: None,
        }
    }

    /// A span within this one.
    pub(crate) fn child(&self, kind: SpanKind) -> Self {
        let labels = self.labels.as_ref().map(|labels| {
            let parent = labels.span.clone();
            Box::new(Labels { trace: labels.trace.clone(), span: None, parent })
        });
        Self {
            trace: self.trace,
            span: ids::span_id(),
            parent: self.span,
            kind: Some(kind),
            is_sampled: self.is_sampled,
            labels,
            tracestate: self.tracestate.clone(),
            request: self.request.clone(),
        }
    }

    /// Whether the trace is kept, as far as it is decided.
    pub(crate) fn decision(&self) -> Decision {
        match &self.request {
            Some(request) => request.decision(),
            None if self.is_sampled => Decision::Keep,
            None => Decision::Drop,
        }
    }

    /// What tells another service of this span.
    pub(crate) fn header(&self, is_sampled: bool) -> String {
        TraceParent { trace_id: self.trace, span_id: self.span, is_sampled }.to_string()
    }

    pub(crate) fn trace_text(&self) -> String {
        let label = self.labels.as_ref().and_then(|labels| labels.trace.clone());
        label.unwrap_or_else(|| self.trace.to_string())
    }

    pub(crate) fn span_text(&self) -> Option<String> {
        let label = self.labels.as_ref().and_then(|labels| labels.span.clone());
        label.or_else(|| self.span.is_some().then(|| self.span.to_string()))
    }
}

#[pymethods]
impl SpanContext {
    /// The trace id: 32 hexadecimal digits, or what the program calls it.
    #[getter]
    fn trace_id(&self) -> String {
        self.trace_text()
    }

    /// The span id: 16 hexadecimal digits, or what the program calls it; `None` in a trace without a span.
    #[getter]
    fn span_id(&self) -> Option<String> {
        self.span_text()
    }

    /// The id of the span it happened in.
    #[getter]
    fn parent_span_id(&self) -> Option<String> {
        let label = self.labels.as_ref().and_then(|labels| labels.parent.clone());
        label.or_else(|| self.parent.is_some().then(|| self.parent.to_string()))
    }

    /// Whether the trace is kept, as far as it is decided; what is undecided is told to others as kept.
    #[getter]
    fn is_sampled(&self) -> bool {
        self.decision() != Decision::Drop
    }

    /// The `tracestate` that came with the request.
    #[getter]
    fn tracestate(&self) -> Option<&str> {
        self.tracestate.as_deref()
    }

    /// What tells another service of this span (W3C Trace Context).
    #[getter]
    fn traceparent(&self) -> String {
        self.header(self.is_sampled())
    }

    fn __repr__(&self) -> String {
        let span = self.span_text().unwrap_or_default();
        format!("<SpanContext trace_id={} span_id={span}>", self.trace_text())
    }
}

/// The id that stands for a word of the program.
pub(crate) fn trace_of(word: &str) -> (TraceId, Option<String>) {
    let made = || TraceId(u128::from(hash(word, 2)) << 64 | u128::from(hash(word, 1)));
    TraceId::parse(word).map_or_else(|| (made(), Some(word.to_owned())), |id| (id, None))
}

/// The id that stands for a word of the program.
pub(crate) fn span_of(word: &str) -> (SpanId, Option<String>) {
    let made = || SpanId(hash(word, 3));
    SpanId::parse(word).map_or_else(|| (made(), Some(word.to_owned())), |id| (id, None))
}

/// The same in every process, never zero: spans of several processes meet under one word.
fn hash(word: &str, salt: u8) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one((salt, word)) | 1
}

/// The current span, if there is one.
#[pyfunction]
pub(crate) fn current_span(py: Python<'_>) -> Option<Bound<'_, SpanContext>> {
    context_var::get(py)
}

/// The current trace id, if there is one.
#[pyfunction]
pub(crate) fn get_trace_id(py: Python<'_>) -> Option<String> {
    context_var::get(py).map(|context| context.get().trace_text())
}

/// The current span id, if there is one.
#[pyfunction]
pub(crate) fn get_span_id(py: Python<'_>) -> Option<String> {
    context_var::get(py).and_then(|context| context.get().span_text())
}

/// A new span id: 16 hexadecimal digits.
#[pyfunction]
pub(crate) fn span_id() -> String {
    ids::span_id().to_string()
}

/// A new trace id: 32 hexadecimal digits.
#[pyfunction]
pub(crate) fn trace_id() -> String {
    ids::trace_id().to_string()
}
