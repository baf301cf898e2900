//! Attributes: a name and a value of one of OTLP's types.

use ghost_model::AttributeValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

/// An attribute with a text.
pub(super) fn text(key: &str, value: impl Into<String>) -> KeyValue {
    pair(key, Value::StringValue(value.into()))
}

/// An attribute with a number.
pub(super) fn int(key: &str, value: i64) -> KeyValue {
    pair(key, Value::IntValue(value))
}

/// An attribute that is or is not.
pub(super) fn bool(key: &str, value: bool) -> KeyValue {
    pair(key, Value::BoolValue(value))
}

/// An attribute of a span.
pub(super) fn attribute(key: &str, value: &AttributeValue) -> KeyValue {
    let value = match value {
        AttributeValue::Int(number) => Value::IntValue(*number),
        AttributeValue::Float(number) => Value::DoubleValue(*number),
        AttributeValue::Bool(yes) => Value::BoolValue(*yes),
        AttributeValue::Text(text) => Value::StringValue(text.clone()),
    };
    pair(key, value)
}

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}
