//! `ghost anomalies`: what every detector finds in a session, the most severe first.
//!
//! Findings are data and go to standard output; what could not be looked at is said on standard
//! error. What a detector decides by is documented with it.

mod sessions;
mod table;

use std::io::{BufWriter, Write};

use ghost_analysis::{Evidence, Finding, Severity, Sources, Thresholds, detect};
use ghost_export::{FindingsFormat, FindingsView};
use ghost_model::{Recording, Session};
use ghost_store::{Definitions, SourceFiles, SourceFolders};

use super::session_choice;
use crate::args::{AnomaliesArguments, AnomaliesFormat, ColourChoice};
use crate::exit::{CommandError, FINDINGS, SUCCESS};
use crate::output::colour::standard_output;
use crate::output::number::counted;
use crate::output::talk;

/// How many files a remark names.
const NAMED_MAX: usize = 3;

/// Runs the command.
pub(crate) fn execute(
    arguments: &AnomaliesArguments,
    colour: ColourChoice,
) -> Result<u8, CommandError> {
    let reader = session_choice::open(&arguments.session)?;
    let recording = reader.recording()?;
    let session = reader.session();
    let folders = SourceFolders::of(session);
    let definitions = Definitions::of(&recording, &folders, &arguments.script)?;
    let mut files = folders.read(definitions.files_to_read());
    let sources: Sources = std::mem::take(&mut files.texts).into_iter().collect();
    let mut evidence = Evidence::new(&recording, &sources);
    evidence.thresholds =
        Thresholds { exc_threshold: arguments.exc_threshold, latency_z: arguments.latency_z };
    evidence.defining_files.clone_from(&definitions.defining);
    sessions::add_others(&mut evidence.history, arguments, session, &definitions.defining)?;

    let findings = detect(&evidence);
    let is_found = fails(arguments, &findings);
    let shown = shown(arguments, findings);
    write(arguments.format, colour, session, &evidence, &shown)?;
    talk_about(&evidence, &files, &recording);
    Ok(if is_found { FINDINGS } else { SUCCESS })
}

fn shown(arguments: &AnomaliesArguments, findings: Vec<Finding>) -> Vec<Finding> {
    let least = Severity::from(arguments.min_severity);
    let (shown, hidden): (Vec<Finding>, Vec<Finding>) =
        findings.into_iter().partition(|finding| finding.severity >= least);
    if !hidden.is_empty() {
        let count = counted(hidden.len() as u64, "finding", "findings");
        talk::say(format_args!(
            "{count} below `{least}` not shown (`--min-severity low` shows them)"
        ));
    }
    shown
}

/// Whether `--fail-on` makes a failure of it, whatever is shown.
fn fails(arguments: &AnomaliesArguments, findings: &[Finding]) -> bool {
    let level = arguments.fail_on.map(Severity::from);
    level.is_some_and(|level| findings.iter().any(|finding| finding.severity >= level))
}

fn write(
    format: AnomaliesFormat,
    colour: ColourChoice,
    session: &Session,
    evidence: &Evidence<'_>,
    findings: &[Finding],
) -> Result<(), CommandError> {
    let format = match format {
        AnomaliesFormat::Table => None,
        AnomaliesFormat::Json => Some(FindingsFormat::Json),
        AnomaliesFormat::Jsonl => Some(FindingsFormat::Jsonl),
        AnomaliesFormat::Markdown => Some(FindingsFormat::Markdown),
        AnomaliesFormat::Sarif => Some(FindingsFormat::Sarif),
        AnomaliesFormat::Github => Some(FindingsFormat::Github),
    };
    let mut output = BufWriter::new(standard_output(colour));
    match format {
        None => table::write(&mut output, evidence.recording, findings)?,
        Some(format) => {
            let session_count = evidence.history.session_count();
            let view = FindingsView { session, session_count, findings };
            ghost_export::write_findings(&view, format, &mut output)?;
        }
    }
    Ok(output.flush()?)
}

/// What could not be looked at.
fn talk_about(evidence: &Evidence<'_>, files: &SourceFiles, recording: &Recording) {
    if !files.missing.is_empty() {
        talk::say_with_hint(
            format_args!("source not found, so not checked: {}", named(&files.missing)),
            "run `ghost anomalies` where the program was run",
        );
    }
    if !files.changed.is_empty() {
        talk::say(format_args!("source changed since the session: {}", named(&files.changed)));
    }
    for (file, error) in evidence.sources.broken() {
        talk::say(format_args!("cannot check `{file}`: {error}"));
    }
    if evidence.history.is_late() {
        talk::say("attached to a running program: no function is reported as never called");
    } else if evidence.history.is_partial() {
        talk::say("functions beyond the bound of the recording: none is reported as never called");
    }
    if recording.observed().next().is_none() {
        talk::say("no function was observed in this session");
    }
}

/// `` `a.py`, `b.py`, `c.py` and 4 more ``
fn named(files: &[String]) -> String {
    let shown = files.iter().take(NAMED_MAX).map(|file| format!("`{file}`"));
    let shown = shown.collect::<Vec<_>>().join(", ");
    match files.len().saturating_sub(NAMED_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
