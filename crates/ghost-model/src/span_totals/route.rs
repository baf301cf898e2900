//! Requests added up per method, route template and framework.

use super::{BEYOND, Durations, count_of, text_of};
use crate::{Attribute, Span};

/// Which requests are added together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteKey {
    /// Route template, as the framework spells it.
    pub route: String,
    /// HTTP method; empty where there is none.
    pub method: String,
    /// The framework whose adapter saw them; empty where none did.
    pub framework: String,
}

impl RouteKey {
    /// The route of a request.
    pub fn of(request: &Span) -> Self {
        Self {
            route: request.name.clone(),
            method: text_of(request, Attribute::Method),
            framework: text_of(request, Attribute::Framework),
        }
    }

    /// Every route beyond the bound.
    pub fn beyond() -> Self {
        Self { route: BEYOND.into(), ..Self::default() }
    }
}

/// The first digit of a status, 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusClass(usize);

impl StatusClass {
    /// The class of a status; `None` for what is no HTTP status.
    pub fn of(status: i64) -> Option<Self> {
        usize::try_from(status / 100).ok().filter(|class| (1..=5).contains(class)).map(Self)
    }

    /// Place in [`RouteTotals::status_classes`].
    pub fn index(self) -> usize {
        self.0 - 1
    }
}

/// What the requests of one route add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteTotals {
    /// Requests.
    pub request_count: u64,
    /// Of them failed: by an exception or a status from 500 on.
    pub error_count: u64,
    /// How long they took.
    pub duration: Durations,
    /// Bytes of bodies that came in.
    pub bytes_in: u64,
    /// Bytes of bodies that went out.
    pub bytes_out: u64,
    /// Queries during them.
    pub query_count: u64,
    /// Time they spent in databases.
    pub query_ns: u64,
    /// The most often that one statement was sent in one request; 0 where none was repeated.
    pub repeated_query_count_max: u64,
    /// That statement, redacted.
    pub repeated_query: String,
    /// Requests by the first digit of their status, 1 to 5.
    pub status_classes: [u64; 5],
}

impl RouteTotals {
    /// Adds one request.
    pub fn add(&mut self, request: &Span) {
        let mut one = Self {
            request_count: 1,
            error_count: u64::from(request.is_error),
            bytes_in: count_of(request, Attribute::BytesIn),
            bytes_out: count_of(request, Attribute::BytesOut),
            query_count: count_of(request, Attribute::QueryCount),
            query_ns: count_of(request, Attribute::QueryNs),
            repeated_query_count_max: count_of(request, Attribute::RepeatedQueryCount),
            repeated_query: text_of(request, Attribute::RepeatedQuery),
            ..Self::default()
        };
        one.duration.add(request.duration_ns);
        if let Some(class) = request.int(Attribute::StatusCode).and_then(StatusClass::of) {
            one.status_classes[class.index()] = 1;
        }
        self.merge(&one);
    }

    /// Adds other requests of the same route.
    pub fn merge(&mut self, other: &Self) {
        for (mine, others) in [
            (&mut self.request_count, other.request_count),
            (&mut self.error_count, other.error_count),
            (&mut self.bytes_in, other.bytes_in),
            (&mut self.bytes_out, other.bytes_out),
            (&mut self.query_count, other.query_count),
            (&mut self.query_ns, other.query_ns),
        ] {
            *mine = mine.saturating_add(others);
        }
        for (mine, others) in self.status_classes.iter_mut().zip(other.status_classes) {
            *mine = mine.saturating_add(others);
        }
        self.duration.merge(&other.duration);
        if other.repeated_query_count_max > self.repeated_query_count_max {
            self.repeated_query_count_max = other.repeated_query_count_max;
            self.repeated_query.clone_from(&other.repeated_query);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AttributeKey, AttributeValue, SpanKind};

    fn request(duration_ns: u64, status: i64, repeated: i64) -> Span {
        let int = |attribute, number| (AttributeKey::Known(attribute), AttributeValue::Int(number));
        Span {
            kind: SpanKind::Request,
            name: "/users/{id}".into(),
            duration_ns,
            is_error: status >= 500,
            attributes: vec![
                int(Attribute::StatusCode, status),
                int(Attribute::BytesOut, 100),
                int(Attribute::BytesIn, -1),
                int(Attribute::QueryCount, 3),
                int(Attribute::RepeatedQueryCount, repeated),
                (
                    AttributeKey::Known(Attribute::RepeatedQuery),
                    AttributeValue::Text(format!("SELECT {repeated}")),
                ),
            ],
            ..Span::default()
        }
    }

    #[test]
    fn requests_add_up_in_any_order() {
        let spans = [request(5, 200, 0), request(9, 503, 14), request(7, 404, 2)];
        let mut totals = RouteTotals::default();
        let mut backwards = RouteTotals::default();
        for index in 0..spans.len() {
            totals.add(&spans[index]);
            backwards.add(&spans[spans.len() - 1 - index]);
        }
        assert_eq!(totals, backwards);
        assert_eq!((totals.request_count, totals.error_count, totals.query_count), (3, 1, 9));
        assert_eq!((totals.bytes_in, totals.bytes_out), (0, 300));
        assert_eq!(totals.status_classes, [0, 1, 0, 1, 1]);
        assert_eq!((totals.repeated_query_count_max, &*totals.repeated_query), (14, "SELECT 14"));
        assert_eq!(totals.duration.ns_max, 9);
    }

    #[test]
    fn only_http_statuses_have_a_class() {
        assert_eq!(StatusClass::of(599).map(StatusClass::index), Some(4));
        assert!([0, 99, 600, -200].into_iter().all(|status| StatusClass::of(status).is_none()));
    }
}
