//! What a browser is told about every answer: run nothing that is not ours, keep nothing, tell nobody.
//!
//! There is no header of CORS, ever: no other page has any business here.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Problem;

/// Scripts, styles and connections of this server only; nothing inline, no frames, no forms.
const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; object-src 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Adds the headers, and makes a problem of every error that is none yet.
pub(crate) async fn secure_answer(request: Request, next: Next) -> Response {
    let mut answer = as_problem(next.run(request).await);
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
    answer
}

/// Errors of the libraries are plain text.
fn as_problem(answer: Response) -> Response {
    let status = answer.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let is_problem = answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM);
    if !is_error || is_problem {
        return answer;
    }
    let allow = answer.headers().get(ALLOW).map(without_head);
    let mut problem = Problem::new(status).into_response();
    if let Some(allow) = allow {
        problem.headers_mut().insert(ALLOW, allow);
    }
    problem
}

const PROBLEM: &str = "application/problem+json";

/// The router offers `HEAD` wherever there is a `GET`; we do not.
fn without_head(allow: &HeaderValue) -> HeaderValue {
    let methods = allow.to_str().unwrap_or_default().split(',').map(str::trim);
    let methods: Vec<&str> = methods.filter(|method| *method != "HEAD").collect();
    HeaderValue::from_str(&methods.join(", ")).unwrap_or(HeaderValue::from_static(""))
}
