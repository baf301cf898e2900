//! `ghost explain` with models that answer well, badly, slowly and not at all. None of them is real.

use serde_json::{Value, json};

use crate::explain::{explained, recorded};
use crate::fake_server::{Answer, FakeServer};
use crate::sandbox::Ran;

/// Must never be seen.
const KEY: &str = "canary-4711";

/// The name of each back end, the variable of its key, its path and an answer of it.
fn backends() -> [(&'static str, &'static str, &'static str, Value); 3] {
    [
        (
            "gemini",
            "GEMINI_API_KEY",
            "/v1beta/models/gemini-flash-latest:generateContent",
            json!({"candidates": [{"content": {"parts": [{"text": "It rounds"}, {"text": " down."}]}}]}),
        ),
        (
            "openai",
            "OPENAI_API_KEY",
            "/chat/completions",
            json!({"choices": [{"message": {"content": "It rounds down."}}]}),
        ),
        (
            "anthropic",
            "ANTHROPIC_API_KEY",
            "/v1/messages",
            json!({"content": [{"type": "text", "text": "It rounds down."}]}),
        ),
    ]
}

fn good() -> Answer {
    whole(200, "", &backends()[1].3.to_string())
}

fn whole(status: u16, headers: &'static str, body: &str) -> Answer {
    Answer::Whole(status, headers, body.to_owned())
}

/// Asks a fake server as if it were `OpenAI`'s; the key is seen nowhere.
fn asked(answers: Vec<Answer>, options: &[&str]) -> (Ran, Vec<String>) {
    let server = FakeServer::start(answers);
    let url = server.url();
    let words = [&["discount", "--backend", "openai", "--base-url", &url], options].concat();
    let ran = explained(&recorded(), &words, &[("OPENAI_API_KEY", KEY)]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(KEY), "{ran:?}");
    (ran, server.asked())
}

/// The template explained, and one line said why.
fn assert_fell_back(ran: &Ran, why: &str) {
    assert!(ran.stdout.contains("\nExplanation\n  `calculate_discount` was called"), "{ran:?}");
    assert_eq!(ran.lines().len(), 2, "{ran:?}");
    assert!(
        ran.lines()[0].starts_with("ghost: asking openai (gpt-5-mini) at 127.0.0.1"),
        "{ran:?}"
    );
    let expected = format!("ghost: {why}; the template explains instead");
    assert!(ran.lines()[1].starts_with(&expected), "{ran:?}");
}

#[test]
fn each_back_end_is_asked_in_its_own_words() {
    for (name, variable, path, answer) in backends() {
        let server = FakeServer::start(vec![whole(200, "", &answer.to_string())]);
        let url = server.url();
        let words = ["discount", "--base-url", &url];
        // Its key alone chooses it.
        let ran = explained(&recorded(), &words, &[(variable, KEY)]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.stdout.contains(&format!("\nExplanation ({name}, ")), "{ran:?}");
        assert!(ran.stdout.ends_with("\n  It rounds down.\n"), "{ran:?}");
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(KEY), "{ran:?}");

        let asked = server.asked().concat();
        let (head, body) = asked.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{head}");
        assert!(head.contains(KEY) && !body.contains(KEY), "{head}");
        assert!(!head.lines().next().unwrap().contains(KEY), "{head}");
        // Facts are told, the source is not.
        assert!(body.contains("calculate_discount") && body.contains("float"), "{body}");
        assert!(!body.contains("secret-comment"), "{body}");
    }
}

#[test]
fn source_is_sent_only_where_the_user_says_so() {
    let (ran, requests) = asked(vec![good()], &["--with-source", "--model", "some/model:7b"]);
    assert!(requests[0].contains("secret-comment") && requests[0].contains("some/model:7b"));
    assert!(ran.lines()[0].contains("names, numbers and source"), "{ran:?}");
}

#[test]
fn a_server_of_ones_own_needs_no_key() {
    let server = FakeServer::start(vec![good()]);
    let variables = [("OPENAI_BASE_URL", server.url())];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let ran = explained(&recorded(), &["discount", "--backend", "openai"], &variables);
    assert!(ran.stdout.contains("It rounds down."), "{ran:?}");
    assert!(!server.asked()[0].to_ascii_lowercase().contains("authorization"));
}

