//! `ghost trace`: one request as a tree of what happened in it.

mod drawing;

use std::io::{BufWriter, Write};

use ghost_analysis::spans::{KeptSpans, TraceError, fold, select, traces, trees};
use ghost_export::{trace_json, visible};
use ghost_store::SessionReader;
use jiff::Timestamp;

use super::session_choice;
use super::span_remarks::{self, NothingRecorded};
use crate::args::{ColourChoice, TraceArguments, TraceFormat};
use crate::exit::{CommandError, SUCCESS};
use crate::output::colour::{EMPHASIS, standard_output};
use crate::output::number::{counted, duration};
use crate::output::{talk, terminal};

/// Runs the command.
pub(crate) fn execute(
    arguments: &TraceArguments,
    colour: ColourChoice,
) -> Result<u8, CommandError> {
    let reader = session_choice::open(&arguments.session)?;
    let traces = traces(&reader.spans()?);
    let trace = match select(&traces, &arguments.trace) {
        Err(TraceError::NoTraces) => {
            return Err(NothingRecorded::traces(reader.session().id.clone()).into());
        }
        selected => selected?,
    };
    let spans = reader.spans_of_trace(trace.trace_id)?;
    let functions = functions_of(&reader, &spans)?;
    let recording = reader.recording()?;
    let kept = KeptSpans { spans: &spans, functions: &functions, recording: &recording };
    let roots = trees(&kept);
    let mut output = BufWriter::new(standard_output(colour));
    match arguments.format {
        TraceFormat::Json => {
            let json = trace_json(trace, &roots);
            writeln!(output, "{json:#}")?;
        }
        TraceFormat::Text => {
            let id = trace.label.clone().unwrap_or_else(|| trace.trace_id.to_string());
            let parts = [
                format!("{EMPHASIS}trace {}{EMPHASIS:#}", visible(&id)),
                visible(&trace.name).into_owned(),
                duration(trace.duration_ns),
                counted(trace.span_count, "span", "spans"),
                time(trace.start_unix_ns),
            ];
            writeln!(output, "{}", parts.join(" · "))?;
            let lines = drawing::lines(&fold(roots), trace);
            let cut = lines.len().saturating_sub(arguments.limit);
            let shown = lines.into_iter().take(arguments.limit);
            drawing::table(shown).write(&mut output, terminal::width())?;
            output.flush()?;
            if cut > 0 {
                let more = counted(cut as u64, "more line", "more lines");
                talk::say(format_args!("{more} (`--limit {}` shows all)", cut + arguments.limit));
            }
        }
    }
    output.flush()?;
    span_remarks::say(&reader.span_counts()?);
    Ok(SUCCESS)
}

fn functions_of(
    reader: &SessionReader,
    spans: &[ghost_model::Span],
) -> Result<Vec<ghost_model::SpanFunction>, CommandError> {
    let ids: std::collections::HashSet<_> = spans.iter().map(|span| span.span_id).collect();
    let mut functions = reader.span_functions()?;
    functions.retain(|function| ids.contains(&function.span_id));
    Ok(functions)
}

/// When it began, in the time of whoever looks.
fn time(start_unix_ns: u64) -> String {
    let zone = jiff::tz::TimeZone::system();
    let stamp = Timestamp::from_nanosecond(start_unix_ns.into()).unwrap_or(Timestamp::UNIX_EPOCH);
    stamp.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}
