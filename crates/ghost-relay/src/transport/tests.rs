//! Receivers that fail in every way, over HTTP.

use std::collections::HashMap;
use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;

use ghost_export::otlp::Signal;

use super::fake_receiver::{Answer, FakeReceiver};
use super::*;
use crate::settings::{ExportSettings, ExporterSettings};

const CANARY: &str = "canary-4711";

pub(crate) fn settings(url: &str, variables: &[(&str, &str)]) -> SignalSettings {
    let known: HashMap<&str, &str> = variables.iter().copied().collect();
    let lookup = |name: &str| known.get(name).map(|value| (*value).to_owned());
    let destination = format!("otlp={url}").parse().unwrap();
    let settings = ExportSettings::new(&[(destination, &lookup)], &lookup).unwrap();
    match settings.exporters.into_iter().next() {
        Some(ExporterSettings::Otlp(otlp)) => otlp.traces.unwrap(),
        other => panic!("{other:?}"),
    }
}

fn post(url: &str, variables: &[(&str, &str)]) -> Reply {
    let settings = settings(url, variables);
    assert_eq!(settings.signal, Signal::Traces);
    connect(&settings).unwrap().post(b"message", None)
}

fn reason(reply: Reply) -> (String, bool) {
    match reply {
        Reply::Again { problem, .. } => (problem.reason, true),
        Reply::Refused(problem) => (problem.reason, false),
        Reply::Accepted(body) => panic!("{body:?}"),
    }
}

fn answered(answer: Answer, variables: &[(&str, &str)]) -> Reply {
    post(&FakeReceiver::start(vec![answer]).url(), variables)
}

fn status(status: u16, headers: &str) -> Answer {
    Answer::Whole(status, headers.to_owned(), CANARY.into())
}

#[test]
fn a_request_is_what_the_specification_says() {
    let receiver = FakeReceiver::start(vec![Answer::Whole(200, String::new(), b"reply".to_vec())]);
    let headers = [("OTEL_EXPORTER_OTLP_HEADERS", "api-key=canary-4711")];
    let reply = post(&receiver.url(), &headers);
    assert_eq!(reply, Reply::Accepted(b"reply".to_vec()));
    let head = receiver.heads()[0].to_ascii_lowercase();
    assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
    assert!(head.contains("content-type: application/x-protobuf"), "{head}");
    assert!(head.contains("api-key: canary-4711") && !head.contains("content-encoding"), "{head}");
    assert!(receiver.asked()[0].ends_with(b"\r\n\r\nmessage"));
}

