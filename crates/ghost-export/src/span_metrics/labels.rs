//! The values a span has for the labels of its family. Borrowed: most spans belong to a series there is.

use std::borrow::Cow;

use ghost_model::{Attribute, Span};

use super::family::Family;

/// Values longer than this are cut: no route template and no name of a table is longer, and a label is
/// written once for each bucket.
const VALUE_CHARS_MAX: usize = 200;

/// No family has more labels.
const LABELS_MAX: usize = 5;

/// Separates values in a key. A value that holds one could at worst share a series with another.
const SEPARATOR: char = '\0';

/// One value for each label of the family; empty where there is none.
pub(super) struct LabelValues<'a>([Cow<'a, str>; LABELS_MAX]);

impl<'a> LabelValues<'a> {
    pub(super) fn of(family: Family, span: &'a Span) -> Self {
        let text = |attribute| span.text(attribute).map(shortened).unwrap_or_default();
        let int = |attribute| number(span.int(attribute));
        let name = || shortened(&span.name);
        let error = || error_type(span).map_or(Cow::Borrowed(""), Cow::Owned);
        let values = match family {
            Family::HttpServer => {
                [text(Attribute::Method), name(), int(Attribute::StatusCode), error(), "".into()]
            }
            Family::HttpClient => [
                text(Attribute::Method),
                span.text(Attribute::ServerAddress).map_or_else(name, shortened),
                int(Attribute::ServerPort),
                int(Attribute::StatusCode),
                error(),
            ],
            Family::Query => [
                text(Attribute::DbSystem),
                text(Attribute::Operation),
                text(Attribute::Collection),
                error(),
                "".into(),
            ],
            Family::Task | Family::Function => [name(), error(), "".into(), "".into(), "".into()],
        };
        Self(values)
    }

    /// Writes what tells this combination from others.
    pub(super) fn write_key(&self, family: Family, key: &mut String) {
        key.clear();
        key.push(family.digit());
        for value in &self.0 {
            key.push(SEPARATOR);
            key.push_str(value);
        }
    }

    /// The labels that have a value.
    pub(super) fn labels(&self, family: Family) -> Vec<(&'static str, String)> {
        let pairs = family.labels().iter().zip(&self.0);
        let present = pairs.filter(|(_, value)| !value.is_empty());
        present.map(|(label, value)| (*label, value.clone().into_owned())).collect()
    }
}

/// Type of the exception, else the status that says so, where the span failed.
pub(crate) fn error_type(span: &Span) -> Option<String> {
    if !span.is_error {
        return None;
    }
    let exception = span.text(Attribute::ExceptionType).map(|name| shortened(name).into_owned());
    let status = || span.int(Attribute::StatusCode).map(|status| status.to_string());
    Some(exception.or_else(status).unwrap_or_else(|| "_OTHER".into()))
}

fn number(number: Option<i64>) -> Cow<'static, str> {
    number.map(|number| number.to_string()).unwrap_or_default().into()
}

fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => text.get(..end).unwrap_or_default().into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::{AttributeKey, AttributeValue, SpanKind};

    #[test]
    fn an_error_has_a_type_and_success_has_none() {
        let status = (AttributeKey::Known(Attribute::StatusCode), AttributeValue::Int(503));
        let mut span = Span { attributes: vec![status], ..Span::default() };
        assert_eq!(error_type(&span), None);
        span.is_error = true;
        assert_eq!(error_type(&span).as_deref(), Some("503"));
        let exception = AttributeValue::Text("KeyError".into());
        span.attributes.push((AttributeKey::Known(Attribute::ExceptionType), exception));
        assert_eq!(error_type(&span).as_deref(), Some("KeyError"));
    }

    #[test]
    fn labels_without_a_value_are_left_out_and_long_ones_cut() {
        let name = "é".repeat(VALUE_CHARS_MAX + 9);
        let span = Span { kind: SpanKind::Function, name, ..Span::default() };
        let labels = LabelValues::of(Family::Function, &span).labels(Family::Function);
        assert_eq!(labels, [("code.function.name", "é".repeat(VALUE_CHARS_MAX))]);
    }
}
