//! N14, N18, N19: paths and methods, and what is open to everybody.

use super::client::TestServer;
use super::rooms::CHANGE;

#[test]
fn no_path_leads_out() {
    let server = TestServer::start();
    let authorization = server.authorization();
    for path in [
        "/../Cargo.toml",
        "/..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..\\..\\etc\\passwd",
        "/..%5c..%5cetc%5cpasswd",
        "//etc/passwd",
        "/./index.html",
        "/index.html%00.js",
        "/%00",
        "/%c0%ae%c0%ae/etc/passwd",
        "/%ff",
        "/.stamp",
        "/index.html/",
        "/api",
        "/api/v1",
        "/api/v1/../../health",
        "/api/v1/sessions/..%2f..%2f..%2fetc%2fpasswd/functions",
        "/%61pi/v1/sessions",
        "/API/v1/sessions",
    ] {
        let answer = server.ask(&format!("GET {path}"), &authorization);
        assert!(matches!(answer.status, 400 | 404), "{path}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
        assert!(!answer.body.contains("root:") && !answer.body.contains("workspace"), "{path}");
    }
}

#[test]
fn methods_that_are_not_there_are_refused_behind_the_token() {
    let server = TestServer::start();
    let authorization = server.authorization();
    let over = "Connection: close\r\nX-HTTP-Method-Override: GET\r\nX-HTTP-Method: GET\r\n";
    for method in ["HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "PROPFIND", "get", "GETX"] {
        for path in ["/", "/health"] {
            let answer = server.ask(&format!("{method} {path}"), over);
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, Some("GET")),
                "{method} {path}"
            );
        }
        let line = format!("{method} {CHANGE}");
        assert_eq!(server.ask(&line, over).status, 401, "{method}");
        let answer = server.ask(&line, &format!("{authorization}{over}"));
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
}

#[test]
fn health_is_the_only_open_answer_with_data_and_says_nothing() {
    let server = TestServer::start();
    let answer = server.ask("GET /health", "");
    assert_eq!(answer.body, r#"{"status":"ok"}"#);
    assert_eq!(answer.header("server"), None);
    assert_eq!(server.ask("GET /", "").header("content-type"), Some("text/html; charset=utf-8"));
    for path in ["/metrics", "/debug", "/status", "/openapi.json", "/livez", "/.well-known/x"] {
        assert_eq!(server.ask(&format!("GET {path}"), "").status, 404, "{path}");
    }
    for path in ["/api", "/api/", "/api/v1", "/api/v1/settings", "/api/v1/openapi.json", "/api/v2"]
    {
        assert_eq!(server.ask(&format!("GET {path}"), "").status, 401, "{path}");
    }
}
