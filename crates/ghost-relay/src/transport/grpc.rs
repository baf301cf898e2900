//! gRPC: one unary call on a runtime of its own, which runs only while a call does.
//!
//! Messages come encoded and leave encoded, so that both protocols send the same bytes.

use std::time::{Duration, Instant};

use ghost_export::otlp::Signal;
use prost::Message;
use prost::bytes::{Buf, BufMut, Bytes};
use tokio::runtime::{Builder, Runtime};
use tonic::client::Grpc;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue, MetadataMap};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status};

use super::certificates::Certificates;
use super::{NO_ANSWER, Reply, Transport, TransportError, timeout};
use crate::settings::SignalSettings;
use crate::sink::Problem;

/// An answer says how many spans were rejected, and perhaps why.
const REPLY_BYTES_MAX: usize = 1 << 20;
/// Who does not take a connection for this long is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A receiver that speaks gRPC.
pub(super) struct GrpcTransport {
    runtime: Runtime,
    client: Grpc<Channel>,
    path: PathAndQuery,
    metadata: MetadataMap,
    timeout: Duration,
}

impl GrpcTransport {
    pub(super) fn new(settings: &SignalSettings) -> Result<Self, TransportError> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let endpoint = endpoint(settings)?;
        let channel = {
            let _inside = runtime.enter();
            endpoint.connect_lazy()
        };
        let mut client = Grpc::new(channel).max_decoding_message_size(REPLY_BYTES_MAX);
        if settings.is_compressed {
            client = client.send_compressed(CompressionEncoding::Gzip);
        }
        let metadata = metadata(settings);
        let path = PathAndQuery::from_static(path(settings.signal));
        Ok(Self { runtime, client, path, metadata, timeout: settings.timeout })
    }
}

impl Transport for GrpcTransport {
    fn post(&mut self, message: &[u8], until: Option<Instant>) -> Reply {
        let limit = timeout(self.timeout, until);
        let mut request = Request::new(Bytes::copy_from_slice(message));
        *request.metadata_mut() = self.metadata.clone();
        let (client, path) = (&mut self.client, self.path.clone());
        let call = async move {
            client.ready().await.map_err(|_| None)?;
            client.unary(request, path, Encoded).await.map_err(Some)
        };
        let called = self.runtime.block_on(async { tokio::time::timeout(limit, call).await });
        match called {
            Ok(Ok(response)) => Reply::Accepted(response.into_inner()),
            Ok(Err(Some(status))) => failed(&status),
            Ok(Err(None)) => again(None, Problem::unreachable("no connection")),
            Err(_) => again(None, Problem::unreachable(NO_ANSWER)),
        }
    }
}

fn path(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    }
}

fn endpoint(settings: &SignalSettings) -> Result<Endpoint, TransportError> {
    let unusable = |_| TransportError::System(std::io::ErrorKind::InvalidInput.into());
    let endpoint = Endpoint::from_shared(settings.endpoint.origin()).map_err(unusable)?;
    let endpoint = endpoint
        .connect_timeout(CONNECT_TIMEOUT.min(settings.timeout))
        .user_agent(concat!("ghostglass/", env!("CARGO_PKG_VERSION")))
        .map_err(unusable)?;
    if !settings.endpoint.is_encrypted() {
        return Ok(endpoint);
    }
    let Certificates { authorities, identity } = Certificates::read(&settings.tls)?;
    let mut tls = ClientTlsConfig::new();
    tls = match authorities {
        Some(pem) => tls.ca_certificate(Certificate::from_pem(pem)),
        None => tls.with_webpki_roots(),
    };
    if let Some((certificate, key)) = identity {
        tls = tls.identity(Identity::from_pem(certificate, key));
    }
    endpoint.tls_config(tls).map_err(unusable)
}

/// Headers that cannot be metadata were refused with the settings.
fn metadata(settings: &SignalSettings) -> MetadataMap {
    let mut metadata = MetadataMap::new();
    let authorization = settings.endpoint.authorization().map(|value| ("authorization", value));
    let given = settings.headers.iter().map(|(name, value)| (name.as_str(), value));
    for (name, value) in authorization.into_iter().chain(given) {
        let key = AsciiMetadataKey::from_bytes(name.as_bytes());
        let value = AsciiMetadataValue::try_from(value.expose());
        if let (Ok(key), Ok(mut value)) = (key, value) {
            value.set_sensitive(true);
            metadata.insert(key, value);
        }
    }
    metadata
}

/// The codes that OTLP says to try again; one of them only if the receiver says when.
fn failed(status: &Status) -> Reply {
    // A status that has a cause is the library's: nobody sent it.
    if std::error::Error::source(status).is_some() {
        return again(None, Problem::unreachable("no connection"));
    }
    let after = retry_delay(status.details());
    let reason = format!("it answers {:?}: {}", status.code(), meaning(status.code()));
    match status.code() {
        Code::Unavailable
        | Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::DataLoss => again(after, Problem::answered(reason)),
        Code::ResourceExhausted if after.is_some() => again(after, Problem::answered(reason)),
        _ => Reply::Refused(Problem::answered(reason)),
    }
}

fn again(after: Option<Duration>, problem: Problem) -> Reply {
    Reply::Again { after, problem }
}

fn meaning(code: Code) -> &'static str {
    match code {
        Code::Unauthenticated | Code::PermissionDenied => "it does not accept our credentials",
        Code::Unimplemented | Code::NotFound => "it takes nothing at this address",
        Code::ResourceExhausted => "too many requests",
        Code::InvalidArgument => "it does not understand the request",
        _ => "it is in trouble",
    }
}

/// `google.rpc.Status`, as far as it is needed.
#[derive(Clone, PartialEq, Message)]
struct RichStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Detail>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Detail {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, Copy, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

fn retry_delay(details: &[u8]) -> Option<Duration> {
    let status = RichStatus::decode(details).ok()?;
    let info = status.details.iter().find(|detail| detail.type_url.ends_with("RetryInfo"))?;
    let delay = RetryInfo::decode(info.value.as_slice()).ok()?.retry_delay?;
    let seconds = Duration::from_secs(u64::try_from(delay.seconds).unwrap_or_default());
    Some(
        seconds
            .saturating_add(Duration::from_nanos(u64::try_from(delay.nanos).unwrap_or_default())),
    )
}

/// Bytes as they are.
#[derive(Clone, Copy, Debug, Default)]
struct Encoded;

impl Codec for Encoded {
    type Encode = Bytes;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Encoded {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receiver_may_say_when_to_come_back() {
        let delay = Delay { seconds: 2, nanos: 500_000_000 };
        let value = RetryInfo { retry_delay: Some(delay) }.encode_to_vec();
        let type_url = "type.googleapis.com/google.rpc.RetryInfo".to_owned();
        let details = RichStatus { details: vec![Detail { type_url, value }] }.encode_to_vec();
        let asked = Duration::from_millis(2_500);
        assert_eq!(retry_delay(&details), Some(asked));
        assert_eq!(retry_delay(b"canary"), None);
        let status = |code, details: &[u8]| {
            failed(&Status::with_details(code, "canary", Bytes::copy_from_slice(details)))
        };
        let busy = status(Code::ResourceExhausted, &details);
        assert!(matches!(busy, Reply::Again { after: Some(after), .. } if after == asked));
        assert!(matches!(status(Code::ResourceExhausted, b""), Reply::Refused(_)));
        assert!(matches!(status(Code::InvalidArgument, &details), Reply::Refused(_)));
        assert!(!format!("{:?}", status(Code::Internal, b"")).contains("canary"));
    }
}
