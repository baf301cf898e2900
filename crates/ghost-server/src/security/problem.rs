//! Errors as `application/problem+json` (RFC 9457).
//!
//! Says what is wrong with the request, never anything of the machine: no path, no cause, no version.

use axum::Json;
use axum::http::header::{CONNECTION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An answer that is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: Option<String>,
    parameter: Option<String>,
}

/// Its shape on the wire.
#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<&'a str>,
}

impl Problem {
    /// A status that says all.
    pub(crate) fn new(status: StatusCode) -> Self {
        Self { status, detail: None, parameter: None }
    }

    /// The request makes no sense.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST).detail(detail)
    }

    /// A parameter of the query is unknown, or what it is set to makes no sense.
    pub(crate) fn bad_parameter(parameter: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { parameter: Some(parameter.into()), ..Self::bad_request(detail) }
    }

    /// No token, or not ours; which of both is not said.
    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED)
    }

    /// Not from there.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN).detail(detail)
    }

    /// No such thing.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND).detail(detail)
    }

    /// Our failure. What failed belongs into the log.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// One more sentence.
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: self.detail.as_deref(),
            parameter: self.parameter.as_deref(),
        };
        let mut answer = (self.status, Json(body)).into_response();
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::FORBIDDEN].contains(&self.status) {
            // What is still on its way belongs to no request; and who may not ask is not to ask again.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }
}
