//! Findings for people: `[HIGH] high_exc_rate   validate_order (line 34)`, and below it what it is.

use std::collections::HashSet;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use ghost_analysis::{Finding, Severity};
use ghost_export::visible;
use ghost_model::Recording;

use crate::output::colour::{FAINT, WARNING};
use crate::output::number::counted;

/// Width of the column of detectors; the longer names of some push theirs out.
const DETECTOR_WIDTH: usize = 15;
/// What should not be overlooked.
const ALARM: Style = AnsiColor::Red.on_default().bold();

/// Writes all findings, or that there are none.
pub(super) fn write(
    output: &mut dyn Write,
    recording: &Recording,
    findings: &[Finding],
) -> io::Result<()> {
    if findings.is_empty() {
        let functions = recording.observed().filter(|(.., profile)| profile.call_count() > 0);
        let count = counted(functions.count() as u64, "function", "functions");
        return writeln!(output, "no anomalies found in {count}");
    }
    let files: HashSet<&str> = findings.iter().map(|finding| finding.place.file.as_str()).collect();
    for (index, finding) in findings.iter().enumerate() {
        if index > 0 {
            writeln!(output)?;
        }
        write_finding(output, finding, files.len() > 1)?;
    }
    Ok(())
}

fn write_finding(output: &mut dyn Write, finding: &Finding, with_file: bool) -> io::Result<()> {
    let word = finding.severity.as_str().to_uppercase();
    let style = style(finding.severity);
    let key = &finding.place.function;
    write!(
        output,
        "{style}[{word}]{style:#} {:<DETECTOR_WIDTH$} {} (line {})",
        finding.detector,
        visible(&key.qualname),
        key.line
    )?;
    if with_file && !finding.place.file.is_empty() {
        write!(output, "  {FAINT}{}{FAINT:#}", visible(&finding.place.file))?;
    }
    writeln!(output)?;
    let indent = word.len() + "[] ".len();
    for message in &finding.messages {
        writeln!(output, "{:indent$}{}", "", visible(message))?;
    }
    Ok(())
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Low => FAINT,
        Severity::Medium => WARNING,
        Severity::High => ALARM,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_analysis::Place;
    use ghost_model::FunctionKey;

    fn finding(severity: Severity, qualname: &str, file: &str) -> Finding {
        let function = FunctionKey { module: "m".into(), qualname: qualname.into(), line: 34 };
        Finding {
            detector: "high_exc_rate",
            severity,
            place: Place { function, file: file.into(), line: 34 },
            subject: String::new(),
            messages: vec!["exception rate 60.0%".into(), "second \u{1b}[31m".into()],
            facts: vec![],
            related: vec![],
            weight: 1,
        }
    }

    fn written(findings: &[Finding]) -> String {
        let mut bytes = Vec::new();
        let mut plain = anstream::StripStream::new(&mut bytes);
        write(&mut plain, &Recording::default(), findings).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_finding_looks_like_this() {
        let expected = "\
[HIGH] high_exc_rate   validate_order (line 34)
       exception rate 60.0%
       second \\u{1b}[31m
";
        assert_eq!(written(&[finding(Severity::High, "validate_order", "app.py")]), expected);
    }

    #[test]
    fn files_are_named_where_there_are_several() {
        let findings =
            [finding(Severity::High, "f", "a.py"), finding(Severity::Medium, "g", "b.py")];
        let text = written(&findings);
        assert!(text.contains("[HIGH] high_exc_rate   f (line 34)  a.py\n"), "{text}");
        assert!(
            text.contains("\n\n[MEDIUM] high_exc_rate   g (line 34)  b.py\n         exc"),
            "{text}"
        );
    }

    #[test]
    fn nothing_found_is_said() {
        assert_eq!(written(&[]), "no anomalies found in 0 functions\n");
    }
}
