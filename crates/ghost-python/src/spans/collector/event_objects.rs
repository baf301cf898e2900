//! A span as the dictionary that Python exporters get: the same keys and values as its line of JSON.

use ghost_model::{Span, SpanId, TraceId};
use ghost_spans::encoding::decode;
use ghost_spans::event::{Key, each_field};
use ghost_spans::json_text::Value;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// The dictionary of a record; `None` where its bytes make no sense.
pub(super) fn from_record(py: Python<'_>, record: &[u8]) -> Option<Py<PyAny>> {
    let span = decode(record)?;
    from_span(py, &span).ok().map(|dict| dict.into_any().unbind())
}

fn from_span<'py>(py: Python<'py>, span: &Span) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let mut outcome = Ok(());
    each_field(span, &mut |key, value| {
        let key = match key {
            // The same words for every event: one object each.
            Key::Ours(key) => PyString::intern(py, key),
            Key::Programs(key) => PyString::new(py, key),
        };
        let put = match value {
            Value::Null | Value::Trace(TraceId::NONE) | Value::Span(SpanId::NONE) => {
                dict.set_item(key, py.None())
            }
            Value::Bool(yes) => dict.set_item(key, yes),
            Value::Int(number) => dict.set_item(key, number),
            Value::Uint(number) => dict.set_item(key, number),
            Value::Float(number) => dict.set_item(key, number),
            Value::Text(text) => dict.set_item(key, text),
            Value::Trace(id) => dict.set_item(key, id.to_string()),
            Value::Span(id) => dict.set_item(key, id.to_string()),
        };
        if put.is_err() {
            outcome = put;
        }
    });
    outcome.map(|()| dict)
}
