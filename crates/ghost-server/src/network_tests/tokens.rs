//! N01, N02, N03, N08: who may ask, and who may change something.

use std::collections::HashSet;

use super::client::TestServer;
use super::rooms::CHANGE;
use crate::security::Token;

#[test]
fn only_the_token_opens() {
    let server = TestServer::start();
    let token = server.token.clone();
    let wrong = format!("{}{}", &token[..63], if token.ends_with('0') { '1' } else { '0' });
    let upper = token.to_uppercase();
    let cases = [
        String::new(),
        "Authorization:\r\n".into(),
        "Authorization: Bearer\r\n".into(),
        "Authorization: Bearer \r\n".into(),
        format!("Authorization: Bearer {wrong}\r\n"),
        format!("Authorization: Bearer {}\r\n", &token[..32]),
        format!("Authorization: Bearer {token}0\r\n"),
        format!("Authorization: Bearer {token} {token}\r\n"),
        format!("Authorization: Bearer {token}, Bearer {token}\r\n"),
        format!("Authorization: Bearer {}\r\n", "0".repeat(64)),
        format!("Authorization: Bearer {}\r\n", "a".repeat(50_000)),
        format!("Authorization: Bearer {}\r\n", if upper == token { "A".into() } else { upper }),
        format!("Authorization: Basic {token}\r\n"),
        format!("Authorization: {token}\r\n"),
        format!("Authorization: Bearer{token}\r\n"),
        format!("Authorization: Bearer  {token}\r\n"),
        format!("Authorization: Bearer {token}\r\nAuthorization: Bearer {token}\r\n"),
        format!("Authorization: Bearer {wrong}\r\nAuthorization: Bearer {token}\r\n"),
        format!("Authorization: Bearer \u{e9}{token}\r\n"),
        format!("X-Authorization: Bearer {token}\r\n"),
        format!("Proxy-Authorization: Bearer {token}\r\n"),
        format!("Cookie: token={token}\r\n"),
    ];
    for headers in cases {
        let answer = server.ask("GET /api/v1/sessions", &headers);
        let expected = r#"{"type":"about:blank","title":"Unauthorized","status":401}"#;
        assert_eq!((answer.status, answer.body.as_str()), (401, expected), "{headers:.100}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

#[test]
fn the_scheme_may_be_written_as_one_likes() {
    let server = TestServer::start();
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let headers = format!("Authorization: {scheme} {}\r\n", server.token);
        assert_eq!(server.ask("GET /api/v1/nothing", &headers).status, 404, "{scheme}");
    }
}

#[test]
fn a_nul_in_a_token_is_no_request() {
    let server = TestServer::start();
    let headers = format!("Authorization: Bearer {}\0\r\n", server.token);
    assert_eq!(server.ask("GET /api/v1/nothing", &headers).status, 400);
}

#[test]
fn a_token_in_a_query_is_refused_even_if_it_is_right() {
    let server = TestServer::start();
    let token = &server.token;
    for path in ["/", "/health", "/api/v1/sessions"] {
        for query in
            [format!("token={token}"), format!("a=b&access_token={token}"), "Token=".into()]
        {
            for headers in [String::new(), server.authorization()] {
                let answer = server.ask(&format!("GET {path}?{query}"), &headers);
                assert_eq!(answer.status, 400, "{path} {query}");
                assert!(!answer.body.contains(token.as_str()));
            }
        }
    }
}

#[test]
fn tokens_do_not_repeat() {
    let tokens: HashSet<String> =
        (0..10_000).map(|_| Token::random().unwrap().as_str().to_owned()).collect();
    assert_eq!(tokens.len(), 10_000);
    let is_a_token =
        |token: &String| token.len() == 64 && token.bytes().all(|digit| digit.is_ascii_hexdigit());
    assert!(tokens.iter().all(is_a_token));
    assert_eq!(format!("{:?}", Token::random().unwrap()), "Token(…)");
}

#[test]
fn what_a_foreign_page_can_send_changes_nothing() {
    let server = TestServer::start();
    let authorization = server.authorization();
    let json = "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    let form = "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}";
    let beacon = "Content-Length: 2\r\n\r\n{}";
    let post = |headers: String| {
        let text = format!("POST {CHANGE} HTTP/1.1\r\nHost: {}\r\n{headers}", server.host());
        server.send(text.as_bytes()).unwrap()
    };
    assert_eq!(post(json.into()).status, 401);
    assert_eq!(post(form.into()).status, 401);
    assert_eq!(post(format!("{authorization}{form}")).status, 415);
    assert_eq!(post(format!("{authorization}{beacon}")).status, 415);
    assert_eq!(post(format!("{authorization}Origin: http://evil.com\r\n{json}")).status, 403);
    assert_eq!(server.ask(&format!("GET {CHANGE}"), &authorization).status, 405);
    assert_eq!(post(format!("{authorization}{json}")).body, "1 2", "the first change of all");
}
