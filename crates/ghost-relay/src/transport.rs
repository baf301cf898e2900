//! How a request travels, without what is in it: over HTTP or gRPC, tried once.
//!
//! Credentials go into headers and nowhere else; what libraries say of a failure may repeat addresses,
//! so every problem is in our own words.

mod certificates;
#[cfg(test)]
pub(crate) mod fake_receiver;
mod grpc;
#[cfg(test)]
mod grpc_tests;
mod http;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use crate::settings::{Protocol, SignalSettings};
use crate::sink::Problem;

/// What a receiver answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// It took the request; this is the body of its answer, empty where it is too large to be one.
    Accepted(Vec<u8>),
    /// Another try could help.
    Again {
        /// When, if the receiver said so.
        after: Option<Duration>,
        /// What was wrong.
        problem: Problem,
    },
    /// No try will help.
    Refused(Problem),
}

/// Sends requests to one receiver. Used by one thread.
pub(crate) trait Transport: Send {
    /// Sends a message, and waits for the answer no longer than until then.
    fn post(&mut self, message: &[u8], until: Option<Instant>) -> Reply;
}

/// Why nothing can be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// A certificate or key cannot be used.
    #[error("{role} `{path}` cannot be used: {reason}", path = .path.display())]
    Certificate {
        /// What it is for.
        role: &'static str,
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A certificate without its key, or the other way round.
    #[error("a client certificate and its key are needed together")]
    Pair,
    /// The system has no more threads, descriptors or memory.
    #[error("cannot start sending")]
    System(#[from] std::io::Error),
}

/// What settings ask for.
pub(crate) fn connect(settings: &SignalSettings) -> Result<Box<dyn Transport>, TransportError> {
    Ok(match settings.protocol {
        Protocol::Http => Box::new(http::HttpTransport::new(settings)?),
        Protocol::Grpc => Box::new(grpc::GrpcTransport::new(settings)?),
    })
}

/// How long a request may take: as configured, but not beyond the end.
fn timeout(configured: Duration, until: Option<Instant>) -> Duration {
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    left.map_or(configured, |left| left.min(configured)).max(Duration::from_millis(1))
}

/// `nobody listens there` and alike.
fn io_reason(kind: std::io::ErrorKind) -> &'static str {
    match kind {
        std::io::ErrorKind::ConnectionRefused => "nobody listens there",
        std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => NO_ANSWER,
        std::io::ErrorKind::InvalidData => NO_TRUST,
        std::io::ErrorKind::UnexpectedEof => "the answer broke off",
        _ => "the connection broke",
    }
}

/// What is said of who does not answer.
const NO_ANSWER: &str = "no answer in time";
/// What is said where encryption fails.
const NO_TRUST: &str = "no trusted encryption";
