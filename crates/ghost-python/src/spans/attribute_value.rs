//! From a Python value that a program or an adapter gives to the value of an attribute.

use ghost_model::{Attribute, AttributeKey, AttributeValue};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};

/// The key written as this word.
pub(crate) fn key(word: &str) -> AttributeKey {
    match Attribute::from_json_key(word) {
        Some(attribute) => AttributeKey::Known(attribute),
        None => AttributeKey::Named(word.to_owned()),
    }
}

/// The value, exactly where it is a scalar; of anything else only the type's name. `None` for `None`.
pub(crate) fn value(value: &Bound<'_, PyAny>) -> Option<AttributeValue> {
    if value.is_none() {
        return None;
    }
    if let Ok(yes) = value.cast::<PyBool>() {
        return Some(AttributeValue::Bool(yes.is_true()));
    }
    if value.is_instance_of::<PyInt>() {
        let number = value.extract::<i64>().map(AttributeValue::Int);
        return number.ok().or_else(|| value.extract().ok().map(AttributeValue::Float));
    }
    if value.is_instance_of::<PyFloat>() {
        return value.extract().ok().map(AttributeValue::Float);
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Some(AttributeValue::Text(text.to_string_lossy().into_owned()));
    }
    Some(AttributeValue::Text(format!("<{}>", type_name(value))))
}

/// The name of a value's type.
pub(crate) fn type_name(value: &Bound<'_, PyAny>) -> String {
    class_name(value.get_type().as_any())
}

/// The name of an exception's type: from an instance, a type, or the name itself.
pub(crate) fn exception_name(exception: &Bound<'_, PyAny>) -> Option<String> {
    if exception.is_none() {
        return None;
    }
    if let Ok(name) = exception.cast::<PyString>() {
        return Some(name.to_string_lossy().into_owned());
    }
    if exception.is_instance_of::<pyo3::types::PyType>() {
        return Some(class_name(exception));
    }
    Some(type_name(exception))
}

fn class_name(class: &Bound<'_, PyAny>) -> String {
    let class = class.cast::<pyo3::types::PyType>();
    let name = class.ok().and_then(|class| class.name().ok());
    name.map_or_else(|| "?".to_owned(), |name| name.to_string_lossy().into_owned())
}
