//! `GET /api/v1/events`: from a request to a socket. Everything is checked before: nothing is ever sent
//! over a socket to somebody who has not shown the token.
//!
//! A browser cannot add headers to a WebSocket, so its page shows the token as one of the subprotocols it
//! offers. Other pages could connect, too, which browsers do not prevent: `Origin` must be our own.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::server::create_response;

use super::connection::{Patience, converse};
use super::hub::Membership;
use crate::security::{Problem, Token, is_own_origin};
use crate::sessions::Sessions;
use crate::state::AppState;

/// The subprotocol that is spoken.
const PROTOCOL: &str = "ghostglass.v1";

/// What begins the one that is none, but shows the token.
const TOKEN_PREFIX: &str = "ghostglass.token.";

/// Opens the stream of events.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    responses(
        (status = 101, description = "The socket is open; see `docs/events.md`."),
    ),
)]
pub(crate) async fn upgrade(State(state): State<Arc<AppState>>, request: Request) -> Response {
    match accept(&state, request) {
        Ok(response) => response,
        Err(problem) => {
            let mut refusal = problem.into_response();
            // Who is refused does not keep the connection.
            refusal.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            refusal
        }
    }
}

fn accept(state: &AppState, mut request: Request) -> Result<Response, Problem> {
    let headers = request.headers();
    if !is_own_origin(headers) {
        return Err(Problem::forbidden("only the page of this server may open a socket"));
    }
    if !shows(headers, &state.token) {
        return Err(Problem::unauthorized());
    }
    if request.uri().query().is_some() {
        return Err(Problem::bad_request("this address takes no parameters"));
    }
    let answer = handshake(&request)?;
    let on_upgrade = request
        .extensions_mut()
        .remove::<OnUpgrade>()
        .ok_or_else(|| Problem::bad_request("this connection cannot become a WebSocket"))?;
    let member = state.events.join().ok_or_else(|| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail("too many clients listen already")
    })?;
    tokio::spawn(talk(on_upgrade, member));
    Ok(answer)
}

async fn talk(on_upgrade: OnUpgrade, member: Membership<Sessions>) {
    match on_upgrade.await {
        Ok(stream) => converse(TokioIo::new(stream), member, Patience::default()).await,
        Err(error) => tracing::debug!(%error, "a socket was not opened"),
    }
}

/// The answer to a proper request for a WebSocket that speaks our protocol.
fn handshake(request: &Request) -> Result<Response, Problem> {
    let no_socket = |_| Problem::bad_request("this address needs a WebSocket");
    let mut bare = axum::http::Request::new(());
    *bare.method_mut() = request.method().clone();
    *bare.version_mut() = request.version();
    *bare.headers_mut() = request.headers().clone();
    let mut answer = create_response(&bare).map_err(no_socket)?.map(|()| Body::empty());
    if !offers(request.headers()).any(|offer| offer == PROTOCOL) {
        return Err(Problem::bad_request("the subprotocol `ghostglass.v1` is not offered"));
    }
    answer.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    answer.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    Ok(answer)
}

/// The subprotocols a client offers, over all headers of that name.
fn offers(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim)
}

/// Whether exactly one token is offered, and it is ours.
fn shows(headers: &HeaderMap, token: &Token) -> bool {
    let mut tokens = offers(headers).filter_map(|offer| offer.strip_prefix(TOKEN_PREFIX));
    match (tokens.next(), tokens.next()) {
        (Some(shown), None) => token.is(shown.as_bytes()),
        _ => false,
    }
}
