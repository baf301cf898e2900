//! Protobuf over HTTP: one POST, redirects are not followed, since they would take credentials elsewhere.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use ureq::Agent;
use ureq::http::Response;
use ureq::tls::{ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use super::certificates::Certificates;
use super::{NO_ANSWER, NO_TRUST, Reply, Transport, TransportError, io_reason, timeout};
use crate::retry::retry_after;
use crate::secret::Secret;
use crate::settings::SignalSettings;
use crate::sink::Problem;

/// An answer says how many spans were rejected, and perhaps why.
const REPLY_BYTES_MAX: u64 = 1 << 20;
/// Who does not take a connection for this long is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A receiver that speaks HTTP.
pub(super) struct HttpTransport {
    agent: Agent,
    url: String,
    headers: Vec<(String, Secret)>,
    timeout: Duration,
    is_compressed: bool,
}

impl HttpTransport {
    pub(super) fn new(settings: &SignalSettings) -> Result<Self, TransportError> {
        let mut config = Agent::config_builder();
        if settings.endpoint.is_here() {
            // A proxy would carry credentials off this machine, and cannot reach the host anyway.
            config = config.proxy(None);
        }
        let agent = config
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .tls_config(tls_config(&Certificates::read(&settings.tls)?)?)
            .user_agent(concat!("ghostglass/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        let mut headers = settings.headers.clone();
        if let Some(authorization) = settings.endpoint.authorization()
            && !headers.iter().any(|(name, _)| name == "authorization")
        {
            headers.push(("authorization".into(), authorization.clone()));
        }
        let (url, is_compressed) = (settings.endpoint.url(), settings.is_compressed);
        Ok(Self { agent, url, headers, timeout: settings.timeout, is_compressed })
    }

    fn send(&self, message: &[u8], timeout: Duration) -> Result<Reply, ureq::Error> {
        let mut request = self
            .agent
            .post(&self.url)
            .config()
            .timeout_global(Some(timeout))
            .timeout_connect(Some(timeout.min(CONNECT_TIMEOUT)))
            .build()
            .header("content-type", "application/x-protobuf");
        for (name, value) in &self.headers {
            request = request.header(name, value.expose());
        }
        if self.is_compressed {
            request = request.header("content-encoding", "gzip");
            return request.send(compressed(message)?.as_slice()).map(reply);
        }
        request.send(message).map(reply)
    }
}

impl Transport for HttpTransport {
    fn post(&mut self, message: &[u8], until: Option<Instant>) -> Reply {
        self.send(message, timeout(self.timeout, until)).unwrap_or_else(|error| failed(&error))
    }
}

fn compressed(message: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(message)?;
    gzip.finish()
}

/// The status decides. An answer that does not end was an answer all the same.
fn reply(mut response: Response<ureq::Body>) -> Reply {
    let status = response.status().as_u16();
    match status {
        200..=299 => {
            let limited = response.body_mut().with_config().limit(REPLY_BYTES_MAX);
            Reply::Accepted(limited.read_to_vec().unwrap_or_default())
        }
        429 | 502 | 503 | 504 => {
            let header = response.headers().get("retry-after").and_then(|text| text.to_str().ok());
            let after = header.and_then(|text| retry_after(text, SystemTime::now()));
            let reason = format!("it answers {status}: {}", meaning(status));
            Reply::Again { after, problem: Problem::answered(reason) }
        }
        _ => {
            let reason = format!("it answers {status}: {}", meaning(status));
            Reply::Refused(Problem::answered(reason))
        }
    }
}

fn meaning(status: u16) -> &'static str {
    match status {
        300..=399 => "it sends us elsewhere, where we do not go",
        401 | 403 => "it does not accept our credentials",
        404 | 405 => "it takes nothing at this address",
        413 => "the request is too large for it",
        415 => "it does not know the format",
        429 => "too many requests",
        400..=499 => "it does not understand the request",
        _ => "it is in trouble",
    }
}

fn failed(error: &ureq::Error) -> Reply {
    let reason = match error {
        ureq::Error::Timeout(_) => NO_ANSWER,
        ureq::Error::HostNotFound => "no such host",
        ureq::Error::ConnectionFailed => "no connection",
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => NO_TRUST,
        ureq::Error::Protocol(_) => "the answer is no HTTP",
        ureq::Error::Io(error) => io_reason(error.kind()),
        _ => "the request failed",
    };
    Reply::Again { after: None, problem: Problem::unreachable(reason) }
}

fn tls_config(certificates: &Certificates) -> Result<TlsConfig, TransportError> {
    let mut config = TlsConfig::builder();
    if let Some(pem) = &certificates.authorities {
        config = config.root_certs(RootCerts::Specific(Arc::new(certificates_of(pem))));
    }
    if let Some((certificate, key)) = &certificates.identity {
        let key = PrivateKey::from_pem(key).map_err(|_| TransportError::Pair)?;
        let identity = ClientCert::new_with_certs(&certificates_of(certificate), key);
        config = config.client_cert(Some(identity));
    }
    Ok(config.build())
}

fn certificates_of(pem: &[u8]) -> Vec<ureq::tls::Certificate<'static>> {
    let items = parse_pem(pem).filter_map(Result::ok);
    let certificates = items.filter_map(|item| match item {
        PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    });
    certificates.collect()
}
