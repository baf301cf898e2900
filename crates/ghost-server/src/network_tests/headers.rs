//! N17, N24, V12: what browsers are told with every answer, and what errors tell.

use super::client::TestServer;
use super::rooms::PANIC;

#[test]
fn every_answer_has_all_headers() {
    let server = TestServer::start();
    for line in
        ["GET /", "GET /health", "GET /nothing", "GET /api/v1/x", "PUT /", &format!("GET {PANIC}")]
    {
        let answer = server.ask(line, "");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'self'"), "{line}");
        assert!(policy.contains("frame-ancestors 'none'"), "{line}");
        assert!(!policy.contains("unsafe"), "{line}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{line}");
        }
    }
}

#[test]
fn a_panic_is_one_answer_and_tells_nothing() {
    let server = TestServer::start();
    for _ in 0..3 {
        let answer = server.ask(&format!("GET {PANIC}"), "");
        let body = r#"{"type":"about:blank","title":"Internal Server Error","status":500}"#;
        assert_eq!((answer.status, answer.body.as_str()), (500, body));
        assert!(server.is_healthy());
    }
}

#[test]
fn the_page_has_no_inline_script_or_style() {
    let server = TestServer::start();
    let page = server.ask("GET /", "").body.to_ascii_lowercase();
    for banned in ["<style", "style=", "<script>", "javascript:", "onload=", "http://", "https://"]
    {
        assert!(!page.contains(banned), "{banned}");
    }
}
