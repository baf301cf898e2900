//! One request of a WSGI application, from its environment to `start_response` and the body.
//!
//! Counts and passes on. Written here and not in Python because it is a large part of what a small
//! request costs; bodies that a server may look into (files, sized ones) are rarer, and stay in
//! `ghostglass.web.wsgi`, as do requests with a body.
//!
//! What an application answers is the server's to judge: nothing here raises, whatever the answer is.

use std::borrow::Cow;
use std::sync::Arc;

use ghost_model::{Attribute, AttributeValue};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple, PyType};

use super::active_span::ActiveSpan;
use super::emitter::{Emitter, known};
use super::sampler::Sampler;
use super::wsgi_body::WsgiBody;
use super::{attribute_value, begin};
use crate::abandoned_thread;

/// Where an environment carries its exchange.
const KEY: &str = "ghostglass.exchange";
/// What a request is called that no route of the program matched.
const UNMATCHED: &str = "<unmatched>";
const SERVER_ERROR: i64 = 500;

/// What all requests of one application have in common.
#[pyclass(frozen, module = "ghostglass._native")]
#[derive(Debug)]
pub(crate) struct WsgiRoom {
    emitter: Py<Emitter>,
    framework: Arc<str>,
    sampler: Option<Py<Sampler>>,
    /// From an environment to a template or `None`.
    route_of: Py<PyAny>,
    /// From an environment and a span to nothing: counts a body that comes in.
    count_input: Py<PyAny>,
    /// From an exchange and an iterable to what the server gets, for bodies it may look into.
    other_body: Py<PyAny>,
}

#[pymethods]
impl WsgiRoom {
    #[new]
    #[pyo3(signature = (emitter, framework, *, route_of, count_input, other_body, sampler=None))]
    fn new(
        emitter: Py<Emitter>,
        framework: &str,
        route_of: Py<PyAny>,
        count_input: Py<PyAny>,
        other_body: Py<PyAny>,
        sampler: Option<Py<Sampler>>,
    ) -> Self {
        let framework = framework.into();
        Self { emitter, framework, sampler, route_of, count_input, other_body }
    }

    /// Call an application within a span; gives what the server is to send.
    fn serve<'py>(
        slf: &Bound<'py, Self>,
        app: &Bound<'py, PyAny>,
        environ: &Bound<'py, PyDict>,
        start_response: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let Some(exchange) = Self::open(slf, environ, start_response)? else {
            return abandoned_thread::call(app, [environ, start_response]);
        };
        let starting = exchange.getattr(intern!(py, "start_response"))?;
        let answer = abandoned_thread::call(app, [environ, &starting]);
        match answer.and_then(|body| WsgiExchange::body(&exchange, body)) {
            Ok(body) => Ok(body),
            Err(error) => {
                WsgiExchange::failed(&exchange, Some(error.value(py)), false);
                Err(error)
            }
        }
    }
}

impl WsgiRoom {
    fn open<'py>(
        slf: &Bound<'py, Self>,
        environ: &Bound<'py, PyDict>,
        start_response: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, WsgiExchange>>> {
        let py = slf.py();
        let room = slf.get();
        let method = text(environ, intern!(py, "REQUEST_METHOD"));
        let method = method.as_ref().and_then(|method| method.to_str().ok()).unwrap_or("GET");
        let traceparent = text(environ, intern!(py, "HTTP_TRACEPARENT"));
        let tracestate = text(environ, intern!(py, "HTTP_TRACESTATE"));
        let headers = (
            traceparent.as_ref().and_then(|header| header.to_str().ok()),
            tracestate.as_ref().and_then(|header| header.to_str().ok()),
        );
        let sampler = room.sampler.as_ref().map(|sampler| sampler.clone_ref(py));
        let begun = begin::request(room.emitter.bind(py), method, headers, sampler)?;
        let Some(mut span) = begun else { return Ok(None) };
        span.note_framework(Arc::clone(&room.framework));
        let exchange = WsgiExchange {
            room: slf.clone().unbind(),
            span: Py::new(py, span)?,
            environ: environ.clone().unbind(),
            start_response: start_response.clone().unbind(),
            headers: None,
            exception: None,
            status: None,
            is_head: method == "HEAD",
            is_named: false,
        };
        if has_body(environ) {
            room.count_input.bind(py).call1((environ, &exchange.span))?;
        }
        let exchange = Bound::new(py, exchange)?;
        environ.set_item(intern!(py, KEY), &exchange)?;
        Ok(Some(exchange))
    }
}

