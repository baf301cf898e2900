//! `ghost queries`: the statements of a session, what they cost and who sends them.

use std::cmp::Reverse;
use std::io::{BufWriter, Write};

use ghost_analysis::spans::{QueryRow, queries};
use ghost_export::{SheetFormat, query_sheet, write_sheets};

use super::requests::{errors, optional, repeated};
use super::span_remarks::{self, NothingRecorded, statement_text};
use super::{report, session_choice};
use crate::args::{ColourChoice, QueriesArguments, QueriesSortBy, RowsFormat};
use crate::exit::{CommandError, SUCCESS};
use crate::output::colour::standard_output;
use crate::output::number::{counted, duration, thousands};
use crate::output::table::{Cell, Column, Table};
use crate::output::{talk, terminal};

/// Runs the command.
pub(crate) fn execute(
    arguments: &QueriesArguments,
    colour: ColourChoice,
) -> Result<u8, CommandError> {
    let reader = session_choice::open(&arguments.session)?;
    let counts = reader.span_counts()?;
    let mut rows = queries(reader.statements()?, &reader.routes()?, &reader.spans()?);
    if rows.is_empty() {
        return Err(NothingRecorded::queries(reader.session().id.clone()).into());
    }
    sort(&mut rows, arguments.sort);
    let cut = rows.len().saturating_sub(arguments.limit);
    rows.truncate(arguments.limit);
    let mut output = BufWriter::new(standard_output(colour));
    let id = &reader.session().id;
    match arguments.format {
        RowsFormat::Text => {
            writeln!(output, "{}", report::heading(reader.session()))?;
            table(&rows).write(&mut output, terminal::width())?;
        }
        RowsFormat::Markdown => table(&rows).write_markdown(&mut output)?,
        RowsFormat::Json => {
            write_sheets(&[query_sheet(&rows)], id, SheetFormat::Json, &mut output)?;
        }
        RowsFormat::Csv => {
            write_sheets(&[query_sheet(&rows)], id, SheetFormat::Csv, &mut output)?;
        }
    }
    output.flush()?;
    if cut > 0 {
        let more = counted(cut as u64, "more statement", "more statements");
        talk::say(format_args!("{more} (`--limit {}` shows all)", rows.len() + cut));
    }
    span_remarks::say(&counts);
    Ok(SUCCESS)
}

/// Largest first; equal ones stay in the order of their time.
fn sort(rows: &mut [QueryRow], by: QueriesSortBy) {
    rows.sort_by_key(|row| {
        let totals = &row.totals;
        let error_share = || {
            let (part, whole) = (u128::from(totals.error_count), u128::from(totals.query_count));
            (part << 64).checked_div(whole).unwrap_or(0)
        };
        Reverse(match by {
            QueriesSortBy::Total => totals.duration.ns_sum.into(),
            QueriesSortBy::Queries => totals.query_count.into(),
            QueriesSortBy::P95 => totals.duration.quantile_ns(0.95).unwrap_or(0).into(),
            QueriesSortBy::Errors => error_share(),
            QueriesSortBy::Rows => totals.row_count.into(),
            QueriesSortBy::Repeated => row.repeated_count_max.into(),
        })
    });
}

fn table(rows: &[QueryRow]) -> Table {
    let waits = rows.iter().any(|row| row.totals.pool_wait_ns > 0);
    let mut columns = vec![
        Column::name("STATEMENT"),
        Column::number("QUERIES"),
        Column::number("ERR%"),
        Column::number("P50"),
        Column::number("P95"),
        Column::number("TOTAL"),
        Column::number("ROWS"),
        Column::number("N+1"),
    ];
    if waits {
        columns.push(Column::number("POOL"));
    }
    columns.push(Column::name("SENT BY"));
    let mut table = Table::new(columns);
    for row in rows {
        table.push(cells(row, waits));
    }
    table
}

fn cells(row: &QueryRow, waits: bool) -> Vec<Cell> {
    let totals = &row.totals;
    let mut cells = vec![
        Cell::plain(statement_text(&row.key.label())),
        Cell::plain(thousands(totals.query_count)),
        errors(totals.error_count, totals.query_count),
        optional(totals.duration.quantile_ns(0.5)),
        optional(totals.duration.quantile_ns(0.95)),
        Cell::plain(duration(totals.duration.ns_sum)),
        totals.rows().map_or_else(|| optional(None), |rows| Cell::plain(thousands(rows))),
        repeated(row.repeated_count_max),
    ];
    if waits {
        cells.push(optional(Some(totals.pool_wait_ns).filter(|wait| *wait > 0)));
    }
    cells.push(Cell::plain(sent_by(row)));
    cells
}

/// `GET /users/{id} +2`.
fn sent_by(row: &QueryRow) -> String {
    let Some(first) = row.issuers.first() else { return "-".into() };
    match row.issuers.len() - 1 {
        0 => first.route.clone(),
        others => format!("{} +{others}", first.route),
    }
}
