//! `GET /api/v1/sessions/{session}/errors`: exceptions that left functions, those that somebody swallowed first.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::Asked;
use super::function_detail::FunctionReference;
use super::listing::{ListAnswer, ListQuery};
use crate::security::Problem;
use crate::sessions::{ERROR_COLUMNS, ErrorRow, SessionView};
use crate::state::AppState;

/// What errors are sorted by where nobody says so: swallowed ones first.
pub(crate) const SORT: &str = "-is_swallowed";

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/sessions/{session}/errors", get(errors))
}

/// Exceptions of one type that left one function and ended in one other, or in none.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorItem {
    #[serde(flatten)]
    function: FunctionReference,
    file: String,
    exception_type: String,
    /// How many left the function.
    count: u64,
    /// Of them those that began in it; the others came from functions it called.
    raised_count: u64,
    /// Calls of the function.
    call_count: u64,
    /// Whether another function ended them.
    is_swallowed: bool,
    /// Who; null while nobody has.
    #[schema(required)]
    caught_by: Option<FunctionReference>,
}

fn item(view: &SessionView, row: &ErrorRow) -> ErrorItem {
    let recording = view.recording();
    let function = recording.function(row.function);
    ErrorItem {
        function: FunctionReference::of(row.function, function),
        file: function.file.clone(),
        exception_type: row.exception_type.to_string(),
        count: row.count,
        raised_count: row.raised_count,
        call_count: row.call_count,
        is_swallowed: row.is_swallowed(),
        caught_by: row.caught_by.map(|id| FunctionReference::of(id, recording.function(id))),
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions/{session}/errors",
    description = "Exceptions that left functions, by function, type and who ended them.",
    responses((status = 200, body = ListAnswer<ErrorItem>))
)]
pub(crate) async fn errors(mut asked: Asked) -> Result<Response, Problem> {
    let query = ListQuery::take(&mut asked.parameters, &ERROR_COLUMNS, SORT)?;
    let (view, known) = asked.view().await?;
    let version = view.version.clone();
    let make = move || Ok(query.answer(view.errors(), &view.version, |row| item(&view, row)));
    known.or_made(&version, make).await
}
