//! The page that asks. Browsers tell it with every request that a foreign page could profit from.
//!
//! Compared with the name that was asked for, which `host_check` has checked before: an attacker can choose
//! both, but not both of them ours.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Problem;
use super::host_check::host_of;

/// Answers 403 to what a foreign page asks. Programs that are no browser send no `Origin`.
pub(crate) async fn check_origin(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !headers.contains_key(ORIGIN) || is_own_origin(headers) {
        next.run(request).await
    } else {
        Problem::forbidden("the page that asks is not of this server").into_response()
    }
}

/// Whether the request says that a page of ours sent it. The stream of events needs this: for it browsers know no
/// other protection.
pub(crate) fn is_own_origin(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(ORIGIN).iter();
    let (Some(origin), None) = (values.next(), values.next()) else { return false };
    let (Some(host), Ok(origin)) = (host_of(headers), origin.to_str()) else { return false };
    origin.strip_prefix("http://").is_some_and(|from| from.eq_ignore_ascii_case(host))
}
