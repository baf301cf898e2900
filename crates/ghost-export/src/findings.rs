//! What detectors found, as text for other programs: one file per format.
//!
//! Entry point: [`write_findings`]. Order and choice are the caller's; nothing is left out but what a
//! format has no room for, and that is counted in it.

mod github;
mod json;
mod markdown;
mod sarif;

use std::io::Write;

use ghost_analysis::Finding;
use ghost_model::Session;

use crate::format::ExportError;

pub use json::finding_json;

/// Version of the JSON of findings.
pub const FINDINGS_SCHEMA_VERSION: u32 = 1;

/// What is written.
#[derive(Clone, Copy, Debug)]
pub struct FindingsView<'a> {
    /// The session they were found in.
    pub session: &'a Session,
    /// How many sessions were looked at for functions that never ran.
    pub session_count: u64,
    /// The findings, in this order.
    pub findings: &'a [Finding],
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingsFormat {
    /// One document.
    Json,
    /// One object per line.
    Jsonl,
    /// A list for reviews and tickets.
    Markdown,
    /// SARIF 2.1.0, as code scanning services read it.
    Sarif,
    /// Commands in the log of a GitHub action.
    Github,
}

/// Writes findings in a format. The destination should be buffered.
pub fn write_findings(
    view: &FindingsView<'_>,
    format: FindingsFormat,
    output: &mut dyn Write,
) -> Result<(), ExportError> {
    match format {
        FindingsFormat::Json => json::write(view, output)?,
        FindingsFormat::Jsonl => json::write_lines(view, output)?,
        FindingsFormat::Markdown => markdown::write(view, output)?,
        FindingsFormat::Sarif => sarif::write(view, output)?,
        FindingsFormat::Github => github::write(view, output)?,
    }
    Ok(())
}

#[cfg(test)]
mod sample;
