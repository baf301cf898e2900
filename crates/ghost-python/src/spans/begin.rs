//! How spans begin: which context they get, and whether there is anybody to hear of them.

use std::sync::Arc;

use ghost_model::{Attribute, SpanKind};
use ghost_spans::trace_context::{self, TraceParent};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::active_span::{ActiveSpan, Opening};
use super::context::SpanContext;
use super::detail::Detail;
use super::emitter::Emitter;
use super::request_state::{Decision, RequestState};
use super::sampler::Sampler;
use super::statement::Statement;
use super::{context_var, foreign, wall_clock};
use crate::{boundary, clock};

/// A request: a new trace, or a part of the caller's.
pub(crate) fn request(
    emitter: &Bound<'_, Emitter>,
    method: &str,
    (traceparent, tracestate): (Option<&str>, Option<&str>),
    sampler: Option<Py<Sampler>>,
) -> PyResult<Option<ActiveSpan>> {
    let py = emitter.py();
    if !emitter.get().is_listening() {
        return Ok(None);
    }
    let caller = traceparent.and_then(TraceParent::parse);
    let parent = caller.or_else(|| foreign::parent(py));
    let mut context = SpanContext::root(SpanKind::Request);
    if let Some(parent) = parent {
        adopt(&mut context, parent);
        let tracestate = tracestate.and_then(trace_context::tracestate);
        context.tracestate = tracestate.filter(|_| caller.is_some()).map(Arc::from);
    }
    let keeps_all = sampler.as_ref().is_none_or(|sampler| sampler.get().keeps_all());
    let follows = sampler.as_ref().is_none_or(|sampler| sampler.get().follows_parent());
    let decision = match parent {
        _ if !keeps_all => Decision::Undecided,
        Some(parent) if follows && !parent.is_sampled => Decision::Undecided,
        _ => Decision::Keep,
    };
    context.request = Some(Arc::new(RequestState::new(decision, begin_detail())));
    let opening = Opening { name: "".into(), statement: None, sampler, parent };
    let mut span = ActiveSpan::begin(emitter, context, opening)?;
    span.note_method(known_method(method));
    Ok(Some(span))
}

/// A function.
pub(crate) fn function(emitter: &Bound<'_, Emitter>, name: &str) -> PyResult<Option<ActiveSpan>> {
    if !emitter.get().is_listening() {
        return Ok(None);
    }
    let context = within(emitter.py(), SpanKind::Function);
    ActiveSpan::begin(emitter, context, Opening::named(name.to_owned())).map(Some)
}

/// A query, which `begin` makes current or not.
pub(crate) fn query(
    emitter: &Bound<'_, Emitter>,
    begin: fn(&Bound<'_, Emitter>, SpanContext, Opening) -> PyResult<ActiveSpan>,
    system: &str,
    statement: Option<&Bound<'_, PyString>>,
    (operation, collection): (Option<&str>, Option<&str>),
) -> PyResult<Option<ActiveSpan>> {
    let py = emitter.py();
    if !emitter.get().is_listening() || is_within(py, SpanKind::Query) {
        return Ok(None);
    }
    let statement = statement.map(|text| Statement::redact(system, &text.to_string_lossy()));
    let seen = statement.as_ref();
    let did = operation.or(seen.and_then(Statement::operation)).map(str::to_owned);
    let on = collection.or(seen.and_then(Statement::collection)).map(str::to_owned);
    // What has no statement is told apart, and found repeated, by what it does to what.
    let words: Vec<_> = [&did, &on].into_iter().flatten().map(String::as_str).collect();
    let name = if seen.is_none() { words.join(" ") } else { String::new() };
    let opening = Opening { statement, ..Opening::named(name) };
    let mut span = begin(emitter, within(py, SpanKind::Query), opening)?;
    span.add_text(Attribute::DbSystem, Some(system));
    span.add_text(Attribute::Operation, did.as_deref());
    span.add_text(Attribute::Collection, on.as_deref());
    Ok(Some(span))
}

/// A call to another service.
pub(crate) fn client(
    emitter: &Bound<'_, Emitter>,
    method: &str,
    server_address: &str,
    server_port: Option<i64>,
) -> PyResult<Option<ActiveSpan>> {
    let py = emitter.py();
    if !emitter.get().is_listening() || is_within(py, SpanKind::Client) {
        return Ok(None);
    }
    let opening = Opening::named(server_address.to_owned());
    let mut span = ActiveSpan::begin(emitter, within(py, SpanKind::Client), opening)?;
    span.note_method(known_method(method));
    span.add_text(Attribute::ServerAddress, Some(server_address));
    span.add_int(Attribute::ServerPort, server_port);
    Ok(Some(span))
}

/// The context of a span within the current one, within that of another tracer, or of a new trace.
fn within(py: Python<'_>, kind: SpanKind) -> SpanContext {
    if let Some(current) = context_var::get(py) {
        return current.get().child(kind);
    }
    let mut context = SpanContext::root(kind);
    if let Some(parent) = foreign::parent(py) {
        adopt(&mut context, parent);
    }
    context
}

/// Whether the request that begins is one whose functions are all recorded.
fn begin_detail() -> Detail {
    let detail = if boundary::is_observing() { Detail::begin() } else { Detail::default() };
    if detail.is_on() {
        // Never from within a callback: the program called us.
        boundary::fence(|observer| {
            let unix_ns = wall_clock::unix_ns(wall_clock::monotonic_ns());
            observer.tracer.begin_detail(clock::now(), unix_ns);
        });
    }
    detail
}

fn adopt(context: &mut SpanContext, parent: TraceParent) {
    context.trace = parent.trace_id;
    context.parent = parent.span_id;
    context.is_sampled = parent.is_sampled;
}

fn is_within(py: Python<'_>, kind: SpanKind) -> bool {
    context_var::get(py).is_some_and(|current| current.get().kind == Some(kind))
}

/// A method that is no known one may be anything, also a value.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 12] = [
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "DELETE",
        "CONNECT",
        "OPTIONS",
        "TRACE",
        "PATCH",
        "QUERY",
        "WEBSOCKET",
        "TASK",
    ];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("_OTHER")
}
