//! One HTTP request of an ASGI application, from its scope to its last byte.
//!
//! An exchange is called in the place of the server's `send`, and awaited in the place of the
//! application's coroutine, so that it knows both ends. It counts and passes on. It is written here and
//! not in Python because it is a large part of what a small request costs; connections of other kinds
//! and `receive` are rarer, and stay in `ghostglass.web.asgi`.
//!
//! What an application sends is the server's to judge: nothing here raises, whatever the message is.

use std::borrow::Cow;
use std::sync::Arc;

use ghost_model::{Attribute, AttributeValue};
use pyo3::exceptions::PyStopIteration;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::iterator::PySendResult;
use pyo3::types::{PyBytes, PyDict, PyIterator, PyList, PyString, PyTuple};

use super::active_span::ActiveSpan;
use super::emitter::{Emitter, known};
use super::sampler::Sampler;
use super::{attribute_value, begin, wall_clock};
use crate::abandoned_thread;

/// Where a scope carries its exchange.
const KEY: &str = "ghostglass.exchange";
/// What a request is called that no route of the program matched.
const UNMATCHED: &str = "<unmatched>";
/// An application that waits for something after its last byte, and for longer than this, does
/// background work; less is plumbing, or a server that takes its time.
const BACKGROUND_NS_MIN: u64 = 5_000_000;
const SERVER_ERROR: i64 = 500;

/// What all requests of one application have in common.
#[pyclass(frozen, module = "ghostglass._native")]
#[derive(Debug)]
pub(crate) struct AsgiRoom {
    emitter: Py<Emitter>,
    framework: Arc<str>,
    sampler: Option<Py<Sampler>>,
    /// From a scope to a template or `None`.
    route_of: Option<Py<PyAny>>,
    /// From an exchange and a message to an awaitable that sends it, then ends the span.
    send_last: Py<PyAny>,
    /// From an exchange and the server's `receive` to one that counts.
    counted: Py<PyAny>,
    /// Whether what follows a response is taken for background work.
    names_background: bool,
}

#[pymethods]
impl AsgiRoom {
    #[new]
    #[pyo3(signature = (emitter, framework, *, send_last, counted, sampler=None, route_of=None,
                        names_background=true))]
    fn new(
        emitter: Py<Emitter>,
        framework: &str,
        send_last: Py<PyAny>,
        counted: Py<PyAny>,
        sampler: Option<Py<Sampler>>,
        route_of: Option<Py<PyAny>>,
        names_background: bool,
    ) -> Self {
        let framework = framework.into();
        Self { emitter, framework, sampler, route_of, send_last, counted, names_background }
    }

    /// Call an application within a span; gives what is to be awaited.
    fn serve<'py>(
        slf: &Bound<'py, Self>,
        app: &Bound<'py, PyAny>,
        scope: &Bound<'py, PyDict>,
        receive: &Bound<'py, PyAny>,
        send: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let method = text(scope, intern!(py, "method"));
        let method = method.as_ref().and_then(|method| method.to_str().ok()).unwrap_or("GET");
        let Some(exchange) = Self::open(slf, method, scope, send)? else {
            return app.call1((scope, receive, send));
        };
        let coroutine = if may_have_body(method) {
            let counted = slf.get().counted.bind(py).call1((&exchange, receive))?;
            app.call1((scope, counted, &exchange))
        } else {
            app.call1((scope, receive, &exchange))
        };
        match coroutine.and_then(|coroutine| coroutine.call_method0(intern!(py, "__await__"))) {
            Ok(awaited) => exchange.borrow_mut().awaited = Some(awaited.unbind()),
            Err(error) => {
                AsgiExchange::finish(&exchange, Some(error.value(py)));
                return Err(error);
            }
        }
        Ok(exchange.into_any())
    }
}

impl AsgiRoom {
    fn open<'py>(
        slf: &Bound<'py, Self>,
        method: &str,
        scope: &Bound<'py, PyDict>,
        send: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, AsgiExchange>>> {
        let py = slf.py();
        let room = slf.get();
        let headers = TraceHeaders::of(scope);
        let sampler = room.sampler.as_ref().map(|sampler| sampler.clone_ref(py));
        let begun = begin::request(room.emitter.bind(py), method, headers.texts(), sampler)?;
        let Some(mut span) = begun else { return Ok(None) };
        span.note_framework(Arc::clone(&room.framework));
        let exchange = AsgiExchange {
            room: slf.clone().unbind(),
            span: Py::new(py, span)?,
            scope: scope.clone().unbind(),
            send: send.clone().unbind(),
            awaited: None,
            exception: None,
            status: 0,
            is_head: method == "HEAD",
            has_streamed: false,
            ended_ns: None,
            has_gone_on: false,
        };
        let exchange = Bound::new(py, exchange)?;
        scope.set_item(intern!(py, KEY), &exchange)?;
        Ok(Some(exchange))
    }
}

