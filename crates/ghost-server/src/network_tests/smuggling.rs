//! N12, N13: requests that are too large, and requests that can be read in two ways.

use std::io::Write;

use super::client::{Answer, TestServer, is_closed};
use super::rooms::CHANGE;

#[test]
fn ambiguous_requests_are_refused_and_end_the_connection() {
    let server = TestServer::start();
    let (host, authorization) = (server.host(), server.authorization());
    let smuggled = format!("GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let length = smuggled.len();
    let headers = [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"),
        format!("Content-Length: 0\r\nContent-Length: {length}\r\n"),
        format!("Content-Length: {length}\r\nContent-Length: {length}\r\n"),
        format!("Content-Length: {length}, {length}\r\n"),
        format!("Content-Length: +{length}\r\n"),
        format!("Content-Length: -{length}\r\n"),
        format!("Content-Length: 0x{length:x}\r\n"),
        format!("Content-Length: {length}.0\r\n"),
        format!("Content-Length : {length}\r\n"),
        format!("Content-Length\t: {length}\r\n"),
        format!(" Content-Length: {length}\r\n"),
        format!("X: y\r\n Content-Length: {length}\r\n"),
        format!("X: y\r\n\tContent-Length: {length}\r\n"),
        format!("X: y\nContent-Length: {length}\r\n"),
        format!("X: y\rContent-Length: {length}\r\n"),
        format!("X: y\0\r\nContent-Length: {length}\r\n"),
        format!("Content-Length: \u{b}{length}\r\n"),
        format!("Content_Length {length}\r\n"),
        "Content-Length:\r\n".into(),
        "Content-Length: 18446744073709551616\r\n".into(),
        "Transfer-Encoding: xchunked\r\n".into(),
        "Transfer-Encoding: chunkedx\r\n".into(),
        "Transfer-Encoding: chunked, identity\r\n".into(),
        "Transfer-Encoding: identity\r\n".into(),
        "Transfer-Encoding: gzip, chunked\r\n".into(),
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n".into(),
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n".into(),
        "Transfer-Encoding: \"chunked\"\r\n".into(),
        "Transfer-Encoding:\u{b}chunked\r\n".into(),
        "Transfer-Encoding : chunked\r\n".into(),
        "Transfer-Encoding\r\n : chunked\r\n".into(),
        "X: y\r\n\u{0}Transfer-Encoding: chunked\r\n".into(),
    ];
    for headers in headers {
        let head = format!(
            "POST {CHANGE} HTTP/1.1\r\nHost: {host}\r\n{authorization}Content-Type: application/json\r\n{headers}\r\n"
        );
        assert_refused(&server, &format!("{head}{smuggled}"));
    }
    assert!(server.is_healthy());
}

#[test]
fn what_only_resembles_a_request_is_refused() {
    let server = TestServer::start();
    let host = server.host();
    for whole in [
        format!("GET /health HTTP/1.1\nHost: {host}\n\n"),
        format!("GET /health HTTP/1.1\r\nHost: {host}\n\r\n"),
        format!("\r\nGET /health HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("\nGET /health HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET  /health HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET /health  HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET /health\tHTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET /hea\0lth HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET /health HTTP/1.2\r\nHost: {host}\r\n\r\n"),
        format!("GET /health HTTP/3.0\r\nHost: {host}\r\n\r\n"),
        format!("GET /health http/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET /health HTTP/1.1 \r\nHost: {host}\r\n\r\n"),
        format!("GET /health\r\nHost: {host}\r\n\r\n"),
        format!(
            "POST {CHANGE} HTTP/1.0\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        format!("GE\u{1b}T /health HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("G(T /health HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        "\0\0\0\0".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}".into(),
    ] {
        assert_refused(&server, &whole);
    }
    assert!(server.is_healthy());
}

/// 400 or nothing, and then the end: never a second answer.
fn assert_refused(server: &TestServer, bytes: &str) {
    let mut stream = server.connect();
    let _ = stream.write_all(bytes.as_bytes());
    let answer = Answer::read(&mut stream).unwrap_or_else(|| panic!("no answer to {bytes:?}"));
    assert_eq!(answer.status, 400, "{bytes:?}");
    assert_eq!(Answer::read(&mut stream), None, "{bytes:?}");
}

#[test]
fn one_connection_can_ask_often() {
    let server = TestServer::start();
    let (host, authorization) = (server.host(), server.authorization());
    let get = format!("GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let post = format!(
        "POST {CHANGE} HTTP/1.1\r\nHost: {host}\r\n{authorization}Content-Type: application/json\r\nContent-Length: 4\r\n\r\n\n\r\n\0"
    );
    let mut stream = server.connect();
    stream.write_all(format!("{get}{post}{get}{post}{get}").as_bytes()).unwrap();
    let answers: Vec<String> = (0..5).map(|_| Answer::read(&mut stream).unwrap().body).collect();
    let ok = r#"{"status":"ok"}"#;
    assert_eq!(answers, [ok, "1 4", ok, "2 4", ok]);
}

#[test]
fn a_chunked_body_is_read_and_is_the_last() {
    let server = TestServer::start();
    let head = format!(
        "POST {CHANGE} HTTP/1.1\r\nHost: {}\r\n{}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        server.host(),
        server.authorization()
    );
    let mut stream = server.connect();
    let next = format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", server.host());
    stream.write_all(format!("{head}2\r\n{{}}\r\n0\r\n\r\n{next}").as_bytes()).unwrap();
    let answer = Answer::read(&mut stream).unwrap();
    assert_eq!((answer.body.as_str(), answer.header("connection")), ("1 2", Some("close")));
    assert!(is_closed(&mut stream));
}

#[test]
fn what_is_too_large_is_refused() {
    let server = TestServer::start();
    let (host, authorization) = (server.host(), server.authorization());
    let status = |text: String| server.send(text.as_bytes()).map(|answer| answer.status);
    let get = |target: &str| status(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    assert_eq!(get(&format!("/{}", "a".repeat(8 * 1024 - 1))), Some(404));
    assert_eq!(get(&format!("/{}", "a".repeat(8 * 1024))), Some(414));
    assert_eq!(get(&format!("/?{}", "a".repeat(8 * 1024))), Some(414));
    assert!(matches!(get(&format!("/{}", "a".repeat(1 << 20))), Some(414 | 431)));

    let with = |headers: String| status(format!("GET / HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n"));
    assert_eq!(with("X: y\r\n".repeat(99)), Some(200));
    assert_eq!(with("X: y\r\n".repeat(100)), Some(431));
    assert_eq!(with("X: y\r\n".repeat(10_000)), Some(431));
    assert_eq!(with(format!("X: {}\r\n", "y".repeat(60_000))), Some(200));
    assert_eq!(with(format!("X: {}\r\n", "y".repeat(70_000))), Some(431));
    assert_eq!(with(format!("X: {}\r\n", "y".repeat(1 << 20))), Some(431));

    let post = |headers: &str, body: &str| {
        let json = "Content-Type: application/json\r\n";
        status(format!(
            "POST {CHANGE} HTTP/1.1\r\nHost: {host}\r\n{authorization}{json}{headers}\r\n{body}"
        ))
    };
    let fits = "x".repeat(64 * 1024);
    assert_eq!(post("Content-Length: 65536\r\n", &fits), Some(200));
    assert_eq!(post("Content-Length: 65537\r\n", ""), Some(413));
    assert_eq!(post("Content-Length: 1073741824\r\n", &fits), Some(413));
    assert_eq!(post("Content-Length: 1073741824\r\nExpect: 100-continue\r\n", ""), Some(413));
    let chunk = format!("10000\r\n{fits}\r\n");
    let chunked = "Transfer-Encoding: chunked\r\n";
    assert_eq!(post(chunked, &chunk.repeat(4)), Some(413));
    assert_eq!(post(chunked, "fffffffffffffffff\r\n"), Some(400));
    assert_eq!(post(chunked, &format!("1;{}\r\n", "x".repeat(1 << 20))), Some(400));
    assert_eq!(post("Content-Encoding: gzip\r\nContent-Length: 2\r\n", "\u{1f}x"), Some(200));
    assert!(server.is_healthy());
}

#[test]
fn nothing_is_read_before_the_token() {
    let server = TestServer::start();
    let head = "Content-Type: application/json\r\nContent-Length: 1000000000\r\n";
    assert_eq!(server.ask(&format!("POST {CHANGE}"), head).status, 401);
}
