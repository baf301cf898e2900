//! What a request for a resource asks: which session, with which parameters, and what its client has already.
//!
//! Refuses what makes no sense before anything is read. Answers are made in threads that may wait.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ghost_store::StoreError;
use serde::Serialize;

use super::parameters::Parameters;
use crate::security::Problem;
use crate::sessions::{SessionError, SessionView, Sessions};
use crate::state::AppState;

/// A request that makes sense so far.
pub(crate) struct Asked {
    /// The sessions there are.
    pub(crate) sessions: Arc<Sessions>,
    /// What stands behind the `?`.
    pub(crate) parameters: Parameters,
    /// The variable parts of the path, in order.
    path: Vec<String>,
    known: Known,
}

/// What the client has already.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    tags: Vec<String>,
}

impl FromRequestParts<Arc<AppState>> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &Arc<AppState>,
    ) -> Result<Self, Self::Rejection> {
        let path = RawPathParams::from_request_parts(parts, state).await;
        let path = path.map_err(|_| Problem::bad_request("the path is no text of valid UTF-8"))?;
        let path: Vec<String> = path.iter().map(|(_, part)| part.to_owned()).collect();
        if path.iter().any(|part| part.contains('\0')) {
            return Err(Problem::bad_request("the path has a character that no name has"));
        }
        Ok(Self {
            sessions: Arc::clone(&state.sessions),
            parameters: Parameters::parse(parts.uri.query())?,
            path,
            known: Known::of(&parts.headers),
        })
    }
}

impl Asked {
    /// A variable part of the path.
    pub(crate) fn part(&self, place: usize) -> &str {
        self.path.get(place).map_or("", String::as_str)
    }

    /// The session that is asked for, and what the client has of it. No parameter may be left.
    pub(crate) async fn view(self) -> Result<(Arc<SessionView>, Known), Problem> {
        let view = self.sessions.view(self.part(0)).await?;
        self.parameters.finish()?;
        Ok((view, self.known))
    }

    /// What the client has. No parameter may be left.
    pub(crate) fn finish(self) -> Result<(Arc<Sessions>, Known), Problem> {
        self.parameters.finish()?;
        Ok((self.sessions, self.known))
    }
}

impl Known {
    fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(IF_NONE_MATCH).iter();
        let tags = values.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
        Self { tags: tags.map(|tag| tag.trim().trim_start_matches("W/").to_owned()).collect() }
    }

    /// Sends what is made, unless the client has this version of it.
    pub(crate) async fn or_made<T: Serialize + 'static>(
        self,
        version: &str,
        make: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        self.or_written(version, || written(make)).await
    }

    /// The same for what is JSON already.
    pub(crate) async fn or_written(
        self,
        version: &str,
        write: impl FnOnce() -> Result<Vec<u8>, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        let tag = format!("\"{version}\"");
        if self.tags.iter().any(|known| *known == tag || known == "*") {
            return Ok(tagged(StatusCode::NOT_MODIFIED.into_response(), &tag));
        }
        Ok(tagged(sent(write).await?, &tag))
    }
}

/// Sends what is made in a thread that may wait.
pub(crate) async fn made<T: Serialize + 'static>(
    make: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    sent(|| written(make)).await
}

fn written<T: Serialize>(make: impl FnOnce() -> Result<T, Problem>) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(&make()?).map_err(|_| Problem::internal())
}

async fn sent(
    write: impl FnOnce() -> Result<Vec<u8>, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let body = tokio::task::spawn_blocking(write).await;
    let body = body.map_err(|_| Problem::internal())??;
    Ok(([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
}

fn tagged(mut response: Response, tag: &str) -> Response {
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Select(unknown) => Self::not_found(unknown.to_string()),
            SessionError::Store(error) => Self::from(&*error),
            SessionError::Interrupted => Self::internal(),
        }
    }
}

/// Paths are for the log, not for the answer.
impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        if let StoreError::Missing { .. } = error {
            return Self::not_found("no such session");
        }
        tracing::warn!(%error, "cannot read a session");
        match error {
            StoreError::Busy { .. } => Self::new(StatusCode::SERVICE_UNAVAILABLE)
                .detail("another program has the session file locked"),
            StoreError::Newer { .. } => {
                Self::internal().detail("the session file was written by a newer version")
            }
            StoreError::Damaged { .. } | StoreError::NotASession { .. } => {
                Self::internal().detail("the session file is damaged")
            }
            _ => Self::internal().detail("the session file cannot be read"),
        }
    }
}
