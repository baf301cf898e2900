//! Resources under `/api/v1`, one file each, and `/health`.
//!
//! Whoever gets here has shown the token, but for `/health`: `security` decides that by the path alone,
//! so that no resource can forget it.

pub(crate) mod anomalies;
mod asked;
pub(crate) mod call_tree;
pub(crate) mod diff;
pub(crate) mod errors;
pub(crate) mod flows;
pub(crate) mod function_detail;
pub(crate) mod functions;
pub(crate) mod health;
mod listing;
pub(crate) mod overview;
mod parameters;
pub(crate) mod probes;
pub(crate) mod processes;
pub(crate) mod queries;
pub(crate) mod requests;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod traces;

use std::sync::Arc;

use axum::Router;

use crate::sessions::{
    Column, ERROR_COLUMNS, FINDING_COLUMNS, FLOW_COLUMNS, FUNCTION_COLUMNS, PROCESS_COLUMNS,
    QUERY_COLUMNS, REQUEST_COLUMNS, SESSION_COLUMNS, TRACE_COLUMNS,
};
use crate::state::AppState;

pub(crate) use listing::{LIMIT_MAX, OFFSET_MAX, SEARCH_MAX};

/// All resources.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new()
        .merge(health::routes())
        .merge(settings::routes())
        .merge(sessions::routes())
        .merge(functions::routes())
        .merge(function_detail::routes())
        .merge(overview::routes())
        .merge(anomalies::routes())
        .merge(diff::routes())
        .merge(call_tree::routes())
        .merge(requests::routes())
        .merge(queries::routes())
        .merge(flows::routes())
        .merge(traces::routes())
        .merge(errors::routes())
        .merge(processes::routes())
        .merge(probes::routes())
}

/// A resource that is a list: what its items can be sorted by, for the document.
pub(crate) struct List {
    /// Its path.
    pub(crate) path: &'static str,
    /// Names of its columns.
    pub(crate) columns: fn() -> Vec<&'static str>,
    /// What it is sorted by where nobody says so.
    pub(crate) sort: &'static str,
}

/// All of them.
pub(crate) const LISTS: &[List] = &[
    List { path: "/api/v1/sessions", columns: || names(&SESSION_COLUMNS), sort: sessions::SORT },
    List {
        path: "/api/v1/sessions/{session}/functions",
        columns: || names(&FUNCTION_COLUMNS),
        sort: functions::SORT,
    },
    List {
        path: "/api/v1/sessions/{session}/anomalies",
        columns: || names(&FINDING_COLUMNS),
        sort: anomalies::SORT,
    },
    List {
        path: "/api/v1/sessions/{session}/requests",
        columns: || names(&REQUEST_COLUMNS),
        sort: requests::SORT,
    },
    List {
        path: "/api/v1/sessions/{session}/queries",
        columns: || names(&QUERY_COLUMNS),
        sort: queries::SORT,
    },
    List {
        path: "/api/v1/sessions/{session}/flows",
        columns: || names(&FLOW_COLUMNS),
        sort: flows::SORT,
    },
    List {
        path: "/api/v1/sessions/{session}/traces",
        columns: || names(&TRACE_COLUMNS),
        sort: traces::SORT,
    },
    List {
        path: "/api/v1/sessions/{session}/errors",
        columns: || names(&ERROR_COLUMNS),
        sort: errors::SORT,
    },
    List {
        path: "/api/v1/sessions/{session}/processes",
        columns: || names(&PROCESS_COLUMNS),
        sort: processes::SORT,
    },
];

fn names<R>(columns: &[Column<R>]) -> Vec<&'static str> {
    columns.iter().map(|column| column.name).collect()
}

#[cfg(test)]
pub(crate) mod staging;
#[cfg(test)]
mod tests;
