//! Two findings with everything the formats must cope with.

use ghost_analysis::{FactValue, Finding, Place, Related, Severity};
use ghost_model::FunctionKey;

use super::{FindingsFormat, FindingsView, write_findings};
use crate::sample::{ODD_NAME, session};

/// The sample in a format.
pub(super) fn written(format: FindingsFormat) -> String {
    let sample = session();
    let findings = findings();
    let view =
        FindingsView { session: sample.view().session, session_count: 3, findings: &findings };
    let mut bytes = Vec::new();
    write_findings(&view, format, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn findings() -> Vec<Finding> {
    let rate = Finding {
        detector: "high_exc_rate",
        severity: Severity::High,
        place: place(ODD_NAME, 34),
        subject: String::new(),
        messages: vec!["exception rate 60.0% (18/30 calls)".into(), format!("of {ODD_NAME}")],
        facts: vec![
            ("call_count", FactValue::Count(30)),
            ("exception_rate", FactValue::Real(0.6)),
            ("exc_type_dist", FactValue::Counts(vec![("ValueError".into(), 18)])),
            ("mean_latency_ns", FactValue::Nanoseconds(7)),
            ("methods", FactValue::Texts(vec!["a".into(), "b".into()])),
            ("groups", FactValue::Groups(vec![vec![("name", FactValue::Text("x".into()))]])),
        ],
        related: vec![Related { place: place("sync", 52), note: "catches it".into() }],
        weight: 18,
    };
    let same = Finding { severity: Severity::Low, related: vec![], facts: vec![], ..rate.clone() };
    vec![rate, same]
}

fn place(qualname: &str, line: u32) -> Place {
    let function = FunctionKey { module: "shop".into(), qualname: qualname.into(), line };
    Place { function, file: "src/shop, new.py".into(), line }
}
