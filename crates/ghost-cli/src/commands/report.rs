//! `ghost report`: what was recorded of a session, one function per line.
//!
//! The table is data and goes to standard output; what it leaves out and what asks for attention
//! are said on standard error.

mod rows;

use std::io::{BufWriter, Write};

use ghost_export::{ExportView, Format, Labels, remarks, visible};
use ghost_model::{Process, Recording, Session};

use super::session_choice;
use crate::args::{ColourChoice, ReportArguments, ReportFormat, SortBy};
use crate::exit::{CommandError, SUCCESS};
use crate::output::colour::{EMPHASIS, FAINT, WARNING, standard_output};
use crate::output::number::{counted, duration, percentage, thousands};
use crate::output::table::{Cell, Column, Table};
use crate::output::{talk, terminal};
use rows::{Row, Selection, select};

/// Runs the command.
pub(crate) fn execute(
    arguments: &ReportArguments,
    colour: ColourChoice,
) -> Result<u8, CommandError> {
    let reader = session_choice::open(&arguments.session)?;
    let processes = reader.processes()?;
    let recording = reader.recording()?;
    let selection = select(&recording, arguments);

    let mut output = BufWriter::new(standard_output(colour));
    match export_format(arguments.format) {
        None => {
            writeln!(output, "{}", heading(reader.session()))?;
            let table = table(&recording, &selection.shown, arguments.sort);
            table.write(&mut output, terminal::width())?;
        }
        Some(format) => {
            let functions = selection.shown.iter().map(|row| row.id).collect();
            let (session, processes) = (reader.session(), &processes);
            let view = ExportView { functions, ..ExportView::new(session, processes, &recording) };
            ghost_export::write(&view, format, &mut output)?;
        }
    }
    output.flush()?;
    talk_about(&recording, &processes, &selection);
    if let Some(cost) = remarks::OwnCost::of(reader.session(), &processes) {
        talk::say(cost.line());
    }
    Ok(SUCCESS)
}

fn export_format(format: ReportFormat) -> Option<Format> {
    match format {
        ReportFormat::Table => None,
        ReportFormat::Json => Some(Format::Json),
        ReportFormat::Csv => Some(Format::Csv),
        ReportFormat::Markdown => Some(Format::Markdown),
    }
}

/// `session 1763630000-0a1b2c3d · app.py · 3 processes · 1.3s · finished`
pub(super) fn heading(session: &Session) -> String {
    let script = visible(&session.script).into_owned();
    let state = match session.exit_code {
        Some(code) if code != 0 => format!("{}, exit code {code}", session.state.as_str()),
        _ => session.state.as_str().to_owned(),
    };
    let parts = [
        Some(format!("{EMPHASIS}session {}{EMPHASIS:#}", session.id)),
        session.name.as_deref().map(|name| visible(name).into_owned()),
        Some(script),
        // Where no functions are observed there is no ledger to count.
        (session.process_count > 0).then(|| counted(session.process_count, "process", "processes")),
        session_choice::duration_ns(session).map(duration),
        Some(state),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn table(recording: &Recording, rows: &[Row<'_>], sort: SortBy) -> Table {
    let labels = Labels::new(recording);
    let mut columns = vec![
        Column::name("FUNCTION"),
        Column::number("CALLS"),
        Column::number("EXC%"),
        Column::number("MEAN LAT"),
        Column::number("P95"),
        Column::number("TOTAL"),
    ];
    if sort == SortBy::SelfTime {
        columns.push(Column::number("SELF"));
    }
    columns.push(Column::name("DOM. ARG SIG"));
    let mut table = Table::new(columns);
    for row in rows {
        table.push(cells(row, &labels, sort));
    }
    table
}

fn cells(row: &Row<'_>, labels: &Labels, sort: SortBy) -> Vec<Cell> {
    let optional = |ns: Option<u64>| match ns {
        Some(ns) => Cell::plain(duration(ns)),
        None => Cell::styled("-", FAINT),
    };
    let exceptions = percentage(row.exception_count, row.call_count);
    let exceptions = match row.exception_count {
        0 => Cell::styled(exceptions, FAINT),
        _ => Cell::styled(exceptions, WARNING),
    };
    let mut cells = vec![
        Cell::plain(row.name()),
        Cell::plain(calls(row)),
        exceptions,
        optional(row.latency_ns_mean),
        optional(row.latency_ns_p95()),
        Cell::plain(duration(row.profile.total_ns)),
    ];
    if sort == SortBy::SelfTime {
        cells.push(Cell::plain(duration(row.profile.self_ns)));
    }
    cells.push(Cell::plain(row.signature(labels)));
    cells
}

/// `≈1,234,567` where it is an estimate.
fn calls(row: &Row<'_>) -> String {
    let mark = if row.profile.is_estimate() { "≈" } else { "" };
    format!("{mark}{}", thousands(row.call_count))
}

fn talk_about(recording: &Recording, processes: &[Process], selection: &Selection<'_>) {
    if selection.shown.is_empty() && selection.cut == 0 {
        talk::say("no function to show");
    }
    if selection.cut > 0 {
        let shown = selection.shown.len() as u64 + selection.cut;
        let more = counted(selection.cut, "more function", "more functions");
        talk::say(format_args!("{more} (`--top {shown}` shows all)"));
    }
    if selection.bodies > 0 {
        let bodies = counted(selection.bodies, "module or class body", "module and class bodies");
        talk::say(format_args!("{bodies} not shown (`--all` shows them)"));
    }
    let shown = selection.shown.iter().map(|row| row.profile);
    if let Some(line) = remarks::estimates(shown) {
        talk::say(line);
    }
    for line in remarks::caught_exceptions(recording).iter().chain(&remarks::gaps(processes)) {
        talk::say(line);
    }
}
