//! `with use_span(…)`: names the trace and the span that are current within a block.

use pyo3::prelude::*;

use super::context::{Labels, SpanContext, span_of, trace_of};
use super::{context_var, ids};
use ghost_model::SpanId;

/// Make a trace and a span current within a `with` block; what is not given stays as it is.
#[pyclass(name = "use_span", module = "ghostglass._native")]
#[derive(Debug)]
pub(crate) struct UseSpan {
    trace: Option<String>,
    span: Option<String>,
    entered: Vec<(Py<SpanContext>, Option<Py<SpanContext>>)>,
}

#[pymethods]
impl UseSpan {
    #[new]
    #[pyo3(signature = (trace_id=None, span_id=None))]
    fn new(trace_id: Option<String>, span_id: Option<String>) -> Self {
        Self { trace: trace_id, span: span_id, entered: Vec::new() }
    }

    fn __enter__(&mut self, py: Python<'_>) -> PyResult<()> {
        let previous = context_var::get(py);
        let context = Py::new(py, self.within(previous.as_ref().map(Bound::get)))?;
        context_var::set(py, Some(&context));
        self.entered.push((context, previous.map(Bound::unbind)));
        Ok(())
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&mut self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> bool {
        if let Some((context, previous)) = self.entered.pop() {
            context_var::put_back(py, &context, previous.as_ref());
        }
        false
    }
}

impl UseSpan {
    fn within(&self, current: Option<&SpanContext>) -> SpanContext {
        let mut context = current.cloned().unwrap_or_else(|| SpanContext {
            trace: ids::trace_id(),
            span: SpanId::NONE,
            parent: SpanId::NONE,
            kind: None,
            is_sampled: true,
            labels: None,
            tracestate: None,
            request: None,
        });
        context.kind = None;
        let mut labels = context.labels.take().map_or_else(Labels::default, |labels| *labels);
        if let Some(word) = &self.trace {
            (context.trace, labels.trace) = trace_of(word);
        }
        if let Some(word) = &self.span {
            context.parent = context.span;
            labels.parent = labels.span.take();
            (context.span, labels.span) = span_of(word);
        }
        context.labels = (labels != Labels::default()).then(|| Box::new(labels));
        context
    }
}
