//! What can be known of a span: the attributes we have words for, and those of the program's own.

use std::borrow::Cow;

/// An attribute that adapters know. Its number is part of the layout of a span record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Attribute {
    /// HTTP method; `_OTHER` for an unknown one, `TASK` for a task of a queue.
    Method = 1,
    /// HTTP status.
    StatusCode = 2,
    /// Bytes of the body that came in.
    BytesIn = 3,
    /// Bytes of the body that went out.
    BytesOut = 4,
    /// Type of the exception that ended it, or that was turned into an error.
    ExceptionType = 5,
    /// `http`, `websocket` or `task`.
    Protocol = 6,
    /// `http` or `https`.
    Scheme = 7,
    /// The framework whose adapter saw it.
    Framework = 8,
    /// The client was gone before the end.
    Disconnected = 9,
    /// Queries during a request.
    QueryCount = 10,
    /// Time a request spent in databases, nanoseconds.
    QueryNs = 11,
    /// How often the most repeated statement of a request was sent; absent below two.
    RepeatedQueryCount = 12,
    /// That statement, redacted.
    RepeatedQuery = 13,
    /// Database system, as OpenTelemetry names it: `postgresql`.
    DbSystem = 14,
    /// Database.
    Namespace = 15,
    /// Table or collection.
    Collection = 16,
    /// `SELECT`, `find`, `GET`.
    Operation = 17,
    /// Rows returned or changed.
    Rows = 18,
    /// Statements or parameter sets in a batch.
    BatchSize = 19,
    /// Time a query waited for a connection of the pool, nanoseconds.
    PoolWaitNs = 20,
    /// Host that was called.
    ServerAddress = 21,
    /// Its port.
    ServerPort = 22,
    /// `traceresponse` and alike are not read; this is the `tracestate` that came with the request.
    Tracestate = 23,
    /// The program's own spelling of the trace id, where it is not 32 hexadecimal digits.
    TraceLabel = 24,
    /// The program's own spelling of the span id.
    SpanLabel = 25,
    /// The program's own spelling of the parent's id.
    ParentLabel = 26,
    /// Thread that was running when it ended.
    ThreadId = 27,
}

/// Name in JSON, name in OpenTelemetry.
const NAMES: [(Attribute, &str, &str); 27] = [
    (Attribute::Method, "method", "http.request.method"),
    (Attribute::StatusCode, "status", "http.response.status_code"),
    (Attribute::BytesIn, "bytes_in", "http.request.body.size"),
    (Attribute::BytesOut, "bytes_out", "http.response.body.size"),
    (Attribute::ExceptionType, "exception_type", "exception.type"),
    (Attribute::Protocol, "protocol", "network.protocol.name"),
    (Attribute::Scheme, "scheme", "url.scheme"),
    (Attribute::Framework, "framework", "ghost.framework"),
    (Attribute::Disconnected, "disconnected", "ghost.disconnected"),
    (Attribute::QueryCount, "query_count", "ghost.query.count"),
    (Attribute::QueryNs, "query_ns", "ghost.query.duration_ns"),
    (Attribute::RepeatedQueryCount, "repeated_query_count", "ghost.query.repeated.count"),
    (Attribute::RepeatedQuery, "repeated_query", "ghost.query.repeated.text"),
    (Attribute::DbSystem, "db_vendor", "db.system.name"),
    (Attribute::Namespace, "namespace", "db.namespace"),
    (Attribute::Collection, "collection", "db.collection.name"),
    (Attribute::Operation, "operation", "db.operation.name"),
    (Attribute::Rows, "rows", "db.response.returned_rows"),
    (Attribute::BatchSize, "batch_size", "db.operation.batch.size"),
    (Attribute::PoolWaitNs, "pool_wait_ns", "ghost.pool.wait_ns"),
    (Attribute::ServerAddress, "server_address", "server.address"),
    (Attribute::ServerPort, "server_port", "server.port"),
    (Attribute::Tracestate, "tracestate", "w3c.tracestate"),
    (Attribute::TraceLabel, "trace_label", "ghost.trace.label"),
    (Attribute::SpanLabel, "span_label", "ghost.span.label"),
    (Attribute::ParentLabel, "parent_label", "ghost.parent.label"),
    (Attribute::ThreadId, "thread_id", "thread.id"),
];

impl Attribute {
    /// Every attribute, in the order of its number.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.into_iter().map(|(attribute, _, _)| attribute)
    }

    /// The attribute with this number, if there is one.
    pub fn from_number(number: u8) -> Option<Self> {
        let index = usize::from(number).checked_sub(1)?;
        NAMES.get(index).map(|(attribute, _, _)| *attribute)
    }

    /// The attribute with this JSON key, if there is one.
    pub fn from_json_key(key: &str) -> Option<Self> {
        NAMES.iter().find(|(_, name, _)| *name == key).map(|(attribute, _, _)| *attribute)
    }

    /// Key in JSON, and column in SQL where there is one.
    pub fn json_key(self) -> &'static str {
        NAMES[self as usize - 1].1
    }

    /// Name in OpenTelemetry's semantic conventions, or under `ghost.` where they have none.
    pub fn semantic_name(self) -> &'static str {
        NAMES[self as usize - 1].2
    }
}

/// A known attribute or one of the program's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AttributeKey {
    /// One we have a word for.
    Known(Attribute),
    /// A word of the program.
    Named(String),
}

impl AttributeKey {
    /// Key in JSON.
    pub fn json_key(&self) -> &str {
        match self {
            Self::Known(attribute) => attribute.json_key(),
            Self::Named(name) => name,
        }
    }

    /// Name in OpenTelemetry.
    pub fn semantic_name(&self) -> &str {
        match self {
            Self::Known(attribute) => attribute.semantic_name(),
            Self::Named(name) => name,
        }
    }
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// A whole number.
    Int(i64),
    /// Any number.
    Float(f64),
    /// Yes or no.
    Bool(bool),
    /// Text.
    Text(String),
}

impl AttributeValue {
    /// The value as text for people.
    pub fn display(&self) -> Cow<'_, str> {
        match self {
            Self::Int(number) => number.to_string().into(),
            Self::Float(number) => number.to_string().into(),
            Self::Bool(yes) => yes.to_string().into(),
            Self::Text(text) => text.as_str().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_lead_back_to_the_attribute() {
        for (index, attribute) in Attribute::all().enumerate() {
            assert_eq!(attribute as usize, index + 1);
            assert_eq!(Attribute::from_number(attribute as u8), Some(attribute));
            assert_eq!(Attribute::from_json_key(attribute.json_key()), Some(attribute));
        }
        assert_eq!(Attribute::from_number(0), None);
        assert_eq!(Attribute::from_number(28), None);
    }

    #[test]
    fn no_two_attributes_share_a_name() {
        let mut names: Vec<_> = Attribute::all().map(Attribute::semantic_name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), NAMES.len());
    }
}
