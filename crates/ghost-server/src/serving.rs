//! Connections: accepting, bounding and ending them.
//!
//! What a request means is decided behind `router`.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

use crate::stop::Stopped;

/// The address at which a request arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalAddress(pub(crate) SocketAddr);

/// Serves until a stop is asked for.
pub(crate) async fn serve(listener: TcpListener, router: Router, mut stopped: Stopped) {
    loop {
        tokio::select! {
            () = stopped.wait() => break,
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                tokio::spawn(converse(stream, router.clone()));
            },
        }
    }
}

async fn converse(stream: TcpStream, router: Router) {
    let Ok(local) = stream.local_addr() else { return };
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(LocalAddress(local));
        router.clone().oneshot(request.map(Body::new))
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new());
    let connection = builder.serve_connection(TokioIo::new(stream), service).with_upgrades();
    if let Err(error) = connection.await {
        tracing::debug!(%error, "connection ended");
    }
}
