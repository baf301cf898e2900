//! One question to a server, over HTTP: bounded in time and size, with at most one more try.
//!
//! The key travels in a header and appears nowhere else. Redirects are not followed, since they would
//! take the key elsewhere. Bodies of failures are not read: some repeat the key.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::http::{HeaderMap, Uri};
use ureq::{Agent, Body, http};

use super::{BackendError, Secret};

/// Who does not take a connection for this long is not there.
const CONNECT: Duration = Duration::from_secs(10);
/// An answer of 200 words has two kilobytes; what is larger than this is something else.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// What is shown of a text that does not end.
const TEXT_CHARS_MAX: usize = 8_000;
/// How long to wait before the second try, where the server does not say.
const PAUSE: Duration = Duration::from_secs(1);
/// Who says to come back later than this is not waited for.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// Why a server gave no answer.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum ServerError {
    /// The base URL is none.
    #[error("the base URL is not usable: {reason}")]
    Address {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A key would be readable by everybody on the way.
    #[error("the key for `{host}` would travel unencrypted")]
    Unencrypted {
        /// Who would have been asked.
        host: String,
    },
    /// No model can be called this.
    #[error("no model is called `{model}`")]
    Model {
        /// The name.
        model: String,
    },
    /// It answered that it does not answer.
    #[error("`{host}` answered {status}: {meaning}")]
    Status {
        /// Who was asked.
        host: String,
        /// The HTTP status.
        status: u16,
        /// What it means here.
        meaning: &'static str,
    },
    /// It took too long.
    #[error("`{host}` did not answer within {}s", waited.as_secs())]
    Slow {
        /// Who was asked.
        host: String,
        /// For how long.
        waited: Duration,
    },
    /// There was no connection, or it broke.
    #[error("cannot ask `{host}`: {reason}")]
    Connection {
        /// Who was asked.
        host: String,
        /// What broke.
        reason: &'static str,
    },
    /// What it answered is not what the interface promises.
    #[error("`{host}` answered something else than expected")]
    Garbage {
        /// Who was asked.
        host: String,
    },
}

impl ServerError {
    /// The way out.
    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Address { .. } => Some("it looks like `http://localhost:11434/v1`"),
            Self::Unencrypted { .. } => Some("use `https`"),
            Self::Status { status: 401 | 403, .. } => Some("check the key"),
            Self::Status { status: 404, .. } => Some("check `--model` and `--base-url`"),
            Self::Slow { .. } => Some("`--timeout SECONDS` waits longer"),
            _ => None,
        }
    }
}

/// A server that can be asked.
#[derive(Debug)]
pub(super) struct Server {
    base_url: String,
    host: String,
    key: Option<Secret>,
    timeout: Duration,
}

