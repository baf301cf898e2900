//! An event of the program, a dictionary, as one line of JSON: written at once, because the thread that
//! exports it knows no Python.
//!
//! Runs no code of the program: of what has no form in JSON only the name of its type is written.

use ghost_spans::json_text::{JsonObject, Value, write_text};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::spans::attribute_value::type_name;

/// Deeper values are written as their type.
const DEPTH_MAX: u32 = 8;
/// Room for most events.
const LINE_BYTES: usize = 256;
/// Longer lines are refused: an event is no place for documents.
const LINE_BYTES_MAX: usize = 1 << 20;

/// The line; `None` for what is no dictionary or too long.
#[inline]
pub(super) fn write(event: &Bound<'_, PyAny>) -> Option<Vec<u8>> {
    let event = event.cast::<PyDict>().ok()?;
    let mut line = Vec::with_capacity(LINE_BYTES);
    write_dict(event, &mut line, 0);
    (line.len() <= LINE_BYTES_MAX).then_some(line)
}

fn write_dict(dict: &Bound<'_, PyDict>, out: &mut Vec<u8>, depth: u32) {
    let mut object = JsonObject::begin(out);
    for (key, value) in dict {
        match key.cast_exact::<PyString>() {
            Ok(key) => match key.to_str() {
                Ok(key) => object.key(key),
                Err(_) => object.key(&key.to_string_lossy()),
            },
            Err(_) => object.key(&other_key(&key)),
        };
        write_value(&value, object.out(), depth + 1);
    }
    object.end();
}

/// The commonest types first.
fn write_value(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: u32) {
    if let Ok(text) = value.cast_exact::<PyString>() {
        match text.to_str() {
            Ok(text) => write_text(out, text),
            Err(_) => write_text(out, &text.to_string_lossy()),
        }
    } else if let Ok(number) = value.cast_exact::<PyInt>() {
        write_int(number, out);
    } else if value.is_none() {
        Value::Null.write(out);
    } else if let Ok(yes) = value.cast_exact::<PyBool>() {
        Value::Bool(yes.is_true()).write(out);
    } else if let Ok(number) = value.cast_exact::<PyFloat>() {
        Value::Float(number.value()).write(out);
    } else {
        write_other(value, out, depth);
    }
}

#[cold]
fn write_other(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: u32) {
    let has_room = depth < DEPTH_MAX && out.len() <= LINE_BYTES_MAX;
    if let (Ok(dict), true) = (value.cast::<PyDict>(), has_room) {
        write_dict(dict, out, depth);
    } else if let (Ok(list), true) = (value.cast_exact::<PyList>(), has_room) {
        write_list(list.iter(), out, depth);
    } else if let (Ok(tuple), true) = (value.cast::<PyTuple>(), has_room) {
        write_list(tuple.iter(), out, depth);
    } else if let Ok(text) = value.cast::<PyString>() {
        write_text(out, &text.to_string_lossy());
    } else if let Ok(number) = value.cast::<PyInt>() {
        write_int(number, out);
    } else if let Ok(number) = value.cast::<PyFloat>() {
        Value::Float(number.value()).write(out);
    } else {
        write_text(out, &format!("<{}>", type_name(value)));
    }
}

fn write_list<'py>(values: impl Iterator<Item = Bound<'py, PyAny>>, out: &mut Vec<u8>, depth: u32) {
    out.push(b'[');
    for (index, value) in values.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_value(&value, out, depth + 1);
    }
    out.push(b']');
}

/// What does not fit 64 bits is written as the nearest number that fits a float.
fn write_int(number: &Bound<'_, PyInt>, out: &mut Vec<u8>) {
    match number.extract::<i64>() {
        Ok(number) => Value::Int(number).write(out),
        Err(_) => match number.extract::<u64>() {
            Ok(number) => Value::Uint(number).write(out),
            Err(_) => Value::Float(number.extract().unwrap_or(f64::NAN)).write(out),
        },
    }
}

/// Keys that are no text, as `json` of Python writes them.
#[cold]
fn other_key(key: &Bound<'_, PyAny>) -> String {
    if let Ok(text) = key.cast::<PyString>() {
        return text.to_string_lossy().into_owned();
    }
    if key.is_none() {
        return "null".to_owned();
    }
    let mut out = Vec::new();
    match (key.cast_exact::<PyBool>(), key.cast_exact::<PyInt>(), key.cast_exact::<PyFloat>()) {
        (Ok(yes), ..) => Value::Bool(yes.is_true()).write(&mut out),
        (_, Ok(number), _) => write_int(number, &mut out),
        (_, _, Ok(number)) => Value::Float(number.value()).write(&mut out),
        _ => return format!("<{}>", type_name(key)),
    }
    String::from_utf8(out).unwrap_or_default()
}