#[test]
fn a_key_that_is_missing_or_refused_leaves_the_template() {
    for (name, variable, ..) in backends() {
        let ran = explained(&recorded(), &["discount", "--backend", name], &[]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let expected = format!(
            "ghost: {name} needs a key, and `{variable}` is not set; the template explains instead (hint: `--backend template` asks nobody)"
        );
        assert_eq!(ran.lines(), [expected]);
    }
    let told = format!("Incorrect API key provided: {KEY}");
    let (ran, requests) = asked(vec![whole(401, "", &told)], &[]);
    assert_fell_back(&ran, "`127.0.0.1` answered 401: it does not accept the key");
    assert_eq!(requests.len(), 1);
}

#[test]
fn a_busy_server_is_asked_once_more() {
    let busy = || whole(429, "retry-after: 0\r\n", "");
    let (ran, requests) = asked(vec![busy(), good()], &[]);
    assert!(ran.stdout.contains("It rounds down."), "{ran:?}");
    assert_eq!(requests.len(), 2);

    let (ran, requests) = asked(vec![busy(), busy(), good()], &[]);
    assert_fell_back(&ran, "`127.0.0.1` answered 429: too many questions");
    assert_eq!(requests.len(), 2);

    let broken = || whole(500, "retry-after: 0\r\n", "<html>");
    let (ran, _) = asked(vec![broken(), broken()], &[]);
    assert_fell_back(&ran, "`127.0.0.1` answered 500: it is in trouble");

    let (ran, requests) = asked(vec![whole(503, "retry-after: 3600\r\n", ""), good()], &[]);
    assert_fell_back(&ran, "`127.0.0.1` answered 503: it is in trouble");
    assert_eq!(requests.len(), 1);
}

#[test]
fn what_is_no_answer_leaves_the_template() {
    let garbage = "`127.0.0.1` answered something else than expected";
    for body in ["", "not json", "\u{0}\u{1}", "[1,"] {
        assert_fell_back(&asked(vec![whole(200, "", body)], &[]).0, garbage);
    }
    let endless = format!("\"{}\"", "x".repeat(2 << 20));
    assert_fell_back(&asked(vec![whole(200, "", &endless)], &[]).0, garbage);
    for body in ["{}", "[]", "7", r#"{"choices":[{"message":{"content":" "}}]}"#] {
        let (ran, _) = asked(vec![whole(200, "", body)], &[]);
        assert_fell_back(&ran, "`127.0.0.1` answered without a text");
    }
    let (ran, _) = asked(vec![Answer::Truncated], &[]);
    assert_fell_back(&ran, "cannot ask `127.0.0.1`: the answer broke off");
}

#[test]
fn nobody_is_waited_for_longer_than_said() {
    for answer in [Answer::Drip, Answer::Nothing] {
        let (ran, _) = asked(vec![answer], &["--timeout", "1"]);
        assert_fell_back(&ran, "`127.0.0.1` did not answer within 1s");
    }
}

#[test]
fn a_key_goes_to_nobody_else() {
    let elsewhere = FakeServer::start(vec![good()]);
    let location = format!("location: {}/chat/completions\r\n", elsewhere.url());
    let (ran, _) = asked(vec![whole(307, location.leak(), "")], &[]);
    assert_fell_back(
        &ran,
        "`127.0.0.1` answered 307: it sends us elsewhere, where the key will not go",
    );
    assert!(elsewhere.asked().is_empty());

    for (url, why) in [
        ("http://example.invalid/v1", "the key for `example.invalid` would travel unencrypted"),
        ("http://user:canary-4711@127.0.0.1:9", "the base URL is not usable"),
        ("file:///etc/passwd", "the base URL is not usable"),
    ] {
        let words = ["discount", "--backend", "openai", "--base-url", url];
        let ran = explained(&recorded(), &words, &[("OPENAI_API_KEY", KEY)]);
        assert_eq!((ran.code, ran.lines().len()), (Some(0), 1), "{ran:?}");
        assert!(ran.stderr.contains(why) && !ran.stderr.contains(KEY), "{ran:?}");
    }
}

#[test]
fn a_proxy_is_not_asked_about_this_machine() {
    let (server, proxy) = (FakeServer::start(vec![good()]), FakeServer::start(vec![good()]));
    let (url, proxy_url) = (server.url(), proxy.url());
    let words = ["discount", "--backend", "openai", "--base-url", &url];
    let variables =
        [("OPENAI_API_KEY", KEY), ("HTTP_PROXY", &proxy_url), ("http_proxy", &proxy_url)];
    let ran = explained(&recorded(), &words, &variables);
    assert!(ran.stdout.contains("It rounds down."), "{ran:?}");
    assert_eq!((server.asked().len(), proxy.asked().len()), (1, 0));
}

#[test]
fn a_key_that_is_no_header_is_not_shown() {
    let server = FakeServer::start(vec![good()]);
    let words = ["discount", "--backend", "openai", "--base-url", &server.url()];
    let ran = explained(&recorded(), &words, &[("OPENAI_API_KEY", "canary\n4711")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.lines()[1].contains("the key or an option holds what no header can"), "{ran:?}");
    assert!(!ran.stderr.contains("canary") && server.asked().is_empty(), "{ran:?}");
}

#[test]
fn an_answer_cannot_talk_to_the_terminal() {
    let text = "first\u{1b}]0;title\u{7}\n\u{1b}[2Jsecond\r\n\nthird \u{202e}";
    let answer = json!({"choices": [{"message": {"content": text}}]}).to_string();
    let (ran, _) = asked(vec![whole(200, "", &answer)], &[]);
    let shown = ran.stdout.split("Explanation").nth(1).unwrap();
    assert!(shown.contains("first\\u{1b}]0;title") && shown.contains("third"), "{shown}");
    assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown}");
}
