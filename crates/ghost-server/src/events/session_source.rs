//! Sessions as the stream sees them: the rows of lists, and how each of them changes.
//!
//! Findings and probes are made when somebody asks for them: of these only the news that asking is worth
//! it is told, as rows that are in no message.

use std::sync::Arc;

use ghost_analysis::spans::{QueryRow, RequestRow};
use ghost_export::{query_sheet, request_sheet};
use ghost_model::SessionId;
use ghost_store::{LiveProcess, StoreError};
use serde_json::Value;

use super::delta::Row;
use super::message::Topic;
use super::watched::{Changes, Source, Watched};
use crate::api::functions::FunctionItem;
use crate::api::overview::{Overview, now_unix_ns};
use crate::api::processes::item as process_item;
use crate::sessions::{
    FunctionAddress, FunctionRow, SessionError, SessionView, Sessions, SpanView,
};

impl Source for Sessions {
    type View = SessionView;

    async fn meant(self: &Arc<Self>, selector: &str) -> Result<SessionId, String> {
        self.select(selector).await.map_err(|error| words(&error))
    }

    async fn seen(self: &Arc<Self>, id: &SessionId) -> Result<Arc<SessionView>, String> {
        self.view_of(id).await.map_err(|error| words(&error))
    }
}

/// Paths are for the log, not for clients.
fn words(error: &SessionError) -> String {
    match error {
        SessionError::Select(error) => error.to_string(),
        SessionError::Store(error) => {
            tracing::debug!(%error, "stream of events: a session cannot be read");
            let is_missing = matches!(**error, StoreError::Missing { .. });
            if is_missing { "no such session" } else { "the session cannot be read" }.into()
        }
        SessionError::Interrupted => "the session cannot be read".into(),
    }
}

impl Watched for SessionView {
    fn version(&self) -> &str {
        &self.version
    }

    fn is_live(&self) -> bool {
        !self.live.is_final
    }

    fn changes(&self, before: Option<&Self>, topic: Topic) -> Changes {
        match topic {
            Topic::Overview => Changes::one(Overview::of(self, now_unix_ns()).ok().as_ref()),
            Topic::Functions => {
                let old = before.map_or(&[][..], |view| view.functions.rows());
                Changes::between(old, self.functions.rows(), |row| FunctionItem::new(self, row))
            }
            Topic::Requests => between(before, self, |spans| spans.requests.rows(), request),
            Topic::Queries => between(before, self, |spans| spans.queries.rows(), query),
            Topic::Processes => {
                let old = before.map_or(&[][..], |view| &view.live.processes);
                Changes::between(old, &self.live.processes, process_item)
            }
            Topic::Anomalies | Topic::Probes => Changes { more_count: 1, ..Changes::default() },
        }
    }
}

/// What changed in rows made of spans; nothing where these cannot be read, which lists say.
fn between<R: Row<Key = String>>(
    before: Option<&SessionView>,
    after: &SessionView,
    rows: impl for<'a> Fn(&'a SpanView) -> &'a [R],
    item: impl Fn(&R) -> Option<Value>,
) -> Changes {
    let old = before.and_then(|view| view.spans().ok()).map_or(&[][..], &rows);
    let new = after.spans().ok().map_or(&[][..], &rows);
    Changes::between(old, new, item)
}

fn request(row: &RequestRow) -> Option<Value> {
    request_sheet(std::slice::from_ref(row)).objects().next()
}

fn query(row: &QueryRow) -> Option<Value> {
    query_sheet(std::slice::from_ref(row)).objects().next()
}

impl Row for FunctionRow {
    type Key = FunctionAddress;

    fn key(&self) -> FunctionAddress {
        self.address
    }

    fn weight(&self) -> u64 {
        self.call_count
    }

    /// Two readings may number functions differently.
    fn is_like(&self, other: &Self) -> bool {
        let numbers = |row: &Self| {
            (row.call_count, row.exception_count, row.total_ns, row.self_ns, row.signature_count)
        };
        let latencies = |row: &Self| (row.latency_ns_mean, row.latency_ns, row.latency_ns_max);
        (numbers(self), latencies(self), self.is_estimate)
            == (numbers(other), latencies(other), other.is_estimate)
    }
}

impl Row for RequestRow {
    type Key = String;

    fn key(&self) -> String {
        format!("{} {}\n{}", self.key.method, self.key.route, self.key.framework)
    }

    fn weight(&self) -> u64 {
        self.totals.request_count
    }

    fn is_like(&self, other: &Self) -> bool {
        self == other
    }
}

impl Row for QueryRow {
    type Key = String;

    fn key(&self) -> String {
        let key = &self.key;
        [&*key.statement, &key.system, &key.operation, &key.collection].join("\n")
    }

    fn weight(&self) -> u64 {
        self.totals.query_count
    }

    fn is_like(&self, other: &Self) -> bool {
        self == other
    }
}

impl Row for LiveProcess {
    type Key = String;

    fn key(&self) -> String {
        format!("{} {}", self.process.pid, self.process.start_unix_ns)
    }

    fn weight(&self) -> u64 {
        self.call_count
    }

    fn is_like(&self, other: &Self) -> bool {
        self == other
    }
}
