//! `ghost requests`: the routes of a session, what their requests cost and where their time goes.

use std::cmp::Reverse;
use std::io::{BufWriter, Write};

use ghost_analysis::spans::{KeptSpans, RequestRow, RouteFunction, requests};
use ghost_export::{SheetFormat, flow_sheet, request_sheet, write_sheets};
use ghost_model::{FlowKey, FlowTotals, SpanCounts};
use ghost_store::SessionReader;

use super::span_remarks::{self, NothingRecorded, statement_text};
use super::{report, session_choice};
use crate::args::{ColourChoice, RequestsArguments, RequestsSortBy, RowsFormat};
use crate::exit::{CommandError, SUCCESS};
use crate::output::colour::{FAINT, WARNING, standard_output};
use crate::output::number::{counted, duration, percentage, thousands};
use crate::output::table::{Cell, Column, Table};
use crate::output::{talk, terminal};

/// Functions shown per route: the first few are what anybody would look at.
const FUNCTIONS_PER_ROUTE: usize = 3;
/// Functions shown in all.
const FUNCTIONS_MAX: usize = 12;

/// Runs the command.
pub(crate) fn execute(
    arguments: &RequestsArguments,
    colour: ColourChoice,
) -> Result<u8, CommandError> {
    let reader = session_choice::open(&arguments.session)?;
    let counts = reader.span_counts()?;
    let (mut rows, mut flows) = (rows(&reader)?, reader.flows()?);
    flows.sort_by(|a, b| {
        (Reverse(a.1.request_count), &a.0).cmp(&(Reverse(b.1.request_count), &b.0))
    });
    if rows.is_empty() && flows.is_empty() {
        return Err(NothingRecorded::requests(reader.session().id.clone()).into());
    }
    sort(&mut rows, arguments.sort);
    let cut = rows.len().saturating_sub(arguments.limit);
    rows.truncate(arguments.limit);
    let mut output = BufWriter::new(standard_output(colour));
    let id = &reader.session().id;
    match arguments.format {
        RowsFormat::Text => write_text(&reader, &rows, &flows, &mut output)?,
        RowsFormat::Markdown => table(&rows).write_markdown(&mut output)?,
        RowsFormat::Json => {
            let sheets = [request_sheet(&rows), flow_sheet(&flows)];
            write_sheets(&sheets, id, SheetFormat::Json, &mut output)?;
        }
        RowsFormat::Csv => {
            write_sheets(&[request_sheet(&rows)], id, SheetFormat::Csv, &mut output)?;
        }
    }
    output.flush()?;
    talk_about(&rows, cut, &counts);
    Ok(SUCCESS)
}

fn rows(reader: &SessionReader) -> Result<Vec<RequestRow>, CommandError> {
    let (spans, functions) = (reader.spans()?, reader.span_functions()?);
    let recording = reader.recording()?;
    let kept = KeptSpans { spans: &spans, functions: &functions, recording: &recording };
    Ok(requests(reader.routes()?, &kept))
}

/// Largest first; equal ones stay in the order of their requests.
fn sort(rows: &mut [RequestRow], by: RequestsSortBy) {
    let share = |part: u64, whole: u64| {
        (u128::from(part) << 64).checked_div(u128::from(whole)).unwrap_or(0)
    };
    rows.sort_by_key(|row| {
        let totals = &row.totals;
        Reverse(match by {
            RequestsSortBy::Requests => totals.request_count.into(),
            RequestsSortBy::Errors => share(totals.error_count, totals.request_count),
            RequestsSortBy::P95 => totals.duration.quantile_ns(0.95).unwrap_or(0).into(),
            RequestsSortBy::Total => totals.duration.ns_sum.into(),
            RequestsSortBy::Database => totals.query_ns.into(),
            RequestsSortBy::Queries => share(totals.query_count, totals.request_count),
        })
    });
}

fn write_text(
    reader: &SessionReader,
    rows: &[RequestRow],
    flows: &[(FlowKey, FlowTotals)],
    output: &mut dyn Write,
) -> Result<(), CommandError> {
    writeln!(output, "{}", report::heading(reader.session()))?;
    if !rows.is_empty() {
        table(rows).write(output, terminal::width())?;
    }
    let functions = function_rows(rows);
    if !functions.is_empty() {
        writeln!(output)?;
        function_table(&functions).write(output, terminal::width())?;
    }
    if !flows.is_empty() {
        writeln!(output)?;
        flow_table(flows).write(output, terminal::width())?;
    }
    Ok(())
}

