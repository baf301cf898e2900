//! Findings as JSON: one document, or one object per line.
//!
//! Described in `docs/anomalies.md`; columns of `ghost export` have the same names here.

use std::io::{self, Write};

use ghost_analysis::{Fact, FactValue, Finding, Place, Related};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{FINDINGS_SCHEMA_VERSION, FindingsView};

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    session_id: &'a str,
    script_path: &'a str,
    session_count: u64,
    findings: Vec<FindingObject<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    session_id: &'a str,
    #[serde(flatten)]
    finding: FindingObject<'a>,
}

#[derive(Serialize)]
struct FindingObject<'a> {
    detector: &'a str,
    severity: &'a str,
    #[serde(flatten)]
    place: PlaceObject<'a>,
    subject: &'a str,
    messages: &'a [String],
    facts: Map<String, Value>,
    related: Vec<RelatedObject<'a>>,
    fingerprint: String,
}

#[derive(Serialize)]
struct PlaceObject<'a> {
    fn_key: String,
    module: &'a str,
    qualname: &'a str,
    file: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct RelatedObject<'a> {
    #[serde(flatten)]
    place: PlaceObject<'a>,
    note: &'a str,
}

/// One document, indented.
pub(super) fn write(view: &FindingsView<'_>, output: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema_version: FINDINGS_SCHEMA_VERSION,
        session_id: view.session.id.as_str(),
        script_path: &view.session.script,
        session_count: view.session_count,
        findings: view.findings.iter().map(finding_object).collect(),
    };
    serde_json::to_writer_pretty(&mut *output, &document)?;
    writeln!(output)
}

/// One object per line.
pub(super) fn write_lines(view: &FindingsView<'_>, output: &mut dyn Write) -> io::Result<()> {
    for finding in view.findings {
        let session_id = view.session.id.as_str();
        let line = Line { session_id, finding: finding_object(finding) };
        serde_json::to_writer(&mut *output, &line)?;
        writeln!(output)?;
    }
    Ok(())
}

/// One finding as programs read it.
pub fn finding_json(finding: &Finding) -> Value {
    // Names and numbers only: nothing in it can fail to be written.
    serde_json::to_value(finding_object(finding)).unwrap_or_default()
}

fn finding_object(finding: &Finding) -> FindingObject<'_> {
    FindingObject {
        detector: finding.detector,
        severity: finding.severity.as_str(),
        place: place_object(&finding.place),
        subject: &finding.subject,
        messages: &finding.messages,
        facts: facts_object(&finding.facts),
        related: finding.related.iter().map(related_object).collect(),
        fingerprint: finding.fingerprint(),
    }
}

fn place_object(place: &Place) -> PlaceObject<'_> {
    PlaceObject {
        fn_key: place.function.to_string(),
        module: &place.function.module,
        qualname: &place.function.qualname,
        file: &place.file,
        line: place.line,
    }
}

fn related_object(related: &Related) -> RelatedObject<'_> {
    RelatedObject { place: place_object(&related.place), note: &related.note }
}

fn facts_object(facts: &[Fact]) -> Map<String, Value> {
    facts.iter().map(|(name, value)| ((*name).to_owned(), fact_value(value))).collect()
}

fn fact_value(value: &FactValue) -> Value {
    match value {
        FactValue::Count(count) | FactValue::Nanoseconds(count) => Value::from(*count),
        FactValue::Real(number) => Value::from(*number),
        FactValue::Text(text) => Value::from(text.as_str()),
        FactValue::Texts(texts) => Value::from(texts.as_slice()),
        FactValue::Counts(counts) => Value::Object(
            counts.iter().map(|(name, count)| (name.clone(), (*count).into())).collect(),
        ),
        FactValue::Groups(groups) => {
            groups.iter().map(|facts| Value::Object(facts_object(facts))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FindingsFormat, sample};

    #[test]
    fn the_document_stays_as_it_is() {
        insta::assert_snapshot!(sample::written(FindingsFormat::Json));
    }

    #[test]
    fn every_line_is_an_object() {
        let text = sample::written(FindingsFormat::Jsonl);
        assert_eq!(text.lines().count(), 2);
        for line in text.lines() {
            let object: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(object["session_id"].is_string() && object["fingerprint"].is_string());
        }
    }
}
