//! A span that has begun: current until it ends, and written when it does.

use std::borrow::Cow;
use std::sync::Arc;

use ghost_model::{Attribute, AttributeKey, AttributeValue, SpanKind};
use ghost_spans::encoding::{Head, SpanWriter};
use ghost_spans::sampling::Ended;
use ghost_spans::trace_context::TraceParent;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::context::SpanContext;
use super::emitter::{Emitter, known};
use super::request_state::{Decision, RequestState};
use super::sampler::Sampler;
use super::statement::Statement;
use super::{attribute_value, context_var, wall_clock};

/// What a span begins with, besides its context.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) name: Cow<'static, str>,
    pub(crate) statement: Option<Statement>,
    pub(crate) sampler: Option<Py<Sampler>>,
    /// The span of another service or tracer it is a part of.
    pub(crate) parent: Option<TraceParent>,
}

impl Opening {
    pub(crate) fn named(name: String) -> Self {
        Self { name: name.into(), statement: None, sampler: None, parent: None }
    }
}

/// A span that has begun.
#[pyclass(module = "ghostglass._native")]
#[derive(Debug)]
pub(crate) struct ActiveSpan {
    kind: SpanKind,
    context: Py<SpanContext>,
    previous: Option<Py<SpanContext>>,
    is_aside: bool,
    emitter: Py<Emitter>,
    more_emitters: Vec<Py<Emitter>>,
    opening: Opening,
    begin_ns: u64,
    clock: Stopwatch,
    status: Option<i64>,
    bytes_in: Option<u64>,
    bytes_out: Option<u64>,
    exception: Option<String>,
    method: Option<&'static str>,
    framework: Option<Arc<str>>,
    attributes: Vec<(AttributeKey, AttributeValue)>,
    is_over: bool,
}

#[pymethods]
impl ActiveSpan {
    /// Route template, function or host. Never a path or a value.
    #[getter]
    fn name(&self) -> &str {
        &self.opening.name
    }

    #[setter]
    fn set_name(&mut self, name: &Bound<'_, PyString>) {
        self.rename(name.to_string_lossy().into_owned().into());
    }

    /// HTTP status.
    #[getter]
    fn status(&self) -> Option<i64> {
        self.status
    }

    #[setter]
    pub(crate) fn set_status(&mut self, status: Option<i64>) {
        self.status = status;
    }

    /// Count bytes of the body that came in.
    pub(crate) fn add_bytes_in(&mut self, count: u64) {
        self.bytes_in = Some(self.bytes_in.unwrap_or(0).saturating_add(count));
    }

    /// Count bytes of the body that went out.
    pub(crate) fn add_bytes_out(&mut self, count: u64) {
        self.bytes_out = Some(self.bytes_out.unwrap_or(0).saturating_add(count));
    }

    /// Add an attribute: a number, text, true or false.
    fn set(&mut self, key: &str, value: &Bound<'_, PyAny>) {
        if let Some(value) = attribute_value::value(value) {
            self.put(attribute_value::key(key), value);
        }
    }

    /// Note an exception that does not leave the span: one that became an answer. Only its type is kept.
    fn note_exception(&mut self, exception: &Bound<'_, PyAny>) {
        self.exception = attribute_value::exception_name(exception).or(self.exception.take());
    }

    /// Hand the same span to one more emitter.
    fn add_emitter(&mut self, emitter: &Bound<'_, Emitter>) {
        let listed = |known: &Py<Emitter>| known.as_ptr() == emitter.as_ptr();
        if !listed(&self.emitter) && !self.more_emitters.iter().any(listed) {
            self.more_emitters.push(emitter.clone().unbind());
        }
    }

    /// Make the span before it current again, though this one goes on.
    pub(crate) fn detach(&self, py: Python<'_>) {
        if self.is_aside {
            return;
        }
        context_var::put_back(py, &self.context, self.previous.as_ref());
    }

    /// Make it current here too: in another task or thread, or when a generator goes on. What is
    /// current here is again after the next `detach`.
    fn attach(&mut self, py: Python<'_>) {
        let current = context_var::get(py).map(Bound::unbind);
        if current.as_ref().is_none_or(|current| current.as_ptr() != self.context.as_ptr()) {
            self.previous = current;
            context_var::set(py, Some(&self.context));
        }
    }

    /// Stop its clock until `resume` or the end, and make the span before it current again: rows of a
    /// query are fetched later. A query counts from here on.
    fn pause(&mut self, py: Python<'_>) {
        if self.is_over {
            return;
        }
        self.clock.stop();
        self.detach(py);
        self.note_query();
    }

    /// Let its clock go on.
    fn resume(&mut self) {
        self.clock.start();
    }

    /// End the span and hand it over. Of the exception only the type is kept.
    #[pyo3(signature = (exception=None))]
    pub(crate) fn end(&mut self, py: Python<'_>, exception: Option<&Bound<'_, PyAny>>) {
        if !self.is_over {
            self.detach(py);
            self.end_here(py, exception);
        }
    }