/// Whether a request of this method may have a body worth an extra step for each `receive`.
fn may_have_body(method: &str) -> bool {
    !matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE")
}

/// One request and its response: what passed, and the span that says so.
#[pyclass(module = "ghostglass._native")]
#[derive(Debug)]
pub(crate) struct AsgiExchange {
    room: Py<AsgiRoom>,
    span: Py<ActiveSpan>,
    scope: Py<PyDict>,
    send: Py<PyAny>,
    /// The application's coroutine, while it runs.
    awaited: Option<Py<PyAny>>,
    exception: Option<String>,
    status: i64,
    is_head: bool,
    has_streamed: bool,
    ended_ns: Option<u64>,
    /// Whether the application waited for something since.
    has_gone_on: bool,
}

/// What a message is to the response.
enum Step {
    Some,
    /// The only part of a body: its end is the end.
    Whole,
    /// The last of several parts: the server may still wait for the client to take the others.
    Last,
}

#[pymethods]
impl AsgiExchange {
    /// Send a message: what the application gets for `send`.
    fn __call__<'py>(
        slf: &Bound<'py, Self>,
        message: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let (step, status) = match slf.try_borrow_mut() {
            Ok(mut exchange) => {
                (exchange.note_sent(message).unwrap_or(Step::Some), exchange.status)
            }
            Err(_) => (Step::Some, 0),
        };
        match step {
            Step::Some => {}
            // The exception behind a server error may come after the response for it.
            Step::Whole | Step::Last if status >= SERVER_ERROR => {}
            Step::Whole => Self::end(slf, None),
            Step::Last => {
                let room = slf.borrow().room.clone_ref(py);
                return room.get().send_last.bind(py).call1((slf, message));
            }
        }
        let send = slf.borrow().send.clone_ref(py);
        send.into_bound(py).call1((message,))
    }

    fn __await__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        Self::step(slf, slf.py().None().bind(slf.py()))
    }

    /// Let the application go on, as a coroutine does.
    fn send<'py>(slf: &Bound<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        Self::step(slf, value)?.ok_or_else(|| PyStopIteration::new_err(()))
    }

    /// Let the application go on with an exception, as a coroutine does.
    #[pyo3(signature = (*exception))]
    fn throw<'py>(
        slf: &Bound<'py, Self>,
        exception: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let Some(awaited) = Self::awaited(slf) else {
            return Err(PyErr::from_value(exception.get_item(0)?));
        };
        match awaited.call_method1(intern!(py, "throw"), exception) {
            Err(error) if error.is_instance_of::<PyStopIteration>(py) => {
                Self::finish(slf, None);
                Err(error)
            }
            Err(error) => Self::raised(slf, error),
            yielded => yielded,
        }
    }

    /// End the application where it is, as a coroutine does.
    fn close(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let Some(awaited) = Self::awaited(slf) else { return Ok(()) };
        let closed = awaited.call_method0(intern!(py, "close"));
        Self::finish(slf, None);
        closed.map(drop)
    }

    /// The server's own `send`.
    #[getter]
    fn server_send(&self, py: Python<'_>) -> Py<PyAny> {
        self.send.clone_ref(py)
    }

    /// The span of the request.
    #[getter]
    fn span(&self, py: Python<'_>) -> Py<ActiveSpan> {
        self.span.clone_ref(py)
    }

    /// Count a message the application received, and notice a client that left too early.
    fn note_received(&self, message: &Bound<'_, PyAny>) {
        let py = message.py();
        let Ok(message) = message.cast::<PyDict>() else { return };
        let kind = text(message, intern!(py, "type"));
        match kind.as_ref().and_then(|kind| kind.to_str().ok()) {
            Some("http.request") => {
                let size = size(message, intern!(py, "body"));
                self.span.borrow_mut(py).add_bytes_in(size);
            }
            Some("http.disconnect") if self.ended_ns.is_none() => self.note_disconnect(py),
            _ => {}
        }
    }

    /// Remember an exception that a framework is about to turn into a response.
    fn note(&mut self, exception: &Bound<'_, PyAny>) {
        self.exception = attribute_value::exception_name(exception);
    }

    /// End the span, once; its context stays current for what runs after the response.
    #[pyo3(signature = (exception=None))]
    fn end(slf: &Bound<'_, Self>, exception: Option<&Bound<'_, PyAny>>) {
        let py = slf.py();
        if slf.borrow().ended_ns.is_some() {
            return;
        }
        // Asked before anything is borrowed: it may be code of a framework.
        let name = Self::route(slf);
        let mut exchange = slf.borrow_mut();
        let noted = exchange.exception.take();
        let mut span = exchange.span.borrow_mut(py);
        span.rename(name.map_or(Cow::Borrowed(UNMATCHED), Cow::Owned));
        if let (Some(noted), true) = (noted, exchange.status >= SERVER_ERROR) {
            span.note_exception_name(noted);
        }
        let ended_ns = span.end_here(py, exception);
        drop(span);
        exchange.ended_ns = Some(ended_ns);
    }
}

