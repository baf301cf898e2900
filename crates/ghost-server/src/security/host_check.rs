//! The name that was asked for. A site can let its own name point to this machine (DNS rebinding); its
//! pages are then of the same origin as we are, but the name is not ours.
//!
//! Headers that a proxy would add (`X-Forwarded-Host`) are never looked at.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Problem;
use crate::serving::LocalAddress;

/// The port that is left out of addresses.
const HTTP_PORT: u16 = 80;

/// Names that everybody has for the machine itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The names of a server.
#[derive(Clone, Debug)]
pub(crate) struct HostNames {
    given: Arc<str>,
}

impl HostNames {
    /// Besides those of loopback and the address of the connection, the one that the user gave.
    pub(crate) fn new(given: &str) -> Self {
        Self { given: given.into() }
    }

    /// Whether a request for `host` that arrived at `local` is for us.
    fn contain(&self, host: &str, local: SocketAddr) -> bool {
        let name = match host.strip_suffix(&format!(":{}", local.port())) {
            Some(name) => name,
            None if local.port() == HTTP_PORT => host,
            None => return false,
        };
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        LOOPBACK.into_iter().any(is) || is(&in_an_address(local.ip())) || self.is_given(name)
    }

    /// The unspecified address (`0.0.0.0`) is a place to listen, not a name: browsers take it for this
    /// machine, and so do attacks.
    fn is_given(&self, name: &str) -> bool {
        let is_unspecified = self.given.parse().is_ok_and(|ip: IpAddr| ip.is_unspecified());
        !is_unspecified && name.eq_ignore_ascii_case(&self.given)
    }
}

/// An IP address as it is written into a URL.
fn in_an_address(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// Answers 400 or 403 unless exactly one name is asked for, and it is ours.
pub(crate) async fn check_host(
    State(names): State<HostNames>,
    request: Request,
    next: Next,
) -> Response {
    match checked(&names, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn checked(names: &HostNames, request: &Request) -> Result<(), Problem> {
    if !is_path_only(request.uri()) {
        return Err(Problem::bad_request("the request target is no path"));
    }
    let Some(LocalAddress(local)) = request.extensions().get() else {
        return Err(Problem::internal());
    };
    let host = host_of(request.headers())
        .ok_or_else(|| Problem::bad_request("the request needs one `Host` header"))?;
    if names.contain(host, *local) {
        Ok(())
    } else {
        Err(Problem::forbidden("this server does not answer to that `Host`"))
    }
}

/// A target with scheme and host is for proxies, and would be a second opinion on the name.
fn is_path_only(uri: &Uri) -> bool {
    uri.scheme().is_none() && uri.authority().is_none() && uri.path().starts_with('/')
}

/// The one name that is asked for.
pub(super) fn host_of(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(HOST).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}
