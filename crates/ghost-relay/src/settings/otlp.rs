//! How OTLP is sent: OpenTelemetry's variables, those of one signal before those of all.

use std::path::PathBuf;
use std::time::Duration;

use ghost_export::otlp::Signal;

use super::SettingsError;
use super::endpoint::Endpoint;
use super::variables::{Variables, wrong};
use crate::lane::LaneLimits;
use crate::secret::Secret;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long a batch that is not full waits.
const DELAY: Duration = Duration::from_secs(5);
/// Spans in one request.
const BATCH_MAX: u64 = 512;
/// Spans that may wait; OpenTelemetry's 2,048 are a moment of a busy server.
const QUEUE_MAX: u64 = 65_536;
/// Memory they may take.
const QUEUE_BYTES_MAX: usize = 32 << 20;
/// Between two requests with metrics.
const METRIC_INTERVAL: Duration = Duration::from_mins(1);

/// How requests are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Protobuf over HTTP/1.1.
    Http,
    /// gRPC.
    Grpc,
}

/// Files with certificates, PEM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// Who is trusted, instead of the usual authorities.
    pub(crate) certificate: Option<PathBuf>,
    /// Our certificate.
    pub(crate) client_certificate: Option<PathBuf>,
    /// Its key.
    pub(crate) client_key: Option<PathBuf>,
}

/// How one signal is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignalSettings {
    pub(crate) signal: Signal,
    pub(crate) protocol: Protocol,
    pub(crate) endpoint: Endpoint,
    pub(crate) headers: Vec<(String, Secret)>,
    pub(crate) timeout: Duration,
    pub(crate) is_compressed: bool,
    pub(crate) tls: TlsFiles,
}

/// How both are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OtlpSettings {
    /// `None` where `OTEL_TRACES_EXPORTER` is `none`.
    pub(crate) traces: Option<SignalSettings>,
    /// `None` where `OTEL_METRICS_EXPORTER` is `none`.
    pub(crate) metrics: Option<SignalSettings>,
    pub(crate) limits: LaneLimits,
    pub(crate) metric_interval: Duration,
}

impl OtlpSettings {
    /// Settings from variables; an endpoint that was given otherwise wins over theirs.
    pub(super) fn new(
        endpoint: Option<&Endpoint>,
        variables: &Variables<'_>,
    ) -> Result<Self, SettingsError> {
        let signal = |signal| {
            let names = Names::of(signal);
            let exporter = variables.get(&names.exporter());
            if exporter.is_some_and(|exporter| exporter.eq_ignore_ascii_case("none")) {
                return Ok(None);
            }
            signal_settings(signal, &names, endpoint, variables).map(Some)
        };
        let interval = variables.duration(&["OTEL_METRIC_EXPORT_INTERVAL".to_owned()])?;
        Ok(Self {
            traces: signal(Signal::Traces)?,
            metrics: signal(Signal::Metrics)?,
            limits: limits(variables)?,
            metric_interval: interval.unwrap_or(METRIC_INTERVAL).max(Duration::from_millis(100)),
        })
    }
}

fn limits(variables: &Variables<'_>) -> Result<LaneLimits, SettingsError> {
    let number = |name, default| {
        let number = variables.number(name)?.unwrap_or(default);
        Ok(usize::try_from(number.max(1)).unwrap_or(usize::MAX))
    };
    let queue_max = number("OTEL_BSP_MAX_QUEUE_SIZE", QUEUE_MAX)?;
    let batch_max = number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", BATCH_MAX)?.min(queue_max);
    let delay = variables.duration(&["OTEL_BSP_SCHEDULE_DELAY".to_owned()])?.unwrap_or(DELAY);
    Ok(LaneLimits { queue_max, queue_bytes_max: QUEUE_BYTES_MAX, batch_max, delay })
}

fn signal_settings(
    signal: Signal,
    names: &Names,
    endpoint: Option<&Endpoint>,
    variables: &Variables<'_>,
) -> Result<SignalSettings, SettingsError> {
    let protocol = protocol(names, variables)?;
    let file =
        |setting| variables.first(&names.of_setting(setting)).map(|(_, path)| PathBuf::from(path));
    let timeout = variables.duration(&names.of_setting("TIMEOUT"))?.unwrap_or(TIMEOUT);
    Ok(SignalSettings {
        signal,
        protocol,
        endpoint: signal_endpoint(signal, names, protocol, endpoint, variables)?,
        headers: headers(names, variables)?,
        timeout: timeout.max(Duration::from_millis(1)),
        is_compressed: is_compressed(names, variables)?,
        tls: TlsFiles {
            certificate: file("CERTIFICATE"),
            client_certificate: file("CLIENT_CERTIFICATE"),
            client_key: file("CLIENT_KEY"),
        },
    })
}