impl Server {
    /// A server by its base URL.
    pub(super) fn new(
        base_url: &str,
        key: Option<Secret>,
        timeout: Duration,
    ) -> Result<Self, ServerError> {
        let wrong = |reason| ServerError::Address { reason };
        let uri: Uri = base_url.trim().parse().map_err(|_| wrong("it is no URL"))?;
        let authority = uri.authority().ok_or_else(|| wrong("it has no host"))?;
        let host = authority.host().to_owned();
        if authority.as_str().contains('@') {
            return Err(wrong("it holds a user name or password"));
        }
        if uri.query().is_some() {
            return Err(wrong("it holds a query"));
        }
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if key.is_none() || is_here(&host) => {}
            Some("http") => return Err(ServerError::Unencrypted { host }),
            _ => return Err(wrong("it begins with neither `https` nor `http`")),
        }
        let base_url = base_url.trim().trim_end_matches('/').to_owned();
        Ok(Self { base_url, host, key, timeout })
    }

    /// Its name.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Posts a document and reads the one that comes back. The key goes into the header `key_header`,
    /// behind `key_prefix`.
    pub(super) fn post(
        &self,
        path: &str,
        key_header: &str,
        key_prefix: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<Value, ServerError> {
        let deadline = Instant::now() + self.timeout;
        let body = body.to_string();
        let send = || self.send(deadline, path, (key_header, key_prefix), headers, &body);
        let mut response = send()?;
        if let Some(pause) = pause_before_retry(&response)
            && Instant::now() + pause < deadline
        {
            std::thread::sleep(pause);
            response = send()?;
        }
        let status = response.status().as_u16();
        if status != 200 {
            return Err(ServerError::Status {
                host: self.host.clone(),
                status,
                meaning: meaning(status),
            });
        }
        let limited = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
        let bytes = limited.read_to_vec().map_err(|error| self.failed(&error))?;
        serde_json::from_slice(&bytes).map_err(|_| ServerError::Garbage { host: self.host.clone() })
    }

    fn send(
        &self,
        deadline: Instant,
        path: &str,
        (key_header, key_prefix): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<http::Response<Body>, ServerError> {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut config = Agent::config_builder();
        if is_here(&self.host) {
            // A proxy would carry the key off this machine, and nobody else can reach the host.
            config = config.proxy(None);
        }
        let agent: Agent = config
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT.min(left)))
            .timeout_global(Some(left))
            .user_agent(concat!("ghostglass/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        let mut request = agent
            .post(format!("{}{path}", self.base_url))
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(key) = &self.key {
            request = request.header(key_header, format!("{key_prefix}{}", key.expose()));
        }
        request.send(body).map_err(|error| self.failed(&error))
    }

    /// Splits a text into paragraphs, and cuts what does not end.
    pub(super) fn paragraphs(&self, text: &str) -> Result<Vec<String>, BackendError> {
        let text = text.trim().replace("\r\n", "\n");
        if text.is_empty() {
            return Err(BackendError::NoText { host: self.host.clone() });
        }
        let cut = text.char_indices().nth(TEXT_CHARS_MAX).map(|(end, _)| end);
        let shown = text.get(..cut.unwrap_or(text.len())).unwrap_or_default();
        let paragraphs = shown.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
        let rest = cut.map(|_| "… (the answer was longer)".to_owned());
        Ok(paragraphs.map(str::to_owned).chain(rest).collect())
    }

    /// Our words for a failure: those of libraries may hold addresses.
    fn failed(&self, error: &ureq::Error) -> ServerError {
        let host = self.host.clone();
        let reason = match error {
            ureq::Error::Timeout(_) => return ServerError::Slow { host, waited: self.timeout },
            ureq::Error::BodyExceedsLimit(_) | ureq::Error::Protocol(_) => {
                return ServerError::Garbage { host };
            }
            ureq::Error::HostNotFound => "no such host",
            ureq::Error::ConnectionFailed => "no connection",
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "no trusted encryption",
            ureq::Error::Http(_) => "the key or an option holds what no header can",
            ureq::Error::Io(error) => match error.kind() {
                std::io::ErrorKind::ConnectionRefused => "nobody listens there",
                std::io::ErrorKind::TimedOut => {
                    return ServerError::Slow { host, waited: self.timeout };
                }
                std::io::ErrorKind::UnexpectedEof => "the answer broke off",
                _ => "the connection broke",
            },
            _ => "the request failed",
        };
        ServerError::Connection { host, reason }
    }
}

/// Whether a host is this machine: nobody else is on the way.
fn is_here(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// How long to wait before another try, where another try could help.
fn pause_before_retry(response: &http::Response<Body>) -> Option<Duration> {
    let could_help = matches!(response.status().as_u16(), 429 | 500 | 502 | 503 | 504 | 529);
    let pause = asked_pause(response.headers()).unwrap_or(PAUSE);
    (could_help && pause <= PAUSE_MAX).then_some(pause)
}

fn asked_pause(headers: &HeaderMap) -> Option<Duration> {
    headers.get("retry-after")?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn meaning(status: u16) -> &'static str {
    match status {
        300..=399 => "it sends us elsewhere, where the key will not go",
        400 | 422 => "it does not understand the question",
        401 | 403 => "it does not accept the key",
        402 => "it wants to be paid",
        404 => "it does not know the model or the address",
        413 => "the question is too long",
        429 => "too many questions",
        500..=599 => "it is in trouble",
        _ => "that is no answer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(base_url: &str, key: Option<&str>) -> Result<Server, ServerError> {
        Server::new(base_url, key.map(Secret::new), Duration::from_secs(1))
    }

    #[test]
    fn a_key_travels_encrypted_or_not_at_all() {
        assert!(server("https://example.com", Some("k")).is_ok());
        for here in ["http://localhost:11434/v1", "http://127.0.0.1:9/", "http://[::1]:9"] {
            assert!(server(here, Some("k")).is_ok(), "{here}");
        }
        let refused = server("http://example.com", Some("k")).unwrap_err();
        assert_eq!(refused.to_string(), "the key for `example.com` would travel unencrypted");
        assert!(server("http://192.168.0.7:11434/v1", None).is_ok());
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for wrong in
            ["", "no url", "ftp://example.com", "/v1", "http://u:canary@h/", "https://h/?q"]
        {
            let error = server(wrong, Some("k")).unwrap_err().to_string();
            assert!(error.starts_with("the base URL is not usable"), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn an_endless_text_is_cut_and_an_empty_one_refused() {
        let server = server("https://example.com", None).unwrap();
        let cut = server.paragraphs(&"ä".repeat(TEXT_CHARS_MAX + 1)).unwrap();
        assert_eq!((cut.len(), cut[0].chars().count()), (2, TEXT_CHARS_MAX));
        assert_eq!(server.paragraphs("a\r\n\r\n\r\nb\nc ").unwrap(), ["a", "b\nc"]);
        assert!(server.paragraphs(" \n ").is_err());
    }
}
