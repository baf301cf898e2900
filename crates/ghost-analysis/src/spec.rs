//! Runs the cases in `docs/detectors/*.md`: what is documented is what happens.
//!
//! A case is a heading with fenced blocks below it: `recording` (see `recording_text`), any number of
//! `python FILE`, and `findings`, which must be exactly what the detector of the page finds.

mod recording_text;

use std::fmt::Write as _;

use crate::detector::{DETECTORS, Detector};
use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::sources::Sources;

/// One case of a page.
#[derive(Default)]
struct Case {
    heading: String,
    recording: Option<String>,
    sources: Vec<(String, String)>,
    findings: Option<String>,
}

#[test]
fn every_detector_does_what_its_page_says() {
    let mut failures = String::new();
    for detector in DETECTORS {
        let cases = cases(detector.documentation());
        assert!(cases.len() >= 2, "{}: too few cases", detector.name());
        for case in cases {
            let found = found(*detector, &case);
            let expected = case.findings.unwrap_or_default();
            if found != expected {
                let name = detector.name();
                let heading = case.heading;
                write!(failures, "\n{name}, {heading}\nexpected:\n{expected}found:\n{found}")
                    .unwrap();
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn every_page_begins_with_the_name_and_the_sentence_of_its_detector() {
    for detector in DETECTORS {
        let page = detector.documentation();
        let beginning = format!("# {}\n\n{}\n", detector.name(), detector.summary());
        assert!(page.starts_with(&beginning), "{}", detector.name());
    }
}

fn found(detector: &dyn Detector, case: &Case) -> String {
    let mut sources = Sources::default();
    for (file, text) in &case.sources {
        sources.insert(file, text);
    }
    let text =
        case.recording.as_deref().unwrap_or_else(|| panic!("{}: no recording", case.heading));
    let (recording, thresholds) = recording_text::parse(text);
    let mut evidence = Evidence::new(&recording, &sources);
    evidence.thresholds = thresholds;
    let mut findings = detector.detect(&evidence);
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.place.line));
    findings.iter().map(written).collect()
}

/// As `ghost anomalies` writes it.
fn written(finding: &Finding) -> String {
    let severity = format!("[{}] ", finding.severity.as_str().to_uppercase());
    let key = &finding.place.function;
    let mut text =
        format!("{severity}{:<15} {} (line {})\n", finding.detector, key.qualname, key.line);
    for message in &finding.messages {
        let _ = writeln!(text, "{}{message}", " ".repeat(severity.len()));
    }
    text
}

fn cases(page: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut lines = page.lines();
    let mut heading = "";
    while let Some(line) = lines.next() {
        if let Some(text) = line.strip_prefix("## ").or_else(|| line.strip_prefix("### ")) {
            heading = text;
        }
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let block: String = lines
            .by_ref()
            .take_while(|line| *line != "```")
            .fold(String::new(), |text, line| text + line + "\n");
        let is_new = cases.last().is_none_or(|case: &Case| case.heading != heading);
        match info.split_once(' ').unwrap_or((info, "")) {
            ("recording" | "findings" | "python", _) if is_new => {
                cases.push(Case { heading: heading.to_owned(), ..Case::default() });
            }
            _ => {}
        }
        let Some(case) = cases.last_mut() else { continue };
        match info.split_once(' ').unwrap_or((info, "")) {
            ("recording", _) => case.recording = Some(block),
            ("findings", _) => case.findings = Some(block),
            ("python", file) if !file.is_empty() => case.sources.push((file.to_owned(), block)),
            _ => {}
        }
    }
    cases
}
