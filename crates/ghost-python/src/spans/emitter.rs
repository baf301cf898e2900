//! Where spans are handed over: to a collector, and to the ring of the run where there is one.

use std::sync::Arc;

use ghost_model::{Attribute, AttributeKey, AttributeValue, SpanId, SpanKind, SpanLoss};
use ghost_spans::encoding::{self, Head, SpanWriter};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::active_span::ActiveSpan;
use super::collector::exporter_queue::is_exporting;
use super::context::SpanContext;
use super::request_state::{Decision, RequestState};
use super::sampler::Sampler;
use super::statement::Statement;
use super::target::Target;
use super::{attribute_value, begin, context_var, ids, run, wall_clock};

/// Hands spans to a collector; without one, to the run this process belongs to.
#[pyclass(frozen, module = "ghostglass._native")]
#[derive(Debug)]
pub(crate) struct Emitter {
    target: Option<Target>,
}

#[pymethods]
impl Emitter {
    #[new]
    #[pyo3(signature = (collector=None))]
    pub(crate) fn new(collector: Option<Target>) -> Self {
        Self { target: collector }
    }

    /// Whether anybody takes what is emitted.
    #[getter]
    pub(crate) fn is_listening(&self) -> bool {
        // What an exporter does is not told: telling it would make the next.
        (self.target.is_some() || run::is_recording()) && !is_exporting()
    }

    /// A request that ended now.
    #[pyo3(signature = (route, status, dur_ns, *, method=None))]
    fn emit_req(
        slf: &Bound<'_, Self>,
        route: &Bound<'_, PyString>,
        status: i64,
        dur_ns: i64,
        method: Option<&str>,
    ) {
        let context = context_var::get(slf.py());
        let context = context.as_ref().map(Bound::get);
        let mut record = Record::new(SpanKind::Request, context, dur_ns, status >= 500);
        // The request is the current span, not one within it.
        if let Some(context) = context.filter(|context| context.span.is_some()) {
            record.head.span_id = context.span;
            record.head.parent_span_id = context.parent;
        }
        let mut writer = record.begin(&route.to_string_lossy());
        writer.int(Attribute::StatusCode, status);
        if let Some(method) = method {
            writer.text(Attribute::Method, method);
        }
        record.emit(slf, writer);
    }

    /// A function that ended now.
    #[pyo3(signature = (name, dur_ns, error=false))]
    pub(crate) fn emit_fn(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        dur_ns: i64,
        error: bool,
    ) {
        let context = context_var::get(slf.py());
        let record =
            Record::new(SpanKind::Function, context.as_ref().map(Bound::get), dur_ns, error);
        let writer = record.begin(&name.to_string_lossy());
        record.emit(slf, writer);
    }

    /// A query that ended now. Literals are taken out of its text.
    #[pyo3(signature = (query, dur_ns, rows=None, *, db_vendor=None))]
    fn emit_db(
        slf: &Bound<'_, Self>,
        query: &Bound<'_, PyString>,
        dur_ns: i64,
        rows: Option<i64>,
        db_vendor: Option<&str>,
    ) {
        let statement = Statement::redact(db_vendor.unwrap_or_default(), &query.to_string_lossy());
        let context = context_var::get(slf.py());
        let context = context.as_ref().map(Bound::get);
        let record = Record::new(SpanKind::Query, context, dur_ns, false);
        let mut writer = record.begin(statement.text());
        statement.describe(&mut writer, None, None);
        if let Some(rows) = rows {
            writer.int(Attribute::Rows, rows);
        }
        if let Some(vendor) = db_vendor {
            writer.text(Attribute::DbSystem, vendor);
        }
        if let Some(request) = context.and_then(|context| context.request.as_ref()) {
            request.note_query(statement.text(), record.head.duration_ns);
        }
        record.emit(slf, writer);
    }

    /// An event of the program's own, with any fields that are numbers, text, true or false.
    #[pyo3(signature = (kind, /, **fields))]
    fn emit(slf: &Bound<'_, Self>, kind: &str, fields: Option<&Bound<'_, PyDict>>) {
        let context = context_var::get(slf.py());
        let mut record = Record::new(SpanKind::Event, context.as_ref().map(Bound::get), 0, false);
        let mut attributes = Vec::new();
        for (name, value) in fields.into_iter().flatten() {
            let Some(value) = attribute_value::value(&value) else { continue };
            match (name.to_string().as_str(), &value) {
                ("dur_ns", AttributeValue::Int(ns)) => record.took(*ns),
                ("error", AttributeValue::Bool(error)) => record.head.is_error = *error,
                (name, _) => attributes.push((attribute_value::key(name), value)),
            }
        }
        let mut writer = record.begin(kind);
        for (key, value) in &attributes {
            writer.add(key, value);
        }
        record.emit(slf, writer);
    }

    /// Begin a request and make it current; `None` where nobody listens.
    #[pyo3(signature = (method, *, traceparent=None, tracestate=None, sampler=None))]
    fn begin_request(
        slf: &Bound<'_, Self>,
        method: &str,
        traceparent: Option<&str>,
        tracestate: Option<&str>,
        sampler: Option<Py<Sampler>>,
    ) -> PyResult<Option<ActiveSpan>> {
        begin::request(slf, method, (traceparent, tracestate), sampler)
    }

    /// Begin a function and make it current; `None` where nobody listens.
    fn begin_function(slf: &Bound<'_, Self>, name: &str) -> PyResult<Option<ActiveSpan>> {
        begin::function(slf, name)
    }

