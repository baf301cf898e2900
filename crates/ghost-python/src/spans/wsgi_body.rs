//! The iterable of a WSGI response: counts its chunks, and ends the span with the last of them.
//!
//! Ends once, however the server goes about it: all chunks taken, `close` before the last, or neither.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyIterator;

use super::active_span::ActiveSpan;
use super::wsgi_exchange::{WsgiExchange, size};
use crate::abandoned_thread;

/// What the server gets in the place of what the application returned.
#[pyclass(module = "ghostglass._native")]
#[derive(Debug)]
pub(crate) struct WsgiBody {
    /// Until the span ends.
    exchange: Option<Py<WsgiExchange>>,
    /// Until the body is closed: what closing does belongs to the trace of the request.
    span: Option<Py<ActiveSpan>>,
    iterable: Py<PyAny>,
    chunks: Option<Py<PyIterator>>,
    sent: u64,
}

#[pymethods]
impl WsgiBody {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// Give one chunk; an end or an error is the response's.
    fn __next__<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match Self::chunk(slf) {
            Ok(Some(chunk)) => {
                slf.borrow_mut().sent += size(&chunk);
                Ok(Some(chunk))
            }
            Ok(None) => {
                if let Some(exchange) = Self::finished(slf) {
                    WsgiExchange::end(&exchange, None, true);
                }
                Ok(None)
            }
            Err(error) => {
                if let Some(exchange) = Self::finished(slf) {
                    WsgiExchange::failed(&exchange, Some(error.value(slf.py())), true);
                }
                Err(error)
            }
        }
    }

    /// Close the application's iterable; what that does still belongs to the request's trace.
    fn close(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let iterable = slf.borrow().iterable.clone_ref(py);
        let close = iterable.bind(py).getattr_opt(intern!(py, "close"))?;
        let closed = close.map_or(Ok(()), |close| close.call0().map(drop));
        if let Err(error) = &closed
            && let Some(exchange) = Self::finished(slf)
        {
            WsgiExchange::failed(&exchange, Some(error.value(py)), false);
        }
        slf.borrow_mut().leave(py);
        closed
    }
}

impl WsgiBody {
    pub(crate) fn new(
        exchange: Py<WsgiExchange>,
        span: Py<ActiveSpan>,
        iterable: Py<PyAny>,
    ) -> Self {
        Self { exchange: Some(exchange), span: Some(span), iterable, chunks: None, sent: 0 }
    }

    /// The next chunk of the application, with nothing of ours borrowed.
    fn chunk<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = slf.py();
        let known = slf.borrow().chunks.as_ref().map(|chunks| chunks.clone_ref(py));
        let chunks = match known.map(|chunks| chunks.into_bound(py)) {
            Some(chunks) => chunks,
            None => Self::begin(slf)?,
        };
        abandoned_thread::next(&chunks)
    }

    /// Asks the application for its chunks.
    fn begin<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyIterator>> {
        let iterable = slf.borrow().iterable.clone_ref(slf.py());
        let chunks = iterable.bind(slf.py()).try_iter()?;
        slf.borrow_mut().chunks = Some(chunks.clone().unbind());
        Ok(chunks)
    }

    /// Hands over the exchange, once, with what was sent.
    fn finished<'py>(slf: &Bound<'py, Self>) -> Option<Bound<'py, WsgiExchange>> {
        slf.borrow_mut().take_exchange(slf.py())
    }

    fn take_exchange<'py>(&mut self, py: Python<'py>) -> Option<Bound<'py, WsgiExchange>> {
        let exchange = self.exchange.take()?.into_bound(py);
        exchange.borrow().sent(py, self.sent);
        Some(exchange)
    }

    /// Lets go of span and context, whatever was sent until then.
    fn leave(&mut self, py: Python<'_>) {
        if let Some(exchange) = self.take_exchange(py) {
            WsgiExchange::stopped(&exchange, self.sent);
        }
        if let Some(span) = self.span.take() {
            span.borrow(py).detach(py);
        }
    }
}

/// What a server forgot to close is left all the same, so that its context reaches no other request.
impl Drop for WsgiBody {
    fn drop(&mut self) {
        if self.span.is_some() {
            Python::attach(|py| self.leave(py));
        }
    }
}
