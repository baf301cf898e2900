//! The metrics there are: names, meaning, labels and bucket bounds, as OpenTelemetry's semantic
//! conventions have them where they have any.

use ghost_model::{Attribute, Span, SpanKind};

/// Bounds for HTTP, in seconds.
const HTTP_BOUNDS_S: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
/// Bounds for databases, in seconds. Functions are as quick, so they have the same.
const QUERY_BOUNDS_S: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

/// What a series measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Requests this process answered.
    HttpServer,
    /// Tasks of a queue it was given.
    Task,
    /// Requests it sent.
    HttpClient,
    /// Statements it sent to databases.
    Query,
    /// Functions.
    Function,
}

impl Family {
    /// Every family, in the order they are written in.
    pub const ALL: [Self; 5] =
        [Self::HttpServer, Self::Task, Self::HttpClient, Self::Query, Self::Function];

    /// The family of a span. Events of the program are only counted.
    pub(super) fn of(span: &Span) -> Option<Self> {
        match span.kind {
            SpanKind::Request if is_task(span) => Some(Self::Task),
            SpanKind::Request => Some(Self::HttpServer),
            SpanKind::Client => Some(Self::HttpClient),
            SpanKind::Query => Some(Self::Query),
            SpanKind::Function => Some(Self::Function),
            SpanKind::Event => None,
        }
    }

    /// Semantic name. All durations are in seconds.
    pub fn semantic_name(self) -> &'static str {
        match self {
            Self::HttpServer => "http.server.request.duration",
            Self::Task => "messaging.process.duration",
            Self::HttpClient => "http.client.request.duration",
            Self::Query => "db.client.operation.duration",
            Self::Function => "ghost.function.duration",
        }
    }

    /// What it means, for people.
    pub fn description(self) -> &'static str {
        match self {
            Self::HttpServer => "Duration of HTTP server requests.",
            Self::Task => "Duration of processing a task.",
            Self::HttpClient => "Duration of HTTP client requests.",
            Self::Query => "Duration of database client operations.",
            Self::Function => "Duration of profiled functions.",
        }
    }

    /// Semantic names of its labels.
    pub fn labels(self) -> &'static [&'static str] {
        match self {
            Self::HttpServer => {
                &["http.request.method", "http.route", "http.response.status_code", "error.type"]
            }
            Self::Task => &["messaging.destination.name", "error.type"],
            Self::HttpClient => &[
                "http.request.method",
                "server.address",
                "server.port",
                "http.response.status_code",
                "error.type",
            ],
            Self::Query => {
                &["db.system.name", "db.operation.name", "db.collection.name", "error.type"]
            }
            Self::Function => &["code.function.name", "error.type"],
        }
    }

    /// Upper bounds of its buckets, in seconds.
    pub fn bounds_s(self) -> &'static [f64] {
        match self {
            Self::HttpServer | Self::Task | Self::HttpClient => &HTTP_BOUNDS_S,
            Self::Query | Self::Function => &QUERY_BOUNDS_S,
        }
    }

    /// The key of the series for all that are too many: no label has a value.
    pub(super) fn write_key_of_other(self, key: &mut String) {
        key.clear();
        key.push(self.digit());
    }

    /// What keys of the family begin with.
    pub(super) fn digit(self) -> char {
        char::from(b'0' + self as u8)
    }
}

/// Whether a request came from a queue.
pub(crate) fn is_task(span: &Span) -> bool {
    span.text(Attribute::Protocol) == Some("task")
}