#[test]
fn a_request_can_be_compressed() {
    let receiver = FakeReceiver::start(vec![FakeReceiver::ok()]);
    post(&receiver.url(), &[("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")]);
    assert!(receiver.heads()[0].to_ascii_lowercase().contains("content-encoding: gzip"));
    let question = &receiver.asked()[0];
    let body = question.windows(4).position(|part| part == b"\r\n\r\n").unwrap() + 4;
    let mut text = String::new();
    flate2::read::GzDecoder::new(&question[body..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, "message");
}

#[test]
fn a_password_in_the_endpoint_becomes_a_header() {
    let receiver = FakeReceiver::start(vec![FakeReceiver::ok()]);
    post(&receiver.url().replace("//", "//me:canary@"), &[]);
    let head = receiver.heads()[0].clone();
    assert!(head.to_ascii_lowercase().contains("authorization: basic bwu6y2fuyxj5"), "{head}");
    assert!(!head.contains("canary"), "{head}");
}

#[test]
fn only_some_answers_are_worth_another_try() {
    for code in [429, 502, 503, 504] {
        let (reason, is_again) = reason(answered(status(code, ""), &[]));
        assert!(is_again && reason.contains(&code.to_string()), "{reason}");
    }
    for code in [301, 400, 401, 403, 404, 413, 500, 501] {
        let (reason, is_again) = reason(answered(status(code, ""), &[]));
        assert!(!is_again && reason.contains(&code.to_string()), "{reason}");
        assert!(!reason.contains(CANARY), "{reason}");
    }
}

#[test]
fn retry_after_is_heard() {
    let Reply::Again { after, .. } = answered(status(429, "retry-after: 7\r\n"), &[]) else {
        panic!("another try helps");
    };
    assert_eq!(after, Some(Duration::from_secs(7)));
    let date = "retry-after: Fri, 20 Nov 2020 10:00:00 GMT\r\n";
    let Reply::Again { after, .. } = answered(status(503, date), &[]) else {
        panic!("another try helps");
    };
    assert_eq!(after, Some(Duration::ZERO));
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = FakeReceiver::start(vec![FakeReceiver::ok()]);
    for target in [elsewhere.url(), "file:///etc/passwd".into()] {
        let headers = format!("location: {target}\r\n");
        let key = [("OTEL_EXPORTER_OTLP_HEADERS", "api-key=canary-4711")];
        let (reason, is_again) = reason(answered(status(307, &headers), &key));
        assert!(!is_again && reason.contains("elsewhere"), "{reason}");
    }
    assert!(elsewhere.asked().is_empty());
}

#[test]
fn who_is_not_there_or_hangs_up_may_come_back() {
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (said, is_again) = reason(post(&format!("http://{refused}"), &[]));
    assert!(is_again && said == "nobody listens there", "{said}");
    for answer in [Answer::Reset, Answer::Garbage] {
        assert!(reason(answered(answer, &[])).1);
    }
    assert!(reason(post("http://nowhere.invalid:4318", &[])).1);
}

#[test]
fn silence_ends_with_the_timeout() {
    let timeout = [("OTEL_EXPORTER_OTLP_TIMEOUT", "50")];
    let (said, is_again) = reason(answered(Answer::Silence, &timeout));
    assert!(is_again && said == NO_ANSWER, "{said}");
    let receiver = FakeReceiver::start(vec![Answer::Silence]);
    let mut transport = connect(&settings(&receiver.url(), &[])).unwrap();
    let until = Instant::now() + Duration::from_millis(50);
    assert!(reason(transport.post(b"message", Some(until))).1);
}

#[test]
fn an_answer_without_end_was_an_answer() {
    let timeout = [("OTEL_EXPORTER_OTLP_TIMEOUT", "200")];
    assert_eq!(answered(Answer::Drip, &timeout), Reply::Accepted(vec![]));
    assert_eq!(answered(Answer::Huge, &timeout), Reply::Accepted(vec![]));
}

/// A certificate for this machine, and a receiver that uses it once.
fn encrypted_receiver() -> (String, String) {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let pem = certified.cert.pem();
    let key = rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key.unwrap())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let connection = rustls::ServerConnection::new(Arc::new(config.clone())).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream);
            if stream.read(&mut [0; 4096]).is_ok() {
                use std::io::Write;
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                let _ = stream.write_all(answer).and_then(|()| stream.flush());
            }
        }
    });
    (format!("https://localhost:{port}"), pem)
}

#[test]
fn only_a_trusted_certificate_is_trusted() {
    let (url, pem) = encrypted_receiver();
    let (said, is_again) = reason(post(&url, &[]));
    assert!(is_again && said == NO_TRUST, "{said}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, pem).unwrap();
    let trust = [("OTEL_EXPORTER_OTLP_CERTIFICATE", file.to_str().unwrap())];
    assert_eq!(post(&url, &trust), Reply::Accepted(b"ok".to_vec()));
}

#[test]
fn a_certificate_that_is_none_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.pem");
    std::fs::write(&file, CANARY).unwrap();
    let missing = folder.path().join("missing.pem");
    for path in [&file, &missing] {
        let path = path.to_str().unwrap();
        for protocol in ["http/protobuf", "grpc"] {
            let variables = [
                ("OTEL_EXPORTER_OTLP_CERTIFICATE", path),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ];
            let error = connect(&settings("https://localhost:1", &variables)).err().unwrap();
            assert!(error.to_string().contains(path), "{error}");
            assert!(!error.to_string().contains(CANARY), "{error}");
        }
    }
    let lonely = [("OTEL_EXPORTER_OTLP_CLIENT_KEY", file.to_str().unwrap())];
    let error = connect(&settings("https://localhost:1", &lonely)).err().unwrap();
    assert!(matches!(error, TransportError::Pair), "{error}");
}

#[test]
fn grpc_without_a_receiver_may_try_again() {
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (said, is_again) = reason(post(&format!("http://{refused}"), &[grpc]));
    assert!(is_again, "{said}");
    let timeout = ("OTEL_EXPORTER_OTLP_TIMEOUT", "50");
    for answer in [Answer::Silence, Answer::Garbage] {
        let (said, is_again) = reason(answered(answer, &[grpc, timeout]));
        assert!(is_again, "{said}");
    }
}
