//! `ghost diff`: what is different between two sessions.
//!
//! What counts as a difference is decided in `ghost-analysis`, how it reads in `ghost-export`; here
//! sessions are opened, lines coloured, and the exit code chosen.

mod remarks;

use std::io::{BufWriter, Write};

use ghost_analysis::diff::{Comparison, FunctionChange, Limits, compare};
use ghost_export::{DiffLine, DiffView, Tone, diff_lines, write_diff};

use super::session_choice;
use crate::args::{ColourChoice, DiffArguments, DiffFormat, FailOn};
use crate::exit::{CommandError, FINDINGS, SUCCESS};
use crate::output::colour::{EMPHASIS, FAINT, GOOD, HEADING, WARNING, standard_output};
use crate::output::talk;

/// Runs the command.
pub(crate) fn execute(arguments: &DiffArguments, colour: ColourChoice) -> Result<u8, CommandError> {
    let [before, after] = session_choice::open_two(&arguments.before, &arguments.after)?;
    let [old, new] = [before.recording()?, after.recording()?];
    let limits = Limits { with_bodies: arguments.all, ..Limits::default() };
    let comparison = compare(&old, &new, &limits);
    let view = DiffView {
        before: before.session(),
        after: after.session(),
        comparison: &comparison,
        top: arguments.top,
    };
    let mut output = BufWriter::new(standard_output(colour));
    match arguments.format {
        DiffFormat::Text => text(&view, &mut output)?,
        DiffFormat::Json => write_diff(&view, ghost_export::DiffFormat::Json, &mut output)?,
        DiffFormat::Markdown => write_diff(&view, ghost_export::DiffFormat::Markdown, &mut output)?,
    }
    output.flush()?;
    for line in remarks::of(&view, [&before.processes()?, &after.processes()?], arguments) {
        talk::say(line);
    }
    let failed = arguments.fail_on.iter().any(|&what| is_met(what, &comparison));
    Ok(if failed { FINDINGS } else { SUCCESS })
}

fn is_met(what: FailOn, comparison: &Comparison) -> bool {
    let any = |test: fn(&FunctionChange) -> bool| comparison.changed.iter().any(test);
    match what {
        FailOn::Regressions => any(FunctionChange::is_slower),
        FailOn::Types => any(FunctionChange::has_new_types),
        FailOn::Exceptions => any(FunctionChange::fails_more),
        FailOn::Any => {
            let Comparison { added, removed, changed, .. } = comparison;
            !(added.is_empty() && removed.is_empty() && changed.is_empty())
        }
    }
}

fn text(view: &DiffView<'_>, output: &mut dyn Write) -> Result<(), CommandError> {
    for line in diff_lines(view) {
        let style = match &line {
            DiffLine::Heading(_) => HEADING,
            DiffLine::Function(..) => EMPHASIS,
            DiffLine::Note(Tone::Better, _) => GOOD,
            DiffLine::Note(Tone::Worse, _) => WARNING,
            DiffLine::Note(Tone::Faint, _) => FAINT,
            DiffLine::Note(Tone::Plain, _) | DiffLine::Empty => anstyle::Style::new(),
        };
        writeln!(output, "{style}{}{style:#}", line.text())?;
    }
    Ok(())
}
