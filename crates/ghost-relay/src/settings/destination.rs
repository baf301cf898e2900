//! Destinations as users write them: `otlp`, `otlp=URL`, `prometheus=ADDRESS:PORT`, `jsonl=FOLDER`,
//! `console`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;

use super::SettingsError;
use super::endpoint::Endpoint;
use super::variables::{Variables, wrong};

/// The port that OpenTelemetry's exporters for Prometheus listen on.
const PROMETHEUS_PORT: u16 = 9464;

/// A place that spans or metrics go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A receiver of OTLP; without an endpoint the variables name it.
    Otlp(Option<Endpoint>),
    /// An address that Prometheus scrapes; without one the variables name it.
    Prometheus(Option<SocketAddr>),
    /// A folder with files of JSON lines.
    Jsonl(PathBuf),
    /// Standard error.
    Console {
        /// With one line for each field.
        pretty: bool,
    },
}

/// What was written is no destination.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// There is no such exporter.
    #[error(
        "it is none of `otlp[=URL]`, `prometheus[=ADDRESS:PORT]`, `jsonl=FOLDER` and `console`"
    )]
    Unknown,
    /// The endpoint is none.
    #[error("the endpoint is not usable: {0}")]
    Endpoint(&'static str),
    /// Nobody can listen there.
    #[error("it is no address like `127.0.0.1:9464`")]
    Address,
    /// Files need a folder.
    #[error("a folder is missing: `jsonl=FOLDER`")]
    Folder,
    /// The console has two forms.
    #[error("`console` is followed by nothing or by `=pretty`")]
    Console,
}

impl Destination {
    /// Whether it says itself where data goes, instead of leaving that to variables and defaults.
    pub fn names_a_place(&self) -> bool {
        match self {
            Self::Otlp(endpoint) => endpoint.is_some(),
            Self::Prometheus(address) => address.is_some(),
            Self::Jsonl(_) => true,
            Self::Console { .. } => false,
        }
    }
}

impl FromStr for Destination {
    type Err = DestinationError;

    fn from_str(text: &str) -> Result<Self, DestinationError> {
        let (word, place) = match text.split_once('=') {
            Some((word, place)) => (word, Some(place.trim())),
            None => (text, None),
        };
        match (word.trim(), place) {
            ("otlp", None) => Ok(Self::Otlp(None)),
            ("otlp", Some(url)) => Endpoint::parse(url, "http")
                .map(|endpoint| Self::Otlp(Some(endpoint)))
                .map_err(DestinationError::Endpoint),
            ("prometheus", None) => Ok(Self::Prometheus(None)),
            ("prometheus", Some(place)) => {
                address(place).map(|found| Self::Prometheus(Some(found)))
            }
            ("jsonl", Some(folder)) if !folder.is_empty() => Ok(Self::Jsonl(folder.into())),
            ("jsonl", _) => Err(DestinationError::Folder),
            ("console", None) => Ok(Self::Console { pretty: false }),
            ("console", Some("pretty")) => Ok(Self::Console { pretty: true }),
            ("console", Some(_)) => Err(DestinationError::Console),
            _ => Err(DestinationError::Unknown),
        }
    }
}

/// An address with a port, or a port of this machine alone.
fn address(text: &str) -> Result<SocketAddr, DestinationError> {
    if let Ok(port) = text.trim_start_matches(':').parse() {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    let literal = text.parse().ok();
    literal.or_else(|| named(text)).ok_or(DestinationError::Address)
}

/// `localhost` alone: other names would have to be looked up, and are no addresses of this machine.
fn named(text: &str) -> Option<SocketAddr> {
    let port = text.strip_prefix("localhost:")?.parse::<u16>().ok()?;
    (Ipv4Addr::LOCALHOST, port).to_socket_addrs().ok()?.next()
}

/// What `OTEL_EXPORTER_PROMETHEUS_HOST` and `…_PORT` say; loopback where they say nothing.
pub(super) fn prometheus_address(variables: &Variables<'_>) -> Result<SocketAddr, SettingsError> {
    let (host_name, port_name) = ("OTEL_EXPORTER_PROMETHEUS_HOST", "OTEL_EXPORTER_PROMETHEUS_PORT");
    let port = match variables.number(port_name)? {
        Some(port) => u16::try_from(port).map_err(|_| wrong(port_name, "it is no port"))?,
        None => PROMETHEUS_PORT,
    };
    let host = variables.get(host_name).unwrap_or_else(|| "localhost".into());
    let host = if host == "localhost" { "127.0.0.1" } else { &host };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let ip = host.parse().map_err(|_| wrong(host_name, "it is no IP address"))?;
    Ok(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Destination, String> {
        text.parse().map_err(|error: DestinationError| error.to_string())
    }

    #[test]
    fn a_destination_is_a_word_and_perhaps_a_place() {
        assert_eq!(parse("otlp"), Ok(Destination::Otlp(None)));
        assert!(matches!(parse("otlp=http://h:4318"), Ok(Destination::Otlp(Some(_)))));
        let prometheus = |text| match parse(text) {
            Ok(Destination::Prometheus(Some(address))) => address.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(prometheus("prometheus=0.0.0.0:1"), "0.0.0.0:1");
        assert_eq!(prometheus("prometheus=[::1]:1"), "[::1]:1");
        for loopback in ["prometheus=1", "prometheus=:1", "prometheus=localhost:1"] {
            assert_eq!(prometheus(loopback), "127.0.0.1:1");
        }
        assert_eq!(parse("jsonl=a=b"), Ok(Destination::Jsonl("a=b".into())));
        assert_eq!(parse("console=pretty"), Ok(Destination::Console { pretty: true }));
    }

    #[test]
    fn anything_else_is_refused_without_repeating_it() {
        let wrong = [
            "",
            "canary",
            "OTLP",
            "otlp=",
            "otlp=canary://x",
            "prometheus=canary:1",
            "prometheus=1.2.3.4",
            "prometheus=70000",
            "jsonl",
            "jsonl=",
            "console=canary",
        ];
        for text in wrong {
            let error = parse(text).unwrap_err();
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_place_is_named_or_left_to_others() {
        for (text, named) in
            [("otlp", false), ("otlp=h", true), ("prometheus=1", true), ("jsonl=a", true)]
        {
            assert_eq!(parse(text).unwrap().names_a_place(), named, "{text}");
        }
    }
}