fn protocol(names: &Names, variables: &Variables<'_>) -> Result<Protocol, SettingsError> {
    let found = variables.first(&names.of_setting("PROTOCOL"));
    let Some((name, value)) = found else { return Ok(Protocol::Http) };
    match value.as_str() {
        "http/protobuf" => Ok(Protocol::Http),
        "grpc" => Ok(Protocol::Grpc),
        _ => Err(wrong(&name, "it is neither `http/protobuf` nor `grpc`")),
    }
}

fn is_compressed(names: &Names, variables: &Variables<'_>) -> Result<bool, SettingsError> {
    let found = variables.first(&names.of_setting("COMPRESSION"));
    let Some((name, value)) = found else { return Ok(false) };
    match value.as_str() {
        "gzip" => Ok(true),
        "none" => Ok(false),
        _ => Err(wrong(&name, "it is neither `gzip` nor `none`")),
    }
}

fn headers(
    names: &Names,
    variables: &Variables<'_>,
) -> Result<Vec<(String, Secret)>, SettingsError> {
    let found = variables.first(&names.of_setting("HEADERS"));
    let Some((name, _)) = found else { return Ok(Vec::new()) };
    let pairs = variables.pairs(&name)?.unwrap_or_default();
    let is_token = |key: &str| {
        key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    let is_value = |value: &str| value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !pairs.iter().all(|(key, value)| is_token(key) && is_value(value)) {
        return Err(wrong(&name, "it holds what no header can"));
    }
    Ok(pairs.into_iter().map(|(key, value)| (key.to_lowercase(), Secret::new(value))).collect())
}

/// A general endpoint is completed by the signal's path, one of the signal alone is used as it is.
fn signal_endpoint(
    signal: Signal,
    names: &Names,
    protocol: Protocol,
    given: Option<&Endpoint>,
    variables: &Variables<'_>,
) -> Result<Endpoint, SettingsError> {
    let path = match (protocol, signal) {
        (Protocol::Grpc, _) => "",
        (Protocol::Http, Signal::Traces) => "/v1/traces",
        (Protocol::Http, Signal::Metrics) => "/v1/metrics",
    };
    if let Some(given) = given {
        return Ok(given.clone().join(path));
    }
    let insecure = variables.first(&names.of_setting("INSECURE"));
    let is_insecure = insecure.is_some_and(|(_, value)| value.eq_ignore_ascii_case("true"));
    let scheme = if protocol == Protocol::Grpc && !is_insecure { "https" } else { "http" };
    let [own, general] = names.of_setting("ENDPOINT");
    let found = variables.first(&[own.clone(), general.clone()]);
    let (name, text) = found.unwrap_or_else(|| (general, default_endpoint(protocol)));
    let endpoint = Endpoint::parse(&text, scheme).map_err(|reason| wrong(&name, reason))?;
    Ok(if name == own { endpoint } else { endpoint.join(path) })
}

fn default_endpoint(protocol: Protocol) -> String {
    match protocol {
        Protocol::Http => "http://localhost:4318".into(),
        Protocol::Grpc => "http://localhost:4317".into(),
    }
}

/// Names of variables of one signal.
struct Names(&'static str);

impl Names {
    fn of(signal: Signal) -> Self {
        match signal {
            Signal::Traces => Self("TRACES"),
            Signal::Metrics => Self("METRICS"),
        }
    }

    /// `OTEL_TRACES_EXPORTER`.
    fn exporter(&self) -> String {
        format!("OTEL_{}_EXPORTER", self.0)
    }

    /// The signal's own variable, then the general one.
    fn of_setting(&self, setting: &str) -> [String; 2] {
        let own = format!("OTEL_EXPORTER_OTLP_{}_{setting}", self.0);
        [own, format!("OTEL_EXPORTER_OTLP_{setting}")]
    }
}
