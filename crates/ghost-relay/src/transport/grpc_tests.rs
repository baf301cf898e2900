//! A real gRPC receiver that answers as it is told, with and without encryption.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prost::Message;
use tokio::runtime::Builder;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Code, Request, Response, Status};

use super::tests::settings;
use super::{Reply, connect};

/// What it was asked, and what it answers first.
#[derive(Clone, Default)]
struct Receiver {
    answers: Arc<Mutex<Vec<Status>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// Some headers, and the number of parts.
type Asked = (HashMap<String, String>, usize);

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let text = |name: &str| {
            let value = request.metadata().get(name).and_then(|value| value.to_str().ok());
            (name.to_owned(), value.unwrap_or_default().to_owned())
        };
        let headers = ["api-key", "authorization", "grpc-encoding"].map(text).into();
        self.asked.lock().unwrap().push((headers, request.get_ref().resource_spans.len()));
        if let Some(status) = self.answers.lock().unwrap().pop() {
            return Err(status);
        }
        let partial = ExportTracePartialSuccess { rejected_spans: 2, error_message: String::new() };
        Ok(Response::new(ExportTraceServiceResponse { partial_success: Some(partial) }))
    }
}

impl Receiver {
    /// Serves until the process of the tests ends.
    fn start(&self, identity: Option<Identity>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let service =
            TraceServiceServer::new(self.clone()).accept_compressed(CompressionEncoding::Gzip);
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let incoming = tonic::transport::server::TcpIncoming::from(listener);
                let mut server = Server::builder();
                if let Some(identity) = identity {
                    let tls = ServerTlsConfig::new().identity(identity);
                    server = server.tls_config(tls).unwrap();
                }
                server.add_service(service).serve_with_incoming(incoming).await.unwrap();
            });
        });
        address
    }
}

fn message() -> Vec<u8> {
    let resource_spans = vec![ResourceSpans::default(); 3];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

const GRPC: (&str, &str) = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");

#[test]
fn a_call_is_what_the_specification_says() {
    let receiver = Receiver::default();
    let url = format!("http://me:canary@{}", receiver.start(None));
    let variables = [
        GRPC,
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=canary-4711"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
    ];
    let mut transport = connect(&settings(&url, &variables)).unwrap();
    for _ in 0..2 {
        let Reply::Accepted(reply) = transport.post(&message(), None) else {
            panic!("it takes everything");
        };
        let reply = ExportTraceServiceResponse::decode(reply.as_slice()).unwrap();
        assert_eq!(reply.partial_success.unwrap().rejected_spans, 2);
    }
    let asked = receiver.asked.lock().unwrap();
    let (headers, count) = &asked[1];
    assert_eq!((asked.len(), *count, headers["api-key"].as_str()), (2, 3, "canary-4711"));
    assert_eq!(headers["authorization"], "Basic bWU6Y2FuYXJ5");
    assert_eq!(headers["grpc-encoding"], "gzip");
}

#[test]
fn only_some_codes_are_worth_another_try() {
    let receiver = Receiver::default();
    let url = format!("http://{}", receiver.start(None));
    let mut transport = connect(&settings(&url, &[GRPC])).unwrap();
    for (code, is_worth) in [
        (Code::Unavailable, true),
        (Code::Aborted, true),
        (Code::DataLoss, true),
        (Code::ResourceExhausted, false),
        (Code::InvalidArgument, false),
        (Code::Unauthenticated, false),
        (Code::Internal, false),
    ] {
        receiver.answers.lock().unwrap().push(Status::new(code, "canary-4711"));
        let reply = transport.post(&message(), None);
        let (is_again, problem) = match reply {
            Reply::Again { problem, .. } => (true, problem),
            Reply::Refused(problem) => (false, problem),
            Reply::Accepted(_) => panic!("{code:?}"),
        };
        assert_eq!((is_again, problem.is_answered), (is_worth, true), "{code:?}");
        assert!(!problem.reason.contains("canary"), "{}", problem.reason);
    }
    assert!(matches!(transport.post(&message(), None), Reply::Accepted(_)));
}

#[test]
fn only_a_trusted_certificate_is_trusted() {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let pem = certified.cert.pem();
    let identity = Identity::from_pem(&pem, certified.signing_key.serialize_pem());
    let receiver = Receiver::default();
    let url = format!("https://localhost:{}", receiver.start(Some(identity)).port());
    let refused = connect(&settings(&url, &[GRPC])).unwrap().post(&message(), None);
    assert!(matches!(refused, Reply::Again { problem, .. } if !problem.is_answered));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, pem).unwrap();
    let trust = ("OTEL_EXPORTER_OTLP_CERTIFICATE", file.to_str().unwrap());
    let mut transport = connect(&settings(&url, &[GRPC, trust])).unwrap();
    assert!(matches!(transport.post(&message(), None), Reply::Accepted(_)));
}

#[test]
fn a_connection_that_was_closed_is_made_anew() {
    let receiver = Receiver::default();
    let url = format!("http://{}", receiver.start(None));
    let mut transport = connect(&settings(&url, &[GRPC])).unwrap();
    assert!(matches!(transport.post(&message(), None), Reply::Accepted(_)));
    // A deadline in the past ends a call that was begun.
    let past = std::time::Instant::now().checked_sub(Duration::from_secs(1));
    let _ = transport.post(&message(), past);
    assert!(matches!(transport.post(&message(), None), Reply::Accepted(_)));
}
