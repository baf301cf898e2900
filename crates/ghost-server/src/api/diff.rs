//! `GET /api/v1/sessions/{session}/diff?base=…`: what is different from another session.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use ghost_analysis::diff::Comparison;
use ghost_export::{DiffView, diff_json};
use ghost_model::FunctionId;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::anomalies::ComputationState;
use super::asked::{Asked, made};
use super::listing::{LIMIT, LIMIT_MAX, OFFSET_MAX};
use crate::security::Problem;
use crate::sessions::{Difference, FunctionAddress, SessionView};
use crate::state::AppState;

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/sessions/{session}/diff", get(diff))
}

/// A comparison as `ghost diff --format json` writes it, each of its three lists cut to the page. While it is being
/// made only `state` and `version` are there.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `ghost-export` writes")]
pub(crate) struct DiffAnswer {
    state: ComputationState,
    /// Changes whenever anything in the comparison could have.
    version: String,
    schema_version: Option<u32>,
    before: Option<DiffSession>,
    after: Option<DiffSession>,
    /// By which factor the calls of most functions grew; null where they did not.
    traffic_ratio: Option<f64>,
    unchanged_count: Option<u64>,
    changed_count: Option<u64>,
    added_count: Option<u64>,
    removed_count: Option<u64>,
    /// What matters most first; each with `function_id`.
    changed: Option<Vec<Value>>,
    /// The most called first; each with `function_id`.
    added: Option<Vec<OneSidedItem>>,
    /// The most called first; each with the `function_id` it has in the base.
    removed: Option<Vec<OneSidedItem>>,
}

/// One side of a comparison.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `ghost-export` writes")]
pub(crate) struct DiffSession {
    session_id: String,
    script_path: String,
    state: String,
    call_count: u64,
}

/// A function that was called in one session only.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `ghost-export` writes")]
pub(crate) struct OneSidedItem {
    function_id: String,
    fn_key: String,
    file: String,
    call_count: u64,
    exception_count: u64,
    #[schema(required)]
    mean_latency_ns: Option<u64>,
}

fn answer(found: &Difference, offset: usize, limit: usize) -> Value {
    let all = &found.comparison;
    let page = Comparison {
        added: cut(&all.added, offset, limit),
        removed: cut(&all.removed, offset, limit),
        changed: cut(&all.changed, offset, limit),
        unchanged_count: all.unchanged_count,
        body_count: all.body_count,
        traffic_ratio: all.traffic_ratio,
    };
    let (before, after) = (&found.before, &found.after);
    let sessions = (&before.live.session, &after.live.session);
    let view = DiffView { before: sessions.0, after: sessions.1, comparison: &page, top: limit };
    let mut value = diff_json(&view);
    let ids = page.changed.iter().map(|change| change.after);
    add_function_ids(&mut value["changed"], after, ids);
    add_function_ids(&mut value["added"], after, page.added.iter().map(|one| one.id));
    add_function_ids(&mut value["removed"], before, page.removed.iter().map(|one| one.id));
    value["changed_count"] = json!(all.changed.len());
    value["added_count"] = json!(all.added.len());
    value["removed_count"] = json!(all.removed.len());
    value["state"] = json!(ComputationState::Complete);
    value["version"] = json!(found.version);
    value
}

fn cut<T: Clone>(all: &[T], offset: usize, limit: usize) -> Vec<T> {
    all.iter().skip(offset).take(limit).cloned().collect()
}

fn add_function_ids(
    entries: &mut Value,
    view: &SessionView,
    ids: impl Iterator<Item = FunctionId>,
) {
    for (entry, id) in entries.as_array_mut().into_iter().flatten().zip(ids) {
        let address = FunctionAddress::of(view.recording().function(id));
        entry["function_id"] = json!(address.to_string());
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions/{session}/diff",
    description = "What is different from another session. Comparing may take a while in large sessions: then \
                   `state` is `computing`, and who asks again a little later gets the answer.",
    params(
        ("base" = String, Query, min_length = 1, max_length = 255, pattern = "^[^\\u0000]*$",
         description = "The session to compare with, called as in the path"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Functions of each list, at most (100)"),
        ("offset" = Option<u32>, Query, minimum = 0, maximum = 4_294_967_295_u32, description = "Functions of each list before the page (0)"),
    ),
    responses((status = 200, body = DiffAnswer))
)]
pub(crate) async fn diff(mut asked: Asked) -> Result<Response, Problem> {
    let base = asked.parameters.take("base").filter(|base| !base.is_empty());
    let base = base.ok_or_else(|| Problem::bad_parameter("base", "must name a session"))?;
    let limit = asked.parameters.number("limit", 1..=LIMIT_MAX)?.unwrap_or(LIMIT);
    let offset = asked.parameters.number("offset", 0..=OFFSET_MAX)?.unwrap_or(0);
    let sessions = Arc::clone(&asked.sessions);
    let (after, known) = asked.view().await?;
    let before = sessions.view(&base).await?;
    let Some(found) = sessions.difference(&before, &after).await else {
        let computing = [
            ("state".to_owned(), json!(ComputationState::Computing)),
            ("version".to_owned(), json!(after.version)),
        ];
        return made(move || Ok(Value::Object(Map::from_iter(computing)))).await;
    };
    let version = found.version.clone();
    let page = Arc::clone(&found);
    let write = move || serde_json::to_vec(&answer(&page, offset, limit));
    known
        .or_written(&version, move || {
            found.page((offset, limit), write).map_err(|_| Problem::internal())
        })
        .await
}
