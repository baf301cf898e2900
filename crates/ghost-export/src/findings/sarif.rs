//! Findings as SARIF 2.1.0, the part of it that code scanning services read.
//!
//! Fingerprints are ours: of names, never of lines, so that an alert survives edits. The end of a
//! region's line is left to the reader: we know lines, not columns.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use ghost_analysis::{DETECTORS, Detector, Finding, Place, Severity};
use ghost_model::visible;
use serde_json::{Value, json};

use super::FindingsView;

/// More results in a run are refused by GitHub.
const RESULTS_MAX: usize = 25_000;

pub(super) fn write(view: &FindingsView<'_>, output: &mut dyn Write) -> io::Result<()> {
    let mut seen = HashMap::new();
    let shown = view.findings.iter().take(RESULTS_MAX);
    let results: Vec<Value> = shown.map(|finding| result(finding, &mut seen)).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "ghost",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": DETECTORS.iter().map(|detector| rule(*detector)).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": "ghost/anomalies/"},
            "columnKind": "unicodeCodePoints",
            "properties": {
                "session_id": view.session.id.as_str(),
                "findings_omitted": view.findings.len().saturating_sub(RESULTS_MAX),
            },
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *output, &document)?;
    writeln!(output)
}

fn rule(detector: &dyn Detector) -> Value {
    let page = detector.documentation();
    json!({
        "id": detector.name(),
        "name": pascal_case(detector.name()),
        "shortDescription": {"text": detector.summary()},
        "fullDescription": {"text": description(page).unwrap_or_else(|| detector.summary().to_owned())},
        "help": {"text": help(page), "markdown": help(page)},
        "defaultConfiguration": {"level": "warning"},
        "properties": {
            "tags": ["runtime", "python"],
            "precision": "high",
            "problem.severity": "warning",
        },
    })
}

/// The paragraph below the sentence that opens a page, in one line.
fn description(page: &str) -> Option<String> {
    page.split("\n\n").nth(2).map(|paragraph| paragraph.replace('\n', " "))
}

/// A page without its cases, which are for those who write detectors.
fn help(page: &str) -> &str {
    page.split("\n## ").next().unwrap_or(page).trim_end()
}

/// `never_called` as `NeverCalled`.
fn pascal_case(name: &str) -> String {
    let capitalised = name.split('_').map(|part| {
        let (first, rest) = part.split_at(part.len().min(1));
        first.to_uppercase() + rest
    });
    capitalised.collect()
}

fn result(finding: &Finding, seen: &mut HashMap<String, u32>) -> Value {
    let fingerprint = finding.fingerprint();
    let number = seen.entry(fingerprint.clone()).and_modify(|n| *n += 1).or_insert(1);
    let messages: Vec<_> = finding.messages.iter().map(|message| visible(message)).collect();
    let name = visible(&finding.place.function.qualname);
    let mut result = json!({
        "ruleId": finding.detector,
        "level": level(finding.severity),
        "message": {"text": format!("{name}: {}", messages.join("\n"))},
        "locations": [location(&finding.place)],
        "partialFingerprints": {"primaryLocationLineHash": format!("{fingerprint}:{number}")},
    });
    let index = DETECTORS.iter().position(|detector| detector.name() == finding.detector);
    if let Some(index) = index {
        result["ruleIndex"] = json!(index);
    }
    let related: Vec<Value> = related(finding);
    if !related.is_empty() {
        result["relatedLocations"] = Value::Array(related);
    }
    result
}

fn related(finding: &Finding) -> Vec<Value> {
    let with_source = finding.related.iter().filter(|related| !related.place.file.is_empty());
    let locations = with_source.enumerate().map(|(id, related)| {
        let mut location = location(&related.place);
        location["id"] = json!(id + 1);
        location["message"] = json!({"text": visible(&related.note)});
        location
    });
    locations.collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "note",
        Severity::Medium => "warning",
        Severity::High => "error",
    }
}

fn location(place: &Place) -> Value {
    let key = &place.function;
    let mut location = json!({
        "logicalLocations": [{
            "fullyQualifiedName": visible(&format!("{}.{}", key.module, key.qualname)),
            "kind": "function",
        }],
    });
    if !place.file.is_empty() {
        location["physicalLocation"] = json!({
            "artifactLocation": artifact(&place.file),
            "region": {"startLine": place.line.max(1), "startColumn": 1, "endLine": place.line.max(1)},
        });
    }
    location
}

/// Relative to the project, or absolute where it lies outside.
fn artifact(file: &str) -> Value {
    let path = percent_encoded(file);
    if file.starts_with('/') {
        json!({"uri": format!("file://{path}")})
    } else {
        json!({"uri": path, "uriBaseId": "%SRCROOT%"})
    }
}

/// A path as part of a URI (RFC 3986).
fn percent_encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::super::{FindingsFormat, sample};
    use super::*;

    fn document() -> Value {
        serde_json::from_str(&sample::written(FindingsFormat::Sarif)).unwrap()
    }

    #[test]
    fn results_stay_as_they_are() {
        let mut results = document()["runs"][0]["results"].clone();
        for result in results.as_array_mut().unwrap() {
            // Moves with every new detector.
            result.as_object_mut().unwrap().remove("ruleIndex");
        }
        insta::assert_snapshot!(serde_json::to_string_pretty(&results).unwrap());
    }

    #[test]
    fn every_rule_explains_itself() {
        let document = document();
        let rules = document["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), DETECTORS.len());
        for rule in rules {
            for text in ["shortDescription", "fullDescription", "help"] {
                let text = rule[text]["text"].as_str().unwrap();
                assert!(text.len() > 20 && !text.contains("```"), "{rule}");
            }
        }
    }

    #[test]
    fn results_point_at_their_rules() {
        let document = document();
        let run = &document["runs"][0];
        for result in run["results"].as_array().unwrap() {
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        }
    }

    #[test]
    fn the_same_function_twice_is_two_alerts() {
        let document = document();
        let prints: std::collections::HashSet<&str> = document["runs"][0]["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| {
                result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap()
            })
            .collect();
        assert_eq!(prints.len(), 2);
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(artifact("a b/ü.py")["uri"], "a%20b/%C3%BC.py");
        assert_eq!(artifact("/x.py"), json!({"uri": "file:///x.py"}));
    }
}
