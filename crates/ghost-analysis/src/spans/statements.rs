//! Statements: what they add up to, who sends them, and how often in one request.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use ghost_model::{RouteKey, RouteTotals, Span, SpanId, SpanKind, StatementKey, StatementTotals};

use super::issuers::{self, Requests};

/// A route that sends a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// `GET /users/{id}`.
    pub route: String,
    /// Queries of it among the kept spans.
    pub query_count: u64,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryRow {
    /// The statement.
    pub key: StatementKey,
    /// What all its queries add up to.
    pub totals: StatementTotals,
    /// Routes that send it, the most frequent first; among the kept spans.
    pub issuers: Vec<Issuer>,
    /// The most often that it was sent in one request; 0 where nobody saw it repeated.
    pub repeated_count_max: u64,
}

/// Every statement, the one that took the most time first.
pub fn queries(
    statements: Vec<(StatementKey, StatementTotals)>,
    routes: &[(RouteKey, RouteTotals)],
    spans: &[Span],
) -> Vec<QueryRow> {
    let mut seen = Seen::among(spans);
    let row = |(key, totals): (StatementKey, StatementTotals)| {
        let Senders { routes: by_route, repeated } = seen.senders.remove(&key).unwrap_or_default();
        // Counted in the process, so known even where no span of it is kept.
        let in_route = routes
            .iter()
            .filter(|(_, route)| !key.statement.is_empty() && route.repeated_query == key.statement)
            .map(|(_, route)| route.repeated_query_count_max);
        let largest = repeated.into_values().chain(in_route).max().unwrap_or(0);
        let mut issuers: Vec<Issuer> = by_route
            .into_iter()
            .map(|(route, query_count)| Issuer { route, query_count })
            .collect();
        issuers.sort_by_key(|issuer| Reverse(issuer.query_count));
        let repeated_count_max = if largest > 1 { largest } else { 0 };
        QueryRow { key, totals, issuers, repeated_count_max }
    };
    let mut rows: Vec<QueryRow> = statements.into_iter().map(row).collect();
    rows.sort_by(|a, b| {
        b.totals.duration.ns_sum.cmp(&a.totals.duration.ns_sum).then_with(|| a.key.cmp(&b.key))
    });
    rows
}

/// Who sent a statement.
#[derive(Debug, Default)]
struct Senders {
    routes: BTreeMap<String, u64>,
    /// Queries per request.
    repeated: HashMap<SpanId, u64>,
}

/// What the kept spans tell of statements.
#[derive(Debug, Default)]
struct Seen {
    senders: HashMap<StatementKey, Senders>,
}

impl Seen {
    fn among(spans: &[Span]) -> Self {
        let requests = Requests::new(spans);
        let mut seen = Self::default();
        for query in spans.iter().filter(|span| span.kind == SpanKind::Query) {
            let Some(request) = requests.around(query) else { continue };
            let senders = seen.senders.entry(StatementKey::of(query)).or_default();
            let route = issuers::label(&RouteKey::of(request));
            *senders.routes.entry(route).or_default() += 1;
            *senders.repeated.entry(request.span_id).or_default() += 1;
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(kind: SpanKind, id: u64, parent: u64, name: &str) -> Span {
        Span {
            kind,
            span_id: SpanId(id),
            parent_span_id: SpanId(parent),
            name: name.into(),
            duration_ns: id,
            ..Span::default()
        }
    }

    #[test]
    fn a_query_belongs_to_the_request_around_it() {
        let spans = [
            span(SpanKind::Query, 1, 7, "SELECT ?"),
            span(SpanKind::Query, 2, 8, "SELECT ?"),
            span(SpanKind::Query, 3, 99, "SELECT ?"),
            span(SpanKind::Function, 7, 8, "load"),
            span(SpanKind::Request, 8, 0, "/users"),
        ];
        let mut totals = StatementTotals::default();
        spans[..3].iter().for_each(|span| totals.add(span));
        let other = StatementKey { statement: "DELETE".into(), ..StatementKey::default() };
        let statements =
            vec![(other, StatementTotals::default()), (StatementKey::of(&spans[0]), totals)];
        let rows = queries(statements, &[], &spans);
        assert_eq!(rows[0].issuers, [Issuer { route: "/users".into(), query_count: 2 }]);
        assert_eq!((rows[0].totals.query_count, rows[0].repeated_count_max), (3, 2));
        assert_eq!((rows[1].issuers.len(), rows[1].repeated_count_max), (0, 0));
    }

    #[test]
    fn repetition_is_known_even_where_no_span_is_kept() {
        let key = StatementKey { statement: "SELECT ?".into(), ..StatementKey::default() };
        let route = RouteTotals {
            repeated_query: "SELECT ?".into(),
            repeated_query_count_max: 14,
            ..RouteTotals::default()
        };
        let rows =
            queries(vec![(key, StatementTotals::default())], &[(RouteKey::default(), route)], &[]);
        assert_eq!(rows[0].repeated_count_max, 14);
    }
}