/// Whether a request has a body, as far as its headers say.
fn has_body(environ: &Bound<'_, PyDict>) -> bool {
    let py = environ.py();
    let length = environ.get_item(intern!(py, "CONTENT_LENGTH")).ok().flatten();
    length.is_some_and(|length| length.is_truthy().unwrap_or(false))
        || environ.contains(intern!(py, "HTTP_TRANSFER_ENCODING")).unwrap_or(false)
}

/// One request and its response: what passed, and the span that says so.
#[pyclass(module = "ghostglass._native")]
#[derive(Debug)]
pub(crate) struct WsgiExchange {
    room: Py<WsgiRoom>,
    span: Py<ActiveSpan>,
    environ: Py<PyDict>,
    start_response: Py<PyAny>,
    headers: Option<Py<PyAny>>,
    exception: Option<String>,
    status: Option<i64>,
    is_head: bool,
    is_named: bool,
}

#[pymethods]
impl WsgiExchange {
    /// Note status and route, which a framework forgets before the body is sent.
    #[pyo3(signature = (status, headers, *exc_info))]
    fn start_response<'py>(
        slf: &Bound<'py, Self>,
        status: &Bound<'py, PyAny>,
        headers: &Bound<'py, PyAny>,
        exc_info: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        if let Some(status) = status_of(status) {
            Self::note_status(slf, status);
            Self::note_route(slf);
        }
        let start_response = {
            let mut exchange = slf.borrow_mut();
            exchange.headers = Some(headers.clone().unbind());
            exchange.start_response.clone_ref(py)
        };
        let start_response = start_response.bind(py);
        let write = match exc_info.get_item(0) {
            Err(_) => start_response.call1((status, headers))?,
            Ok(exc_info) => start_response.call1((status, headers, exc_info))?,
        };
        let span = slf.borrow().span.clone_ref(py);
        Ok(Bound::new(py, WsgiWrite { write: write.unbind(), span })?.into_any())
    }

    /// The span of the request.
    #[getter]
    pub(crate) fn span(&self, py: Python<'_>) -> Py<ActiveSpan> {
        self.span.clone_ref(py)
    }

    /// The environment of the request.
    #[getter]
    fn environ(&self, py: Python<'_>) -> Py<PyDict> {
        self.environ.clone_ref(py)
    }

    /// The length of the body as the headers announced it.
    fn length(slf: &Bound<'_, Self>) -> Option<u64> {
        let py = slf.py();
        let headers = slf.borrow().headers.as_ref().map(|headers| headers.clone_ref(py));
        let headers = headers?;
        let mut headers = headers.bind(py).try_iter().ok()?.flatten();
        headers.find_map(|header| {
            let (name, value): (String, String) = header.extract().ok()?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse().ok())?
        })
    }

    /// Remember an exception that a framework is about to turn into a response.
    fn note(slf: &Bound<'_, Self>, exception: &Bound<'_, PyAny>) {
        slf.borrow_mut().exception = attribute_value::exception_name(exception);
        Self::note_route(slf);
    }

    /// Name the span after the template, where there is one; what a framework's function raises is none.
    fn note_route(slf: &Bound<'_, Self>) {
        let py = slf.py();
        let (room, environ) = {
            let exchange = slf.borrow();
            (exchange.room.clone_ref(py), exchange.environ.clone_ref(py))
        };
        let Ok(route) = room.get().route_of.bind(py).call1((environ,)) else { return };
        let Ok(route) = route.cast::<PyString>() else { return };
        let route = route.to_string_lossy();
        if route.is_empty() {
            return;
        }
        let mut exchange = slf.borrow_mut();
        exchange.span.borrow_mut(py).rename(Cow::Owned(route.into_owned()));
        exchange.is_named = true;
    }

    /// Count bytes of the body; a server sends none of them for HEAD.
    pub(crate) fn sent(&self, py: Python<'_>, size: u64) {
        if size > 0 && !self.is_head {
            self.span.borrow_mut(py).add_bytes_out(size);
        }
    }

    /// End the span, once; its context may stay current for what runs after the response.
    #[pyo3(signature = (exception=None, *, keep_context=false))]
    pub(crate) fn end(
        slf: &Bound<'_, Self>,
        exception: Option<&Bound<'_, PyAny>>,
        keep_context: bool,
    ) {
        let py = slf.py();
        let mut exchange = slf.borrow_mut();
        // An environment that is used again begins again.
        let _ = exchange.environ.bind(py).del_item(intern!(py, KEY));
        let noted = exchange.exception.take();
        let mut span = exchange.span.borrow_mut(py);
        if let (Some(noted), true) = (noted, exchange.status.unwrap_or(0) >= SERVER_ERROR) {
            span.note_exception_name(noted);
        }
        if !exchange.is_named {
            span.rename(Cow::Borrowed(UNMATCHED));
        }
        span.end_here(py, exception);
        if !keep_context {
            span.detach(py);
        }
    }

    /// Note that the application raised: the server answers for it, if nobody has yet.
    #[pyo3(signature = (exception, *, keep_context=false))]
    pub(crate) fn failed(
        slf: &Bound<'_, Self>,
        exception: Option<&Bound<'_, PyAny>>,
        keep_context: bool,
    ) {
        if slf.borrow().status.is_none() {
            Self::note_status(slf, SERVER_ERROR);
        }
        Self::end(slf, exception, keep_context);
    }

    /// End a body the server left before its end: if any was due, its client is gone.
    pub(crate) fn stopped(slf: &Bound<'_, Self>, size: u64) {
        let py = slf.py();
        let is_due = Self::length(slf).is_none_or(|length| size < length);
        {
            let exchange = slf.borrow();
            let has_body = !matches!(exchange.status, Some(204 | 304)) && !exchange.is_head;
            if is_due && has_body {
                let mut span = exchange.span.borrow_mut(py);
                span.put(known(Attribute::Disconnected), AttributeValue::Bool(true));
            }
        }
        Self::end(slf, None, true);
    }
}

