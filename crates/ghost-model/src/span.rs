//! One span: a request, a function, a query, a call to another service, or an event of the program's
//! own, with when it happened, how long it took and what is known of it.
//!
//! Nothing here decides what may be recorded: names are route templates and redacted statements before
//! they become spans.

mod attribute;
mod id;
mod loss;

pub use attribute::{Attribute, AttributeKey, AttributeValue};
pub use id::{SpanId, TraceId};
pub use loss::SpanLoss;

/// What a span is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum SpanKind {
    /// A request this process answered, or a task it was given.
    #[default]
    Request = 1,
    /// A function.
    Function = 2,
    /// A statement sent to a database.
    Query = 3,
    /// A request this process sent: a flow to another service.
    Client = 4,
    /// An event of the program's own; its name is the kind the program gave it.
    Event = 5,
}

impl SpanKind {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 5] =
        [Self::Request, Self::Function, Self::Query, Self::Client, Self::Event];

    /// The word used in tables, JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Function => "function",
            Self::Query => "query",
            Self::Client => "client",
            Self::Event => "event",
        }
    }

    /// The kind with this number, if there is one.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }

    /// The kind written as this word, if there is one.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// An ended span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span {
    /// What it is about.
    pub kind: SpanKind,
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Its own id.
    pub span_id: SpanId,
    /// The span it happened in; [`SpanId::NONE`] where there is none.
    pub parent_span_id: SpanId,
    /// Start, nanoseconds since the Unix epoch.
    pub start_unix_ns: u64,
    /// Wall-clock duration.
    pub duration_ns: u64,
    /// Whether it failed: an exception left it, or the status says so.
    pub is_error: bool,
    /// Whether its trace is kept. Requests whose trace is not are recorded too, to be counted.
    pub is_sampled: bool,
    /// Route template, function, redacted statement (empty where it was not safe to keep), host, or the
    /// kind of the program's own event.
    pub name: String,
    /// What else is known, in the order it was given.
    pub attributes: Vec<(AttributeKey, AttributeValue)>,
}

impl Span {
    /// The value of a known attribute, if the span has it.
    pub fn attribute(&self, wanted: Attribute) -> Option<&AttributeValue> {
        let known = AttributeKey::Known(wanted);
        self.attributes.iter().find(|(key, _)| *key == known).map(|(_, value)| value)
    }

    /// The text of a known attribute, if the span has it and it is text.
    pub fn text(&self, wanted: Attribute) -> Option<&str> {
        match self.attribute(wanted) {
            Some(AttributeValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The number of a known attribute, if the span has it and it is a whole one.
    pub fn int(&self, wanted: Attribute) -> Option<i64> {
        match self.attribute(wanted) {
            Some(AttributeValue::Int(number)) => Some(*number),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_one_number_and_one_word() {
        for kind in SpanKind::ALL {
            assert_eq!(SpanKind::from_number(kind as u8), Some(kind));
            assert_eq!(SpanKind::from_word(kind.as_str()), Some(kind));
        }
        assert_eq!(SpanKind::from_number(0), None);
    }

    #[test]
    fn attributes_are_found_by_key_and_type() {
        let key = AttributeKey::Known(Attribute::StatusCode);
        let span = Span { attributes: vec![(key, AttributeValue::Int(200))], ..Span::default() };
        assert_eq!(span.int(Attribute::StatusCode), Some(200));
        assert_eq!(span.text(Attribute::StatusCode), None);
        assert_eq!(span.int(Attribute::Rows), None);
    }
}
