//! Puts the rooms together: every route, behind every check, in the order that matters.
//!
//! Checks are around all routes and decide by what the request says, so that no new route can forget one.

use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::security::{
    HostNames, Problem, check_host, check_origin, check_query, check_target, check_token,
    read_body, secure_answer,
};
use crate::state::AppState;
use crate::{api, assets, events, openapi, vitals};

/// The whole server.
pub(crate) fn router(state: &Arc<AppState>, names: HostNames) -> Router {
    let rooms = Router::new()
        .merge(api::routes())
        .merge(openapi::routes())
        .merge(events::routes())
        .merge(vitals::routes())
        .merge(assets::routes());
    #[cfg(test)]
    let rooms = rooms.merge(crate::network_tests::routes());
    guarded(rooms.with_state(Arc::clone(state)), state, names)
}

/// The routes behind the checks. The last one is asked first; nothing of a request is looked at before its
/// `Host`, and no body is read before the token was shown.
fn guarded(rooms: Router, state: &Arc<AppState>, names: HostNames) -> Router {
    // A layer of a router is inside of its choice by method; around all of it there is only this.
    Router::new()
        .fallback_service(rooms)
        .layer(from_fn(refuse_head))
        .layer(from_fn(read_body))
        .layer(from_fn(check_origin))
        .layer(from_fn_with_state(Arc::clone(state), check_token))
        .layer(from_fn(check_query))
        .layer(from_fn_with_state(names, check_host))
        .layer(from_fn(check_target))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(from_fn(log))
        .layer(from_fn(secure_answer))
}

/// `HEAD` would run a handler for nothing. The router refuses `TRACE` everywhere, and says what it would take.
async fn refuse_head(mut request: Request, next: Next) -> Response {
    if request.method() == Method::HEAD {
        *request.method_mut() = Method::TRACE;
    }
    next.run(request).await
}

/// What happened is the panic hook's to tell.
fn after_panic(_fault: Box<dyn Any + Send + 'static>) -> Response {
    Problem::internal().into_response()
}

/// A line per request, without its query and its headers. What a client can choose is escaped.
async fn log(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let answer = next.run(request).await;
    tracing::info!(method = method.as_str(), path, status = answer.status().as_u16(), "answered");
    answer
}