impl AsgiExchange {
    /// Lets the application go on; `None` when it returned nothing.
    fn step<'py>(
        slf: &Bound<'py, Self>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(awaited) = Self::awaited(slf) else { return Ok(None) };
        // What has no `send`, but is an iterator, can be sent nothing.
        if let Err(error) = awaited.cast::<PyIterator>() {
            return Self::raised(slf, error.into()).map(Some);
        }
        match abandoned_thread::send(&awaited, value) {
            Ok(PySendResult::Next(value)) => {
                let mut exchange = slf.borrow_mut();
                exchange.has_gone_on |= exchange.ended_ns.is_some();
                Ok(Some(value))
            }
            Ok(PySendResult::Return(value)) => {
                Self::finish(slf, None);
                // What ASGI does not foresee is the server's to refuse.
                if value.is_none() {
                    return Ok(None);
                }
                Err(PyStopIteration::new_err((value.unbind(),)))
            }
            Err(error) => Self::raised(slf, error).map(Some),
        }
    }

    fn awaited<'py>(slf: &Bound<'py, Self>) -> Option<Bound<'py, PyAny>> {
        let py = slf.py();
        slf.borrow().awaited.as_ref().map(|awaited| awaited.bind(py).clone())
    }

    fn raised<'py>(slf: &Bound<'py, Self>, error: PyErr) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        // A server cancels requests whose client left.
        let name = error.get_type(py).name().ok();
        let is_cancelled = name.is_some_and(|name| name.to_string_lossy() == "CancelledError");
        let exception = error.value(py).as_any();
        Self::finish(slf, (!is_cancelled).then_some(exception));
        Err(error)
    }

    /// Notes that the application is done, with or without a complete response or an exception, and
    /// leaves nothing behind in scope and context.
    fn finish(slf: &Bound<'_, Self>, exception: Option<&Bound<'_, PyAny>>) {
        let py = slf.py();
        {
            let mut exchange = slf.borrow_mut();
            // It knows its `send`, which knows it.
            exchange.awaited = None;
            if exchange.ended_ns.is_none() {
                match exception {
                    None if exchange.status < SERVER_ERROR => exchange.note_disconnect(py),
                    Some(_) if exchange.status == 0 => exchange.note_status(py, SERVER_ERROR),
                    _ => {}
                }
            }
        }
        Self::end(slf, exception);
        let exchange = slf.borrow();
        // A scope that is used again begins again.
        let _ = exchange.scope.bind(py).del_item(intern!(py, KEY));
        exchange.name_background(py);
        exchange.span.borrow(py).detach(py);
    }

    /// Counts a message of the application; `None` where it is none.
    fn note_sent(&mut self, message: &Bound<'_, PyAny>) -> Option<Step> {
        let py = message.py();
        let message = message.cast::<PyDict>().ok()?;
        let kind = text(message, intern!(py, "type"))?;
        match kind.to_str().ok()? {
            "http.response.start" => {
                let status = message.get_item(intern!(py, "status")).ok()??;
                self.note_status(py, status.extract().ok()?);
                Some(Step::Some)
            }
            "http.response.body" => Some(self.note_body(message)),
            _ => None,
        }
    }

    fn note_body(&mut self, message: &Bound<'_, PyDict>) -> Step {
        let py = message.py();
        if !self.is_head {
            self.span.borrow_mut(py).add_bytes_out(size(message, intern!(py, "body")));
        }
        let more = message.get_item(intern!(py, "more_body")).ok().flatten();
        if more.is_some_and(|more| more.is_truthy().unwrap_or(false)) {
            self.has_streamed = true;
            return Step::Some;
        }
        if self.has_streamed { Step::Last } else { Step::Whole }
    }

    fn note_status(&mut self, py: Python<'_>, status: i64) {
        self.status = status;
        self.span.borrow_mut(py).set_status(Some(status));
    }

    fn note_disconnect(&self, py: Python<'_>) {
        let mut span = self.span.borrow_mut(py);
        span.put(known(Attribute::Disconnected), AttributeValue::Bool(true));
    }

    /// The template that matched; what a framework's function raises is no template.
    fn route(slf: &Bound<'_, Self>) -> Option<String> {
        let py = slf.py();
        let (room, scope) = {
            let exchange = slf.borrow();
            (exchange.room.clone_ref(py), exchange.scope.clone_ref(py))
        };
        let found = if let Some(route_of) = &room.get().route_of {
            route_of.bind(py).call1((scope,)).ok()?
        } else {
            let route = scope.bind(py).get_item(intern!(py, "route")).ok()??;
            route.getattr(intern!(py, "path")).ok()?
        };
        let template = found.cast::<PyString>().ok()?;
        Some(template.to_string_lossy().into_owned())
    }

    /// Gives what ran after the response a span of its own.
    fn name_background(&self, py: Python<'_>) {
        let room = self.room.get();
        if !room.names_background || !self.has_gone_on {
            return;
        }
        let since = self.ended_ns.unwrap_or_default();
        let background_ns = wall_clock::monotonic_ns().saturating_sub(since);
        if background_ns >= BACKGROUND_NS_MIN {
            let name = PyString::new(py, "background");
            Emitter::emit_fn(room.emitter.bind(py), &name, background_ns as i64, false);
        }
    }
}

