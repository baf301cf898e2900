//! Connections: accepting, bounding and ending them.
//!
//! What a request means is decided behind `router`. How many there are is bounded by `admission`, how long
//! a head may take by `connection`, and what one may look like by `head_guard`.

mod admission;
mod connection;
mod guarded_stream;
mod head_guard;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use crate::stop::Stopped;
use admission::Admission;

/// After a failure to accept, which is the machine running out of something: trying at once would only take
/// more of it.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The address at which a request arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalAddress(pub(crate) SocketAddr);

/// What a client may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServingLimits {
    /// Connections at a time, without those that became sockets of events.
    pub(crate) connection_count: usize,
    /// From the first chance to send a request to its last header; so long may a connection be idle, too.
    pub(crate) head_wait: Duration,
    /// How long requests may go on after a stop was asked for.
    pub(crate) stop_wait: Duration,
}

impl Default for ServingLimits {
    fn default() -> Self {
        Self {
            // A browser opens six; the rest is for programs.
            connection_count: 256,
            head_wait: Duration::from_secs(10),
            // With farewells and readings, which come after it, less than three seconds.
            stop_wait: Duration::from_millis(1_500),
        }
    }
}

/// Serves until a stop is asked for, and what has begun by then.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ServingLimits,
    mut stopped: Stopped,
) {
    let admission = Admission::new(limits.connection_count);
    loop {
        let (stream, place) = tokio::select! {
            () = stopped.wait() => break,
            admitted = next_admitted(&listener, &admission) => admitted,
        };
        let id = place.id();
        let talk = connection::talk(stream, place, router.clone(), limits, stopped.clone());
        admission.is_held_by(id, tokio::spawn(talk).abort_handle());
    }
    drop(listener);
    if timeout(limits.stop_wait, admission.all_left()).await.is_err() {
        tracing::debug!("requests were cut off");
    }
}

/// The next connection and its place. Whoever waits for a place waits in the queue of the system.
async fn next_admitted(
    listener: &TcpListener,
    admission: &Admission,
) -> (TcpStream, admission::Place) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, admission.enter().await),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
