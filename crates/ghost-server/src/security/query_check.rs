//! No token in a query: what is there ends in histories, logs and `Referer`.
//!
//! What else may be in a query is each resource's to say.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Problem;

/// Under what names tokens are sent elsewhere.
const TOKENS: [&str; 3] = ["token", "access_token", "authorization"];

/// Answers 400 to a query with a token, even a right one.
pub(crate) async fn check_query(request: Request, next: Next) -> Response {
    if request.uri().query().is_some_and(names_a_token) {
        let detail = "the token belongs into the `Authorization` header";
        Problem::bad_request(detail).into_response()
    } else {
        next.run(request).await
    }
}

fn names_a_token(query: &str) -> bool {
    let names = query.split('&').map(|pair| pair.split('=').next().unwrap_or(pair));
    names.into_iter().any(|name| TOKENS.iter().any(|token| name.eq_ignore_ascii_case(token)))
}
