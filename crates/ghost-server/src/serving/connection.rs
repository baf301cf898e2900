//! One connection: its requests one after the other, each through the router.
//!
//! Every wait for the client has an end: `hyper` closes a connection whose next head is not complete in time,
//! also one that never says anything.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONNECTION, TRANSFER_ENCODING, UPGRADE};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tower::ServiceExt as _;

use super::admission::{Place, Turn};
use super::guarded_stream::GuardedStream;
use super::head_guard::HEAD_BYTES_MAX;
use super::{LocalAddress, ServingLimits};
use crate::stop::Stopped;

/// Serves a connection until it ends; after a stop only what was begun.
pub(super) async fn talk(
    stream: TcpStream,
    place: Place,
    router: Router,
    limits: ServingLimits,
    mut stopped: Stopped,
) {
    let Ok(local) = stream.local_addr() else { return };
    // Answers are written in one piece; waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    let turn = place.turn();
    let service = service_fn(move |request| answer(request, local, router.clone(), turn.clone()));
    // Without a timer the waits would have no end. More than 100 headers are refused by default.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_wait)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_header_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(GuardedStream::new(stream)), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped.wait() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}

async fn answer(
    request: Request<Incoming>,
    local: SocketAddr,
    router: Router,
    turn: Turn,
) -> Result<Response<Body>, Infallible> {
    turn.began();
    let is_last = is_last(request.headers());
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(LocalAddress(local));
    let mut answer = router.oneshot(request).await?;
    if is_last && answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    turn.ended();
    Ok(answer)
}

/// Whether `head_guard` stopped looking with this request: nothing after it may be taken for another one.
fn is_last(headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE) || headers.contains_key(TRANSFER_ENCODING)
}