    /// Begin a query and make it current, unless it `is_leaf`: nothing can begin within it. `None` where
    /// nobody listens, and within another query.
    #[pyo3(signature = (system, statement=None, *, operation=None, collection=None, namespace=None,
                        server_address=None, server_port=None, batch_size=None, is_leaf=false))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one call, cheaper than an object")]
    fn begin_query(
        slf: &Bound<'_, Self>,
        system: &str,
        statement: Option<&Bound<'_, PyAny>>,
        operation: Option<&str>,
        collection: Option<&str>,
        namespace: Option<&str>,
        server_address: Option<&str>,
        server_port: Option<i64>,
        batch_size: Option<i64>,
        is_leaf: bool,
    ) -> PyResult<Option<ActiveSpan>> {
        let statement = match statement.map(|text| text.cast::<PyString>()) {
            // No driver takes it for a statement: this is going to be an error of the call.
            Some(Err(_)) => return Ok(None),
            Some(Ok(text)) => Some(text),
            None => None,
        };
        let begin = if is_leaf { ActiveSpan::begin_aside } else { ActiveSpan::begin };
        let known = (operation, collection);
        let Some(mut span) = begin::query(slf, begin, system, statement, known)? else {
            return Ok(None);
        };
        span.add_text(Attribute::Namespace, namespace);
        span.add_text(Attribute::ServerAddress, server_address);
        span.add_int(Attribute::ServerPort, server_port);
        span.add_int(Attribute::BatchSize, batch_size);
        Ok(Some(span))
    }

    /// Begin a call to another service and make it current; `None` where nobody listens, and within
    /// another call.
    #[pyo3(signature = (method, server_address, server_port=None))]
    fn begin_client(
        slf: &Bound<'_, Self>,
        method: &str,
        server_address: &str,
        server_port: Option<i64>,
    ) -> PyResult<Option<ActiveSpan>> {
        begin::client(slf, method, server_address, server_port)
    }
}

impl Emitter {
    /// Hands a span over, or has its request hold it until it is decided what becomes of it.
    pub(crate) fn send(
        slf: &Bound<'_, Self>,
        record: Vec<u8>,
        kind: SpanKind,
        request: Option<&Arc<RequestState>>,
        decision: Decision,
    ) {
        let held = match (decision, request) {
            (Decision::Undecided, Some(request)) => request.hold(slf.clone().unbind(), record),
            _ => Some(record),
        };
        let Some(record) = held else { return };
        match decision {
            // No room: it counts, but its trace will not have it.
            Decision::Undecided => slf.get().write(record, kind, Some(SpanLoss::HeldTooMany)),
            Decision::Keep => slf.get().write(record, kind, None),
            Decision::Drop => slf.get().write(record, kind, Some(SpanLoss::SampledOut)),
        }
    }

    /// Gives a span to the collector only: whoever it was begun by writes it for the run.
    pub(crate) fn write_aside(&self, mut record: Vec<u8>, is_kept: bool) {
        if let Some(target) = &self.target {
            encoding::set_sampled(&mut record, is_kept);
            target.push(record, is_kept);
        }
    }

    /// Writes a span. Where its trace is not kept (`lost` says why) what counts is written all the same.
    pub(crate) fn write(&self, mut record: Vec<u8>, kind: SpanKind, lost: Option<SpanLoss>) {
        let counts = !matches!(kind, SpanKind::Function | SpanKind::Event);
        encoding::set_sampled(&mut record, lost.is_none());
        if let (Some(why), false) = (lost, counts) {
            run::refuse(why, 1);
            if let Some(target) = &self.target {
                target.refuse(why, 1);
            }
            return;
        }
        run::push(&record);
        if let Some(target) = &self.target {
            target.push(record, lost.is_none());
        }
    }
}

/// A span that is over when it is emitted.
struct Record {
    head: Head,
    end_ns: u64,
    labels: Option<Box<super::context::Labels>>,
    request: Option<Arc<RequestState>>,
    decision: Decision,
}

impl Record {
    fn new(kind: SpanKind, context: Option<&SpanContext>, dur_ns: i64, is_error: bool) -> Self {
        let end_ns = wall_clock::unix_ns(wall_clock::monotonic_ns());
        let mut head = Head { kind, is_error, span_id: ids::span_id(), ..Head::default() };
        head.trace_id = context.map_or_else(ids::trace_id, |context| context.trace);
        head.parent_span_id = context.map_or(SpanId::NONE, |context| context.span);
        let mut record = Self {
            head,
            end_ns,
            labels: context.and_then(|context| labels(kind, context)),
            request: context.and_then(|context| context.request.clone()),
            decision: context.map_or(Decision::Keep, SpanContext::decision),
        };
        record.took(dur_ns);
        record
    }

    fn took(&mut self, dur_ns: i64) {
        self.head.duration_ns = u64::try_from(dur_ns).unwrap_or(0);
        self.head.start_unix_ns = self.end_ns.saturating_sub(self.head.duration_ns);
    }

    fn begin(&self, name: &str) -> SpanWriter {
        let mut writer = SpanWriter::new(&self.head, name);
        if let Some(labels) = &self.labels {
            labels.write(&mut writer);
        }
        writer
    }

    fn emit(self, emitter: &Bound<'_, Emitter>, writer: SpanWriter) {
        let kind = self.head.kind;
        Emitter::send(emitter, writer.finish(), kind, self.request.as_ref(), self.decision);
    }
}

/// The words by which an event shows its ids: an event names the span that is current, though it has
/// an id of its own.
fn labels(kind: SpanKind, context: &SpanContext) -> Option<Box<super::context::Labels>> {
    if kind == SpanKind::Request {
        return context.labels.clone();
    }
    let mut labels = context.labels.as_deref().cloned().unwrap_or_default();
    labels.span = context.span_text();
    Some(Box::new(labels))
}

/// Attributes for a writer, by their known key.
pub(crate) fn known(key: Attribute) -> AttributeKey {
    AttributeKey::Known(key)
}
