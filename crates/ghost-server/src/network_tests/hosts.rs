//! N05, N06, N07, N21: the name that is asked for, and the page that asks.

use super::client::TestServer;
use crate::serving::ServingLimits;

#[test]
fn only_our_own_names_are_answered() {
    let server = TestServer::start();
    let port = server.address.port();
    let status = |head: &str| server.send(head.as_bytes()).unwrap().status;
    let asked = |host: &str| status(&format!("GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    for name in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"] {
        assert_eq!(asked(&format!("{name}:{port}")), 200, "{name}");
        for wrong in ["", ":", ":80", ":1", ":0", ":65536", ":-1", ":x"] {
            let status = asked(&format!("{name}{wrong}"));
            assert!(matches!(status, 400 | 403), "{name}{wrong}: {status}");
        }
    }
    for name in [
        "evil.com",
        "127.0.0.1.evil.com",
        "evil.com.",
        "localhost.",
        "localhost.localdomain",
        "localhost.evil.com",
        "evil-localhost",
        "127.0.0.2",
        "127.1",
        "127.0.0.01",
        "0127.0.0.1",
        "0x7f.0.0.1",
        "2130706433",
        "0.0.0.0",
        "[::]",
        "::1",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:0:0:1]",
        "[::1%25lo]",
        "xn--lcalhost-54a",
        "lоcalhost",
        "127.0.0.1@evil.com",
        "evil.com@127.0.0.1",
        "user:127.0.0.1",
        "127.0.0.1 evil.com",
        "127.0.0.1,evil.com",
        "127.0.0.1/",
        "http://127.0.0.1",
        "",
        " ",
        "*",
        "null",
    ] {
        let status = asked(&format!("{name}:{port}"));
        assert!(matches!(status, 400 | 403), "{name}: {status}");
    }
}

#[test]
fn one_name_exactly_and_nowhere_else() {
    let server = TestServer::start();
    let host = server.host();
    let cases = [
        "GET /health HTTP/1.1\r\n\r\n".to_owned(),
        "GET /health HTTP/1.0\r\n\r\n".into(),
        "GET /health HTTP/1.1\r\nHost:\r\n\r\n".into(),
        format!("GET /health HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n"),
        format!("GET /health HTTP/1.1\r\nHost: {host}\r\nHost: evil.com\r\n\r\n"),
        format!("GET /health HTTP/1.1\r\nHost: evil.com\r\nHost: {host}\r\n\r\n"),
        format!("GET http://{host}/health HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET http://evil.com/health HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET http://{host}/health HTTP/1.1\r\nHost: evil.com\r\n\r\n"),
        format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("CONNECT evil.com:443 HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET health HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET /health HTTP/1.1\r\nX-Forwarded-Host: {host}\r\nHost: evil.com\r\n\r\n"),
        format!("GET /health HTTP/1.1\r\nForwarded: host={host}\r\nHost: evil.com\r\n\r\n"),
    ];
    for head in cases {
        let status = server.send(head.as_bytes()).unwrap().status;
        assert!(matches!(status, 400 | 403), "{head}: {status}");
    }
    assert_eq!(
        server
            .send(format!("GET /health HTTP/1.0\r\nHost: {host}\r\n\r\n").as_bytes())
            .unwrap()
            .status,
        200
    );
}

#[test]
fn everywhere_is_no_name_but_the_address_of_the_connection_is() {
    let server = TestServer::with(ServingLimits::default(), "0.0.0.0");
    let port = server.address.port();
    let asked = |host: &str| {
        let head = format!("GET /health HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
        server.send(head.as_bytes()).unwrap().status
    };
    assert_eq!((asked("127.0.0.1"), asked("localhost")), (200, 200));
    assert_eq!((asked("0.0.0.0"), asked("evil.com"), asked("192.0.2.1")), (403, 403, 403));
}

#[test]
fn rebinding_and_forwarding_open_nothing() {
    let server = TestServer::start();
    let port = server.address.port();
    let evil = format!(
        "GET /api/v1/sessions HTTP/1.1\r\nHost: evil.com:{port}\r\nOrigin: http://evil.com:{port}\r\n{}\r\n",
        server.authorization()
    );
    assert_eq!(server.send(evil.as_bytes()).unwrap().status, 403);
    for header in [
        "X-Forwarded-For: 127.0.0.1",
        "X-Real-IP: 127.0.0.1",
        "X-Forwarded-User: root",
        "X-Original-URL: /health",
        "X-Rewrite-URL: /health",
        "Forwarded: for=127.0.0.1;proto=https",
    ] {
        assert_eq!(server.ask("GET /api/v1/sessions", &format!("{header}\r\n")).status, 401);
    }
}

#[test]
fn no_foreign_page_is_answered_and_none_is_allowed() {
    let server = TestServer::start();
    let (host, port) = (server.host(), server.address.port());
    let own = format!("http://{host}");
    let foreign = [
        "null".to_owned(),
        "http://evil.com".into(),
        "https://evil.com".into(),
        "file://".into(),
        "chrome-extension://abcdefghijklmnop".into(),
        "moz-extension://abc".into(),
        "http://localhost:1".into(),
        "http://127.0.0.1".into(),
        "http://127.0.0.1:1".into(),
        format!("https://{host}"),
        format!("http://{host}.evil.com"),
        format!("http://evil.com:{port}"),
        format!("http://localhost:{port}"),
        format!("http://{host}/"),
        format!("{own} {own}"),
        String::new(),
    ];
    let authorization = server.authorization();
    for origin in foreign {
        for path in ["/", "/health", "/api/v1/sessions"] {
            let headers = format!("{authorization}Origin: {origin}\r\n");
            let answer = server.ask(&format!("GET {path}"), &headers);
            assert_eq!(answer.status, 403, "{origin} {path}");
            let preflight = format!(
                "Origin: {origin}\r\nAccess-Control-Request-Method: GET\r\n\
                 Access-Control-Request-Headers: authorization\r\n"
            );
            let preflight = server.ask(&format!("OPTIONS {path}"), &preflight);
            assert!(matches!(preflight.status, 401 | 403), "{origin} {path}");
            for answer in [answer, preflight] {
                let of_cors = |(name, _): &(String, String)| name.starts_with("access-control-");
                assert!(!answer.headers.iter().any(of_cors), "{origin}: {answer:?}");
            }
        }
    }
    let answer = server.ask("GET /api/v1/nothing", &format!("{authorization}Origin: {own}\r\n"));
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (404, None));
}
