//! The address that Prometheus scrapes: `/metrics` and nothing else.
//!
//! # Constraints, and what each forced
//! * Anybody who can connect can try to keep us busy: heads must come soon, connections end, and there
//!   are few at a time.
//! * A page in a browser must not read it through a name that leads here: on loopback the name of the
//!   host is checked.

use std::convert::Infallible;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use ghost_export::prometheus::Exposition;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, oneshot};

use crate::metric_table::MetricTable;

/// Who does not send the head of a request within this time is not served.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// No connection lasts longer; a Prometheus simply connects again.
const CONNECTION_TIMEOUT: Duration = Duration::from_mins(2);
/// Connections at a time; further ones wait.
const CONNECTIONS_MAX: usize = 32;
/// Heads are a few hundred bytes.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// After an accept that failed, for want of descriptors mostly.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listening endpoint; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct PrometheusEndpoint {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl PrometheusEndpoint {
    /// Listens, and serves from a thread of its own.
    pub(crate) fn start(address: SocketAddr, table: Arc<MetricTable>) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, table) => {}
                    _ = stopped => {}
                }
            });
        };
        thread::Builder::new().name("ghost-prometheus".into()).spawn(serve)?;
        Ok(Self { address, _stop: stop })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn serve(listener: TcpListener, table: Arc<MetricTable>) {
    let is_local = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&connections).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let table = Arc::clone(&table);
        tokio::spawn(async move {
            let served = serve_connection(stream, table, is_local);
            // Whoever is slow or hangs up has no answer; nobody else minds.
            let _ = tokio::time::timeout(CONNECTION_TIMEOUT, served).await;
            drop(place);
        });
    }
}

async fn serve_connection(stream: TcpStream, table: Arc<MetricTable>, is_local: bool) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let response =
            respond(request.method(), request.uri().path(), request.headers(), &table, is_local);
        async move { Ok::<_, Infallible>(response) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), answer);
    // As above.
    let _ = served.await;
}

fn respond(
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    table: &MetricTable,
    is_local: bool,
) -> Response<Full<Bytes>> {
    if is_local && !names_this_machine(headers.get(header::HOST)) {
        return plain(StatusCode::FORBIDDEN, "this address is for programs of this machine\n");
    }
    if path != "/metrics" {
        return plain(StatusCode::NOT_FOUND, "metrics are at /metrics\n");
    }
    if method != Method::GET && method != Method::HEAD {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "metrics can be read\n");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let exposition = Exposition::accepted_by(text(header::ACCEPT));
    let body = table.exposition(exposition).into_bytes();
    let mut response = Response::new(Full::default());
    let own = response.headers_mut();
    own.insert(header::CONTENT_TYPE, HeaderValue::from_static(exposition.content_type()));
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let body = match compressed(&body).filter(|_| takes_gzip(text(header::ACCEPT_ENCODING))) {
        Some(compressed) => {
            own.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            compressed
        }
        None => body,
    };
    *response.body_mut() = Full::new(body.into());
    response
}

fn takes_gzip(accept: &str) -> bool {
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        parts.next() == Some("gzip") && !parts.any(|part| matches!(part, "q=0" | "q=0.0"))
    })
}

fn compressed(body: &[u8]) -> Option<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(body).ok()?;
    gzip.finish().ok()
}

/// `localhost` or an address. Other names lead here only if somebody made them.
fn names_this_machine(host: Option<&HeaderValue>) -> bool {
    let Some(host) = host.and_then(|host| host.to_str().ok()) else { return true };
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
    let name = name.map_or(host, |(name, _)| name);
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpStream;

    fn endpoint() -> PrometheusEndpoint {
        let table = MetricTable::new(ghost_export::otlp::Service::default(), "i".into());
        let loopback = "127.0.0.1:0".parse().unwrap();
        PrometheusEndpoint::start(loopback, Arc::new(table)).unwrap()
    }

    fn ask(endpoint: &PrometheusEndpoint, head: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(endpoint.address()).unwrap();
        let request = format!("{head}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }

    fn text(endpoint: &PrometheusEndpoint, head: &str) -> String {
        String::from_utf8(ask(endpoint, head)).unwrap()
    }

    #[test]
    fn both_formats_are_served() {
        let endpoint = endpoint();
        let plain = text(&endpoint, "GET /metrics HTTP/1.1\r\nhost: localhost");
        assert!(plain.starts_with("HTTP/1.1 200 OK"), "{plain}");
        assert!(plain.contains("content-type: text/plain; version=0.0.4"), "{plain}");
        assert!(plain.contains("\nghost_processes_total 0\n"), "{plain}");
        let accept = "GET /metrics HTTP/1.1\r\nhost: 127.0.0.1:1\r\n\
                      accept: application/openmetrics-text; version=1.0.0";
        let open = text(&endpoint, accept);
        assert!(open.contains("application/openmetrics-text; version=1.0.0"), "{open}");
        assert!(open.ends_with("# EOF\n"), "{open}");
    }

    #[test]
    fn who_can_unpack_gets_it_packed() {
        let head = "GET /metrics HTTP/1.1\r\nhost: localhost\r\naccept-encoding: br, gzip;q=0.5";
        let answer = ask(&endpoint(), head);
        let body = answer.windows(4).position(|part| part == b"\r\n\r\n").unwrap() + 4;
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(&answer[body..]).read_to_string(&mut unpacked).unwrap();
        assert!(unpacked.contains("target_info"), "{unpacked}");
    }

    #[test]
    fn nothing_else_is_served() {
        let endpoint = endpoint();
        for (request, status) in [
            ("GET / HTTP/1.1\r\nhost: localhost", "404"),
            ("GET /metrics/../etc/passwd HTTP/1.1\r\nhost: localhost", "404"),
            ("POST /metrics HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0", "405"),
            ("GET /metrics HTTP/1.1\r\nhost: evil.example:80", "403"),
            ("nonsense", "400"),
        ] {
            let answer = text(&endpoint, request);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
        }
    }

    #[test]
    fn a_port_that_is_taken_is_an_error() {
        let endpoint = endpoint();
        let table = MetricTable::new(ghost_export::otlp::Service::default(), "i".into());
        let again = PrometheusEndpoint::start(endpoint.address(), Arc::new(table));
        assert_eq!(again.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn silent_connections_hold_up_nobody() {
        let endpoint = endpoint();
        let silent: Vec<TcpStream> = (0..CONNECTIONS_MAX - 1)
            .map(|_| TcpStream::connect(endpoint.address()).unwrap())
            .collect();
        let answer = text(&endpoint, "GET /metrics HTTP/1.1\r\nhost: localhost");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        drop(silent);
    }
}