impl WsgiExchange {
    fn note_status(slf: &Bound<'_, Self>, status: i64) {
        let mut exchange = slf.borrow_mut();
        exchange.status = Some(status);
        exchange.span.borrow_mut(slf.py()).set_status(Some(status));
    }

    /// What the server is to send, counted; the same object where it may look at it.
    fn body<'py>(
        slf: &Bound<'py, Self>,
        iterable: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        if let Some(size) = size_of_all(&iterable) {
            slf.borrow().sent(py, size);
            Self::end(slf, None, false);
            return Ok(iterable);
        }
        if slf.borrow().may_be_looked_into(&iterable)? {
            let room = slf.borrow().room.clone_ref(py);
            return room.get().other_body.bind(py).call1((slf, iterable));
        }
        let span = slf.borrow().span.clone_ref(py);
        let body = WsgiBody::new(slf.clone().unbind(), span, iterable.unbind());
        Ok(Bound::new(py, body)?.into_any())
    }

    /// Whether a server asks this body for more than its chunks: for its length, or for a file.
    fn may_be_looked_into(&self, iterable: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = iterable.py();
        if iterable.hasattr(intern!(py, "__len__"))? {
            return Ok(true);
        }
        let wrapper = self.environ.bind(py).get_item(intern!(py, "wsgi.file_wrapper"))?;
        let Some(wrapper) = wrapper.filter(|wrapper| !wrapper.is_none()) else { return Ok(false) };
        match wrapper.cast::<PyType>() {
            Ok(class) => iterable.is_instance(class),
            Err(_) => iterable.hasattr(intern!(py, "read")),
        }
    }
}

/// What `start_response` gives: the way to send a body that is no iterable.
#[pyclass(frozen, module = "ghostglass._native")]
#[derive(Debug)]
pub(crate) struct WsgiWrite {
    write: Py<PyAny>,
    span: Py<ActiveSpan>,
}

#[pymethods]
impl WsgiWrite {
    /// Send some bytes.
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        data: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(size) = data.len() {
            self.span.borrow_mut(py).add_bytes_out(size as u64);
        }
        self.write.bind(py).call1((data,))
    }
}

/// The size of one chunk, of whatever type the server takes.
pub(crate) fn size(chunk: &Bound<'_, PyAny>) -> u64 {
    match chunk.cast::<PyBytes>() {
        Ok(bytes) => bytes.as_bytes().len() as u64,
        Err(_) => chunk.len().unwrap_or(0) as u64,
    }
}

/// The size of a body that is a list or a tuple, and nothing derived from them.
fn size_of_all(iterable: &Bound<'_, PyAny>) -> Option<u64> {
    if let Ok(list) = iterable.cast_exact::<PyList>() {
        return Some(list.iter().map(|chunk| size(&chunk)).sum());
    }
    let tuple = iterable.cast_exact::<PyTuple>().ok()?;
    Some(tuple.iter().map(|chunk| size(&chunk)).sum())
}

/// `200` of `200 OK`.
fn status_of(status: &Bound<'_, PyAny>) -> Option<i64> {
    let status = status.cast::<PyString>().ok()?;
    status.to_str().ok()?.get(..3)?.parse().ok()
}

fn text<'py>(
    environ: &Bound<'py, PyDict>,
    key: &Bound<'py, PyString>,
) -> Option<Bound<'py, PyString>> {
    environ.get_item(key).ok()??.cast_into().ok()
}
