//! Attributes of a span as the text of a column: a JSON object, which `json_extract` opens to plain SQL.

use ghost_model::{Attribute, AttributeKey, AttributeValue};
use serde_json::{Map, Value};

/// Writes the attributes in the order of their keys; of two with one key the later counts.
pub(crate) fn to_text(attributes: &[(AttributeKey, AttributeValue)]) -> String {
    let entry = |(key, value): &(AttributeKey, AttributeValue)| {
        let value = match value {
            AttributeValue::Int(number) => Value::from(*number),
            AttributeValue::Float(number) => Value::from(*number),
            AttributeValue::Bool(yes) => Value::from(*yes),
            AttributeValue::Text(text) => Value::from(text.as_str()),
        };
        (key.json_key().to_owned(), value)
    };
    Value::Object(attributes.iter().map(entry).collect()).to_string()
}

/// Reads attributes back; `None` where the text is none of ours.
pub(crate) fn from_text(text: &str) -> Option<Vec<(AttributeKey, AttributeValue)>> {
    let object: Map<String, Value> = serde_json::from_str(text).ok()?;
    let attribute = |(name, value): (String, Value)| {
        let key = Attribute::from_json_key(&name).map(AttributeKey::Known);
        Some((key.unwrap_or(AttributeKey::Named(name)), attribute_value(value)?))
    };
    object.into_iter().map(attribute).collect()
}

/// A number that is no number any more (JSON has no infinity) becomes a text.
fn attribute_value(value: Value) -> Option<AttributeValue> {
    match value {
        Value::Bool(yes) => Some(AttributeValue::Bool(yes)),
        Value::String(text) => Some(AttributeValue::Text(text)),
        Value::Number(number) => number
            .as_i64()
            .map(AttributeValue::Int)
            .or_else(|| number.as_f64().map(AttributeValue::Float)),
        Value::Null => Some(AttributeValue::Text("NaN".into())),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_survive_their_text() {
        let attributes = vec![
            (AttributeKey::Named("cart \"size\"".into()), AttributeValue::Float(1.5)),
            (AttributeKey::Known(Attribute::Disconnected), AttributeValue::Bool(true)),
            (AttributeKey::Known(Attribute::Method), AttributeValue::Text("GET\n\u{1b}[1m".into())),
            (AttributeKey::Known(Attribute::StatusCode), AttributeValue::Int(i64::MIN)),
        ];
        let text = to_text(&attributes);
        let back = from_text(&text).unwrap();
        assert_eq!(back.len(), 4);
        assert!(attributes.iter().all(|attribute| back.contains(attribute)), "{text}");
    }

    #[test]
    fn what_is_no_list_of_attributes_is_refused() {
        assert!(
            ["", "[]", r#"{"a":[1]}"#, r#"{"a":{}}"#].into_iter().all(|t| from_text(t).is_none())
        );
        assert_eq!(from_text("{}"), Some(Vec::new()));
    }
}