    /// What tells another service of this span (W3C Trace Context).
    #[getter]
    fn traceparent(&self) -> String {
        let context = self.context.get();
        context.header(context.decision() != Decision::Drop)
    }

    /// The `tracestate` that came with the request.
    #[getter]
    fn tracestate(&self) -> Option<String> {
        self.context.get().tracestate.as_deref().map(str::to_owned)
    }

    /// The trace it belongs to.
    #[getter]
    fn trace_id(&self) -> String {
        self.context.get().trace_text()
    }

    /// Its own id.
    #[getter]
    fn span_id(&self) -> Option<String> {
        self.context.get().span_text()
    }

    /// Its context, which other tasks and threads may make current.
    #[getter]
    fn context(&self, py: Python<'_>) -> Py<SpanContext> {
        self.context.clone_ref(py)
    }

    /// Whether its trace is kept, as far as it is decided.
    #[getter]
    fn is_sampled(&self) -> bool {
        self.context.get().decision() != Decision::Drop
    }
}

impl ActiveSpan {
    /// Begins a span and makes it current.
    pub(crate) fn begin(
        emitter: &Bound<'_, Emitter>,
        context: SpanContext,
        opening: Opening,
    ) -> PyResult<Self> {
        let py = emitter.py();
        let previous = context_var::get(py).map(Bound::unbind);
        let mut span = Self::begin_aside(emitter, context, opening)?;
        context_var::set(py, Some(&span.context));
        (span.previous, span.is_aside) = (previous, false);
        Ok(span)
    }

    /// Begins a span that does not become current: nothing of ours can happen within it.
    pub(crate) fn begin_aside(
        emitter: &Bound<'_, Emitter>,
        context: SpanContext,
        opening: Opening,
    ) -> PyResult<Self> {
        let kind = context.kind.unwrap_or_default();
        let context = Py::new(emitter.py(), context)?;
        let begin_ns = wall_clock::monotonic_ns();
        Ok(Self {
            kind,
            context,
            previous: None,
            is_aside: true,
            emitter: emitter.clone().unbind(),
            more_emitters: Vec::new(),
            opening,
            begin_ns,
            clock: Stopwatch { since_ns: Some(begin_ns), ..Stopwatch::default() },
            status: None,
            bytes_in: None,
            bytes_out: None,
            exception: None,
            method: None,
            framework: None,
            attributes: Vec::new(),
            is_over: false,
        })
    }

    /// As [`Self::end`], but it stays current: for what runs after the response and belongs to it.
    /// Returns when it ended, on the monotonic clock.
    pub(crate) fn end_here(&mut self, py: Python<'_>, exception: Option<&Bound<'_, PyAny>>) -> u64 {
        self.clock.stop();
        let duration_ns = self.clock.total_ns;
        let end_ns = self.begin_ns.saturating_add(duration_ns);
        if std::mem::replace(&mut self.is_over, true) {
            return end_ns;
        }
        let left = exception.and_then(attribute_value::exception_name);
        let is_error = left.is_some() || self.status.is_some_and(|status| status >= 500);
        self.exception = left.or(self.exception.take());
        self.finish(py, duration_ns, is_error);
        end_ns
    }

    /// Calls it by its route.
    pub(crate) fn rename(&mut self, name: Cow<'static, str>) {
        self.opening.name = name;
    }

    /// How it was asked for.
    pub(crate) fn note_method(&mut self, method: &'static str) {
        self.method = Some(method);
    }

    /// Who answers.
    pub(crate) fn note_framework(&mut self, framework: Arc<str>) {
        self.framework = Some(framework);
    }

    /// As [`Self::note_exception`], with the type's name.
    pub(crate) fn note_exception_name(&mut self, name: String) {
        self.exception = Some(name);
    }

    pub(crate) fn add_text(&mut self, key: Attribute, text: Option<&str>) {
        if let Some(text) = text {
            self.attributes.push((known(key), AttributeValue::Text(text.to_owned())));
        }
    }

    pub(crate) fn add_int(&mut self, key: Attribute, number: Option<i64>) {
        if let Some(number) = number {
            self.attributes.push((known(key), AttributeValue::Int(number)));
        }
    }

    /// Sets an attribute, in the place of an earlier value.
    pub(crate) fn put(&mut self, key: AttributeKey, value: AttributeValue) {
        match self.attributes.iter_mut().find(|(known, _)| *known == key) {
            Some((_, before)) => *before = value,
            None => self.attributes.push((key, value)),
        }
    }

    fn name_or_statement(&self) -> &str {
        match &self.opening.statement {
            Some(statement) => statement.text(),
            None => &self.opening.name,
        }
    }

    /// Tells the request of a query, once, and of the time it took since it was told last.
    fn note_query(&mut self) {
        let context = self.context.get();
        if let (SpanKind::Query, Some(request)) = (self.kind, &context.request) {
            let more_ns = self.clock.total_ns - self.clock.noted_ns.unwrap_or(0);
            match self.clock.noted_ns {
                None => request.note_query(self.name_or_statement(), more_ns),
                Some(_) => request.note_query_time(more_ns),
            }
        }
        self.clock.noted_ns = Some(self.clock.total_ns);
    }

