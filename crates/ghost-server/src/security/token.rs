//! The token: made anew by each server, shown by each request for data.
//!
//! Compared in constant time, never printed by accident (`Debug` hides it), and taken from the
//! `Authorization` header only: what is in a query ends in logs and histories. A socket from a browser cannot send that
//! header; how it shows the token is decided in `events`.

use std::fmt::{self, Write as _};
use std::io;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rustix::rand::{GetRandomFlags, getrandom};
use subtle::ConstantTimeEq;

use super::Problem;
use crate::state::AppState;

/// 256 bits: not to be guessed.
const TOKEN_BYTES: usize = 32;

/// What begins every path that needs the token.
const GUARDED: &str = "/api";

/// Where the stream of events is: a browser shows its token as a subprotocol, and `events` checks it.
pub(crate) const EVENTS_PATH: &str = "/api/v1/events";

/// 64 hexadecimal digits.
#[derive(Clone)]
pub(crate) struct Token(Arc<str>);

impl Token {
    /// A new one, from the system's random numbers.
    pub(crate) fn random() -> io::Result<Self> {
        let mut bytes = [0; TOKEN_BYTES];
        let mut filled = 0;
        while filled < bytes.len() {
            filled += getrandom(&mut bytes[filled..], GetRandomFlags::empty())?;
        }
        let mut digits = String::with_capacity(2 * TOKEN_BYTES);
        for byte in bytes {
            // Writing to a string cannot fail.
            let _ = write!(digits, "{byte:02x}");
        }
        Ok(Self(digits.into()))
    }

    /// The digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `shown` is this one; takes as long for every wrong one of the right length.
    pub(crate) fn is(&self, shown: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(shown).into()
    }

    /// Whether the headers of a request show it: exactly one `Authorization: Bearer`.
    pub(crate) fn is_shown_by(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return false };
        let (scheme, token) = value.as_bytes().split_at_checked(7).unwrap_or_default();
        scheme.eq_ignore_ascii_case(b"Bearer ") && self.is(token)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Answers 401 unless the path is public or the token is shown.
pub(crate) async fn check_token(
    State(state): State<Arc<AppState>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let is_public = !path.starts_with(GUARDED) || path == EVENTS_PATH;
    if is_public || state.token.is_shown_by(request.headers()) {
        next.run(request).await
    } else {
        Problem::unauthorized().into_response()
    }
}