/// The two headers that say which trace a request belongs to.
#[derive(Default)]
struct TraceHeaders<'py> {
    traceparent: Option<Bound<'py, PyBytes>>,
    tracestate: Option<Bound<'py, PyBytes>>,
}

impl<'py> TraceHeaders<'py> {
    fn of(scope: &Bound<'py, PyDict>) -> Self {
        let mut found = Self::default();
        let Ok(Some(headers)) = scope.get_item(intern!(scope.py(), "headers")) else {
            return found;
        };
        if let Ok(headers) = headers.cast::<PyList>() {
            headers.iter().for_each(|header| found.look_at(&header));
        } else {
            let headers = headers.try_iter().into_iter().flatten().flatten();
            headers.for_each(|header| found.look_at(&header));
        }
        found
    }

    fn look_at(&mut self, header: &Bound<'py, PyAny>) {
        let part = |index: usize| match header.cast::<PyTuple>() {
            Ok(pair) => pair.get_item(index),
            Err(_) => header.get_item(index),
        };
        let Ok(name) = part(0) else { return };
        let Ok(name) = name.cast::<PyBytes>() else { return };
        let value = || part(1).ok().and_then(|value| value.cast_into::<PyBytes>().ok());
        match name.as_bytes() {
            b"traceparent" => self.traceparent = value(),
            b"tracestate" => self.tracestate = value(),
            _ => {}
        }
    }

    fn texts(&self) -> (Option<&str>, Option<&str>) {
        (header_text(self.traceparent.as_ref()), header_text(self.tracestate.as_ref()))
    }
}

/// Both headers are ASCII, or not what they should be.
fn header_text<'h>(header: Option<&'h Bound<'_, PyBytes>>) -> Option<&'h str> {
    header.and_then(|header| std::str::from_utf8(header.as_bytes()).ok())
}

fn text<'py>(
    dict: &Bound<'py, PyDict>,
    key: &Bound<'py, PyString>,
) -> Option<Bound<'py, PyString>> {
    dict.get_item(key).ok()??.cast_into().ok()
}

/// The size of a body, of whatever type the server takes.
fn size(message: &Bound<'_, PyDict>, key: &Bound<'_, PyString>) -> u64 {
    let Ok(Some(body)) = message.get_item(key) else { return 0 };
    match body.cast::<PyBytes>() {
        Ok(bytes) => bytes.as_bytes().len() as u64,
        Err(_) => body.len().unwrap_or(0) as u64,
    }
}
