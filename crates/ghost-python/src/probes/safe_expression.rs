//! Expressions from outside the process, on objects of the program: `ghost_probes` with copies of them.
//!
//! Copies what is exactly of a built-in type, up to bounds, by functions of the interpreter that run no
//! code of the program; of everything else only the name of its type. Runs no Python code.

use std::cell::Cell;

use ghost_probes::{Expression, Scope, Value, evaluate};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyTypeMethods,
};

/// How deep containers are copied.
const DEPTH_MAX: usize = 4;
/// Items and pieces of 16 bytes that are copied for one look-up; what is larger is opaque.
const COPIED_MAX: usize = 2_000;
/// Characters of a result that are handed out.
const CHARS_MAX: usize = 2_000;

/// An expression of the small language: see `docs/probes.md`.
#[pyclass(frozen, module = "ghostglass._native")]
pub(crate) struct SafeExpression(Expression);

#[pymethods]
impl SafeExpression {
    /// Parse an expression; raise `ValueError` if it holds anything that is not allowed.
    #[new]
    #[pyo3(signature = (text, /))]
    fn new(text: &str) -> PyResult<Self> {
        let parsed = Expression::parse(text);
        parsed.map(Self).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// Evaluate it with the names of a dict, as text; raise `ValueError` if it has no value.
    #[pyo3(signature = (names, /))]
    fn evaluate(&self, names: &Bound<'_, PyDict>) -> PyResult<String> {
        let value = evaluate(&self.0, &Names(names));
        let value = value.map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(text(&value))
    }
}

/// A value as it is handed out.
pub(crate) fn text(value: &Value) -> String {
    value.to_string().chars().take(CHARS_MAX).collect()
}

/// The names of an expression are the keys of a dict.
pub(crate) struct Names<'a, 'py>(pub(crate) &'a Bound<'py, PyDict>);

impl<'py> Names<'_, 'py> {
    /// The object of a name.
    pub(crate) fn find(&self, name: &str) -> Option<Bound<'py, PyAny>> {
        // Keys that are no strings could have an `__eq__` of their own.
        let is_it = |key: &Bound<'_, PyAny>| {
            key.cast_exact::<PyString>().is_ok_and(|key| key.to_str().is_ok_and(|key| key == name))
        };
        self.0.iter().find(|(key, _)| is_it(key)).map(|(_, found)| found)
    }
}

impl Scope for Names<'_, '_> {
    fn look_up(&self, name: &str) -> Option<Value> {
        self.find(name).map(|found| copied(&found))
    }
}

/// A copy of an object, within bounds.
pub(crate) fn copied(object: &Bound<'_, PyAny>) -> Value {
    copy(object, DEPTH_MAX, &Cell::new(COPIED_MAX))
}

/// Copies an object, as far as `left` lasts.
fn copy(object: &Bound<'_, PyAny>, depth: usize, left: &Cell<usize>) -> Value {
    built_in(object, depth, left).unwrap_or_else(|| Value::Opaque(type_name(object)))
}

fn type_name(object: &Bound<'_, PyAny>) -> String {
    // `type.__name__` of the type itself, not an attribute of the object or its metaclass.
    let name = object.get_type().name();
    name.map_or_else(|_| "object".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Takes from what may still be copied.
fn take(left: &Cell<usize>, count: usize) -> Option<()> {
    left.set(left.get().checked_sub(count)?);
    Some(())
}

fn built_in(object: &Bound<'_, PyAny>, depth: usize, left: &Cell<usize>) -> Option<Value> {
    take(left, 1)?;
    if object.is_none() {
        return Some(Value::None);
    }
    if let Ok(value) = object.cast_exact::<PyBool>() {
        return Some(Value::Bool(value.is_true()));
    }
    if object.is_exact_instance_of::<PyInt>() {
        return object.extract().ok().map(Value::Int);
    }
    if object.is_exact_instance_of::<PyFloat>() {
        return object.extract().ok().map(Value::Float);
    }
    if let Ok(value) = object.cast_exact::<PyString>() {
        take(left, value.len().ok()? / 16)?;
        return Some(Value::Str(value.to_string_lossy().into_owned()));
    }
    if let Ok(value) = object.cast_exact::<PyBytes>() {
        take(left, value.as_bytes().len() / 16)?;
        return Some(Value::Bytes(value.as_bytes().to_vec()));
    }
    container(object, depth.checked_sub(1)?, left)
}

fn container(object: &Bound<'_, PyAny>, depth: usize, left: &Cell<usize>) -> Option<Value> {
    if let Ok(items) = object.cast_exact::<PyList>() {
        take(left, items.len())?;
        return Some(Value::Sequence(items.iter().map(|item| copy(&item, depth, left)).collect()));
    }
    if let Ok(items) = object.cast_exact::<PyTuple>() {
        take(left, items.len())?;
        return Some(Value::Sequence(items.iter().map(|item| copy(&item, depth, left)).collect()));
    }
    let items = object.cast_exact::<PyDict>().ok()?;
    take(left, items.len())?;
    let pair = |(key, value)| (copy(&key, depth, left), copy(&value, depth, left));
    Some(Value::Mapping(items.iter().map(pair).collect()))
}
