//! What detectors find in a session, as rows.
//!
//! Reads the source files that the session names, as far as they are there.

use std::cmp::Ordering;

use ghost_analysis::{Evidence, Finding, Sources, detect};
use ghost_store::{Definitions, SourceFolders};

use super::table::{Column, Table};
use super::view::SessionView;

/// A finding and its place: detectors are asked once, and answer in the order of what matters most.
pub(crate) struct FindingRow {
    /// Its place, the most severe first.
    pub(crate) place: usize,
    pub(crate) finding: Finding,
}

/// What was found.
pub(crate) struct Anomalies {
    /// The version of the view it was found in.
    pub(crate) version: String,
    pub(crate) table: Table<FindingRow>,
    /// What could not be looked at, one line each.
    pub(crate) remarks: Vec<String>,
}

/// What findings are sorted by.
pub(crate) const FINDING_COLUMNS: [Column<FindingRow>; 5] = [
    Column { name: "severity", compare: |a, b| b.place.cmp(&a.place) },
    Column { name: "call_count", compare: |a, b| a.finding.weight.cmp(&b.finding.weight) },
    Column { name: "detector", compare: |a, b| a.finding.detector.cmp(b.finding.detector) },
    Column { name: "qualname", compare: |a, b| name(a).cmp(name(b)) },
    Column { name: "file", compare: by_file },
];

fn name(row: &FindingRow) -> &str {
    &row.finding.place.function.qualname
}

fn by_file(a: &FindingRow, b: &FindingRow) -> Ordering {
    let place = |row: &FindingRow| (row.finding.place.file.clone(), row.finding.place.line);
    place(a).cmp(&place(b))
}

impl Anomalies {
    /// Asks every detector.
    pub(crate) fn of(view: &SessionView) -> Self {
        let recording = view.recording();
        let folders = SourceFolders::of(&view.live.session);
        let mut remarks = Vec::new();
        let findings = match Definitions::of(recording, &folders, &[]) {
            Ok(definitions) => {
                let files = folders.read(definitions.files_to_read());
                let count = files.missing.len();
                if count > 0 {
                    remarks.push(format!("source not found, so not checked: {count} files"));
                }
                let count = files.changed.len();
                if count > 0 {
                    remarks.push(format!("source changed since the session: {count} files"));
                }
                let sources: Sources = files.texts.into_iter().collect();
                let mut evidence = Evidence::new(recording, &sources);
                evidence.defining_files = definitions.defining;
                detect(&evidence)
            }
            // Only scripts that are asked for can fail.
            Err(error) => {
                remarks.push(error.to_string());
                Vec::new()
            }
        };
        let rows = (0..).zip(findings).map(|(place, finding)| FindingRow { place, finding });
        let table = Table::new(rows.collect(), &FINDING_COLUMNS, |row, text| {
            let finding = &row.finding;
            let words = [finding.detector, finding.severity.as_str(), &finding.place.file];
            let key = &finding.place.function;
            let names = [key.module.as_str(), ":", &key.qualname];
            for part in words.into_iter().chain(finding.messages.iter().map(String::as_str)) {
                text.push_str(part);
                text.push('\n');
            }
            text.extend(names);
        });
        Self { version: view.version.clone(), table, remarks }
    }
}
