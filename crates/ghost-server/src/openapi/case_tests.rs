//! Whatever is asked within and beyond the document is answered as the document says.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jsonschema::Validator;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree as _;
use serde_json::{Value, json};
use utoipa::OpenApi as _;

use super::Document;
use crate::api::staging::{Answer, Stage};

/// Values for a variable part of a path: those that mean something, and those that mean nothing.
const PARTS: &[&str] = &[
    "latest",
    "current",
    "shop",
    "17636",
    "nothing",
    "slowest",
    "4bf92f3577b34da6",
    "../..",
    "%00",
    "a/b",
    "\u{202e}",
    "0000000000000000",
    "'; DROP TABLE sessions",
    "<img src=x onerror=alert(1)>",
];
/// What no parameter takes, and nothing for those that take every text.
const NONSENSE: &[&str] =
    &["-1", "1e18", "", "\0", "true ", "call_count DESC", "%s%n", "1000000000000000000"];

/// One parameter: which of those there are, which value, and whether one that makes sense.
type Choice = (Index, Index, bool);

fn document() -> Value {
    serde_json::to_value(Document::openapi()).unwrap()
}

/// Resources that only tell: those of others have tests of their own.
fn paths(document: &Value) -> Vec<String> {
    let is_read =
        |item: &Value| item["get"]["responses"]["200"]["content"]["application/json"].is_object();
    let all = document["paths"].as_object().unwrap().iter();
    let told = all.filter(|(path, item)| path.starts_with("/api/v1/sessions") && is_read(item));
    told.map(|(path, _)| path.clone()).collect()
}

/// Values that a schema takes.
fn sensible(schema: &Value) -> Vec<String> {
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(|word| word.as_str().unwrap().to_owned()).collect();
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap();
    let least = schema["minimum"].as_f64().unwrap_or(0.0);
    let most = schema["maximum"].as_f64().unwrap_or(9.0);
    match kind {
        "integer" => vec![format!("{least}"), format!("{}", least + 1.0), format!("{most}")],
        "number" => vec!["0".into(), "1".into(), "0.25".into()],
        "boolean" => vec!["true".into(), "false".into()],
        _ if schema["pattern"] == "^[0-9a-f]{16}$" => vec!["00f067aa0ba902b7".into()],
        _ if schema["pattern"] == "^(low|medium|high)$" => vec!["low".into(), "high".into()],
        _ => vec!["latest".into(), "shop".into(), "é\u{1b}\n".into(), "ǅ".repeat(250)],
    }
}

fn validators(document: &Value) -> BTreeMap<String, Validator> {
    let content = |response: &Value| {
        let content = response["content"].as_object()?;
        content.values().next().map(|content| content["schema"].clone())
    };
    let mut validators = BTreeMap::new();
    for path in paths(document) {
        for (status, response) in document["paths"][&path]["get"]["responses"].as_object().unwrap()
        {
            let Some(mut schema) = content(response) else { continue };
            schema["components"] = document["components"].clone();
            validators
                .insert(format!("{status} {path}"), jsonschema::validator_for(&schema).unwrap());
        }
    }
    validators
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The address of a case, and whether all its parameters make sense.
fn address(item: &Value, path: &str, parts: &[Index], choices: &[Choice]) -> (String, bool) {
    let mut address = path.trim_start_matches("/api/v1").to_owned();
    for (name, part) in ["{session}", "{function_id}", "{trace_id}"].iter().zip(parts) {
        address = address.replace(name, &encoded(part.get::<&str>(PARTS)));
    }
    let all = item["parameters"].as_array().cloned().unwrap_or_default();
    let all: Vec<&Value> = all.iter().filter(|it| it["in"] == "query").collect();
    let mut pairs = BTreeMap::new();
    let mut is_sensible = true;
    for (which, value, wants_sense) in choices.iter().filter(|_| !all.is_empty()) {
        let parameter = *which.get(&all);
        let values = sensible(&parameter["schema"]);
        let text = if *wants_sense {
            value.get(&values).clone()
        } else {
            (*value.get(NONSENSE)).to_owned()
        };
        pairs.insert(parameter["name"].as_str().unwrap().to_owned(), (text, *wants_sense));
    }
    for parameter in all.iter().filter(|parameter| parameter["required"] == true) {
        is_sensible &= pairs.contains_key(parameter["name"].as_str().unwrap());
    }
    is_sensible &= pairs.values().all(|(_, wants_sense)| *wants_sense);
    let query: Vec<String> =
        pairs.iter().map(|(name, (text, _))| format!("{name}={}", encoded(text))).collect();
    (format!("{address}?{}", query.join("&")), is_sensible)
}

fn check(validators: &BTreeMap<String, Validator>, path: &str, answer: &Answer, is_sensible: bool) {
    let status = answer.status.as_u16();
    assert!(status < 500, "{answer:?}");
    let validator = validators.get(&format!("{status} {path}"));
    let validator = validator.unwrap_or_else(|| panic!("{status} is not documented for {path}"));
    if let Err(error) = validator.validate(&answer.body) {
        panic!("{path}: {error} at {} in {}", error.instance_path(), answer.body);
    }
    if is_sensible && answer.status == StatusCode::BAD_REQUEST {
        // Only a path can be without sense then.
        assert_eq!(answer.body["parameter"], Value::Null, "{path}: {}", answer.body);
    }
}

#[test]
fn every_answer_is_as_documented() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let document = document();
    let (validators, paths) = (validators(&document), paths(&document));
    let stage = Stage::new();
    let part = any::<Index>();
    let choice = (any::<Index>(), any::<Index>(), prop::bool::weighted(0.8));
    let cases =
        (any::<Index>(), prop::collection::vec(part, 3), prop::collection::vec(choice, 0..5));
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..600 {
        let (path, parts, choices) = cases.new_tree(&mut runner).unwrap().current();
        let path = path.get(&paths);
        let item = &document["paths"][path]["get"];
        let (address, is_sensible) = address(item, path, &parts, &choices);
        let answer = runtime.block_on(stage.get(&address));
        check(&validators, path, &answer, is_sensible);
    }
}

#[test]
fn every_resource_of_the_shop_is_as_documented() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let document = document();
    let (validators, stage) = (validators(&document), Stage::new());
    for path in paths(&document) {
        let function = "/sessions/latest/functions?q=check";
        let function =
            runtime.block_on(stage.get(function)).body["items"][0]["function_id"].clone();
        let address = path.trim_start_matches("/api/v1").replace("{session}", "latest");
        let address = address.replace("{function_id}", function.as_str().unwrap());
        let address = address.replace("{trace_id}", "latest");
        let address = if path.ends_with("/diff") { address + "?base=shop" } else { address };
        let mut answer = runtime.block_on(stage.get(&address));
        while answer.body["state"] == json!("computing") {
            answer = runtime.block_on(stage.get(&address));
        }
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        check(&validators, &path, &answer, true);
    }
}
