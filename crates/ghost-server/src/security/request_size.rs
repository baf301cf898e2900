//! How much of a request is read: addresses of 8 KiB, bodies of 64 KiB that arrive in time.
//!
//! A body is read only behind the token, and as a whole: no handler waits for a client. Heads are bounded
//! where connections are served.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::timeout;

use super::Problem;

/// Bytes of a target: filters are at most 256 bytes, so this is generous.
const TARGET_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a body: the largest that makes sense is a few settings.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// From the head to the last byte of the body.
const BODY_WAIT_MAX: Duration = Duration::from_secs(10);

/// Answers 414 to addresses that are too long.
pub(crate) async fn check_target(request: Request, next: Next) -> Response {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > TARGET_BYTES_MAX {
        Problem::new(StatusCode::URI_TOO_LONG).into_response()
    } else {
        next.run(request).await
    }
}

/// Reads the body; answers 413, 408 or 415 to what is too much, too slow or nothing that we understand.
pub(crate) async fn read_body(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    match whole(&head.headers, body)
        .await
        .and_then(|body| checked(&head.method, &head.headers, body))
    {
        Ok(body) => next.run(Request::from_parts(head, Body::from(body))).await,
        Err(problem) => problem.into_response(),
    }
}

async fn whole(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(StatusCode::PAYLOAD_TOO_LARGE);
    let promised = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if promised.is_some_and(|length: u64| length > BODY_BYTES_MAX as u64) {
        return Err(too_large());
    }
    match timeout(BODY_WAIT_MAX, Limited::new(body, BODY_BYTES_MAX).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Problem::bad_request("the body is broken")),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT)),
    }
}

/// Forms of other sites can send text, but not say that it is JSON.
fn checked(method: &Method, headers: &HeaderMap, body: Bytes) -> Result<Bytes, Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_json = kind.eq_ignore_ascii_case("application/json");
    if *method == Method::GET || is_json || (body.is_empty() && kind.is_empty()) {
        Ok(body)
    } else {
        Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE))
    }
}