    fn finish(&mut self, py: Python<'_>, duration_ns: u64, is_error: bool) {
        self.note_query();
        let context = self.context.get();
        let name = self.name_or_statement();
        let record = self.record(name, duration_ns, is_error);
        let own = (self.kind == SpanKind::Request).then_some(context.request.as_ref()).flatten();
        if let Some(request) = own {
            request.detail().end();
        }
        let decision = match own {
            Some(request) => self.decide(py, request, duration_ns, is_error),
            None => context.decision(),
        };
        for emitter in &self.more_emitters {
            emitter.get().write_aside(record.clone(), decision != Decision::Drop);
        }
        let emitter = self.emitter.bind(py);
        Emitter::send(emitter, record, self.kind, context.request.as_ref(), decision);
    }

    /// At the end of a request: whether its trace is kept. What it held goes the same way.
    fn decide(
        &self,
        py: Python<'_>,
        request: &Arc<RequestState>,
        duration_ns: u64,
        is_error: bool,
    ) -> Decision {
        let decision = match request.decision() {
            Decision::Undecided => self.ask_sampler(duration_ns, is_error),
            decided => decided,
        };
        for (emitter, record) in request.decide(decision == Decision::Keep) {
            let kind = super::kind_of(&record);
            Emitter::send(emitter.bind(py), record, kind, Some(request), decision);
        }
        decision
    }

    fn ask_sampler(&self, duration_ns: u64, is_error: bool) -> Decision {
        let ended = Ended {
            trace_id: self.context.get().trace,
            parent: self.opening.parent.map(|parent| parent.is_sampled),
            route: &self.opening.name,
            is_error,
            duration_ns,
            now_ns: self.begin_ns.saturating_add(duration_ns),
        };
        let keep = super::sampler::decide(self.opening.sampler.as_ref().map(Py::get), &ended);
        if keep { Decision::Keep } else { Decision::Drop }
    }

    fn record(&self, name: &str, duration_ns: u64, is_error: bool) -> Vec<u8> {
        let context = self.context.get();
        let head = Head {
            kind: self.kind,
            trace_id: context.trace,
            span_id: context.span,
            parent_span_id: context.parent,
            start_unix_ns: wall_clock::unix_ns(self.begin_ns),
            duration_ns,
            is_error,
            is_sampled: true,
        };
        let mut writer = SpanWriter::new(&head, name);
        if let Some(labels) = &context.labels {
            labels.write(&mut writer);
        }
        if let Some(status) = self.status {
            writer.int(Attribute::StatusCode, status);
        }
        if let Some(method) = self.method {
            writer.text(Attribute::Method, method);
        }
        if let Some(framework) = &self.framework {
            writer.text(Attribute::Framework, framework);
        }
        for (key, value) in &self.attributes {
            writer.add(key, value);
        }
        if let Some(exception) = &self.exception {
            writer.text(Attribute::ExceptionType, exception);
        }
        let sizes = [(Attribute::BytesIn, self.bytes_in), (Attribute::BytesOut, self.bytes_out)];
        for (key, size) in sizes {
            if let Some(size) = size {
                writer.int(key, size as i64);
            }
        }
        if let (SpanKind::Request, Some(request)) = (self.kind, &context.request) {
            write_queries(request, &mut writer);
        }
        writer.finish()
    }
}

/// A span that nobody can end any more is over if it stood still: the cursor it belonged to is gone.
/// Otherwise nobody knows when it was over, but it must not stay current.
impl Drop for ActiveSpan {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        Python::try_attach(|py| match self.clock.since_ns {
            None => self.end(py, None),
            Some(_) => self.detach(py),
        });
    }
}

/// How long a span has been at work.
#[derive(Debug, Default)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to the name")]
struct Stopwatch {
    /// When it was started last; nothing while it stands.
    since_ns: Option<u64>,
    total_ns: u64,
    /// How much of the total the request knows of.
    noted_ns: Option<u64>,
}

impl Stopwatch {
    fn stop(&mut self) {
        if let Some(since_ns) = self.since_ns.take() {
            self.total_ns += wall_clock::monotonic_ns().saturating_sub(since_ns);
        }
    }

    fn start(&mut self) {
        self.since_ns.get_or_insert_with(wall_clock::monotonic_ns);
    }
}

fn write_queries(request: &RequestState, writer: &mut SpanWriter) {
    let count = request.query_count();
    if count == 0 {
        return;
    }
    writer.int(Attribute::QueryCount, count as i64);
    writer.int(Attribute::QueryNs, request.query_ns() as i64);
    if let Some(repeated) = request.repeated() {
        writer.int(Attribute::RepeatedQueryCount, repeated.count as i64);
        writer.text(Attribute::RepeatedQuery, &repeated.statement);
    }
}