fn table(rows: &[RequestRow]) -> Table {
    let mut table = Table::new(vec![
        Column::name("ROUTE"),
        Column::number("REQUESTS"),
        Column::number("ERR%"),
        Column::number("P50"),
        Column::number("P95"),
        Column::number("P99"),
        Column::number("IN DB"),
        Column::number("Q/REQ"),
        Column::number("N+1"),
    ]);
    for row in rows {
        table.push(cells(row));
    }
    table
}

fn cells(row: &RequestRow) -> Vec<Cell> {
    let totals = &row.totals;
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|q| optional(totals.duration.quantile_ns(q)));
    let has_queries = totals.query_count > 0;
    let or_dash = |text: String| if has_queries { Cell::plain(text) } else { dash() };
    vec![
        Cell::plain(row.label()),
        Cell::plain(thousands(totals.request_count)),
        errors(totals.error_count, totals.request_count),
        p50,
        p95,
        p99,
        or_dash(percentage(totals.query_ns, totals.duration.ns_sum)),
        or_dash(format!("{:.1}", row.queries_per_request())),
        repeated(totals.repeated_query_count_max),
    ]
}

pub(super) fn dash() -> Cell {
    Cell::styled("-", FAINT)
}

pub(super) fn optional(duration_ns: Option<u64>) -> Cell {
    duration_ns.map_or_else(dash, |ns| Cell::plain(duration(ns)))
}

pub(super) fn errors(error_count: u64, count: u64) -> Cell {
    let style = if error_count == 0 { FAINT } else { WARNING };
    Cell::styled(percentage(error_count, count), style)
}

/// `×14`.
pub(super) fn repeated(count: u64) -> Cell {
    if count > 1 { Cell::styled(format!("×{}", thousands(count)), WARNING) } else { dash() }
}

/// The functions that take the most of their own time, with their route and that route's time.
fn function_rows(rows: &[RequestRow]) -> Vec<(&RequestRow, &RouteFunction)> {
    let mut all: Vec<(&RequestRow, &RouteFunction)> = Vec::new();
    for row in rows {
        all.extend(row.functions.iter().take(FUNCTIONS_PER_ROUTE).map(|function| (row, function)));
    }
    all.truncate(FUNCTIONS_MAX);
    all
}

/// Everything here is of the requests that are kept in detail.
fn function_table(rows: &[(&RequestRow, &RouteFunction)]) -> Table {
    let mut table = Table::new(vec![
        Column::name("ROUTE"),
        Column::name("SLOWEST FUNCTIONS"),
        Column::number("CALLS/REQ"),
        Column::number("SELF/REQ"),
        Column::number("TIME/REQ"),
    ]);
    for (row, function) in rows {
        let requests = function.request_count.max(1);
        table.push(vec![
            Cell::plain(row.label()),
            Cell::plain(&function.name),
            Cell::plain(format!("≈{:.1}", function.call_count as f64 / requests as f64)),
            Cell::plain(format!("≈{}", duration(function.self_ns / requests))),
            Cell::plain(format!("≈{}", duration(function.duration_ns / requests))),
        ]);
    }
    table
}

fn flow_table(flows: &[(FlowKey, FlowTotals)]) -> Table {
    let mut table = Table::new(vec![
        Column::name("SENT TO"),
        Column::number("REQUESTS"),
        Column::number("ERR%"),
        Column::number("P50"),
        Column::number("P95"),
        Column::number("TOTAL"),
    ]);
    for (key, totals) in flows {
        let port = if key.port > 0 { format!(":{}", key.port) } else { String::new() };
        table.push(vec![
            Cell::plain(format!("{} {}{port}", key.method, key.host).trim_start()),
            Cell::plain(thousands(totals.request_count)),
            errors(totals.error_count, totals.request_count),
            optional(totals.duration.quantile_ns(0.5)),
            optional(totals.duration.quantile_ns(0.95)),
            Cell::plain(duration(totals.duration.ns_sum)),
        ]);
    }
    table
}

fn talk_about(rows: &[RequestRow], cut: usize, counts: &SpanCounts) {
    if cut > 0 {
        let more = counted(cut as u64, "more route", "more routes");
        talk::say(format_args!("{more} (`--limit {}` shows all)", rows.len() + cut));
    }
    for row in rows.iter().filter(|row| row.totals.repeated_query_count_max > 1) {
        let times = thousands(row.totals.repeated_query_count_max);
        let statement = statement_text(&row.totals.repeated_query);
        talk::say(format_args!(
            "N+1: {} sends one statement up to {times} times in a request: {statement}",
            row.label()
        ));
    }
    span_remarks::say(counts);
}
