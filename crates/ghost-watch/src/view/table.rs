//! The table of functions.

use ghost_model::{FunctionId, duration, percentage, thousands, visible};
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Row, Table, Widget};

use super::columns::{self, Column, GAP};
use super::ink::Ink;
use super::wording::{names, rate, shortened, sparkline};
use crate::state::Watch;

const P99: f64 = 0.99;

/// Draws headings and the rows that are on the screen.
pub(super) fn draw(frame: &mut Frame<'_>, title: Rect, body: Rect, watch: &Watch, ink: Ink) {
    let ids = watch.on_screen(usize::from(body.height));
    let width = usize::from(body.width);
    let columns = columns::choose(width, watch.sort(), calls_width(watch, ids));
    let names = names(watch, ids);
    let rows = ids.iter().zip(&names).map(|(id, name)| {
        let style = if watch.selected() == Some(*id) { Ink::selected() } else { Style::new() };
        let cell = |(column, width): &(Column, usize)| {
            let text = cell(watch, *id, name, *column, *width, ink);
            if column.is_text() { text } else { text.right_aligned() }
        };
        Row::new(columns.iter().map(cell).collect::<Vec<_>>()).style(style)
    });
    let widths: Vec<Constraint> =
        columns.iter().map(|(_, width)| Constraint::Length(*width as u16)).collect();
    let gap = GAP as u16;
    let buffer = frame.buffer_mut();
    let headings = Row::new(columns.iter().map(|(column, _)| heading(watch, *column)));
    Table::new([headings], &widths).column_spacing(gap).render(title, buffer);
    if watch.session().is_some() && ids.is_empty() {
        Line::styled(nothing(watch), Ink::faint()).render(body, buffer);
    } else {
        Table::new(rows, &widths).column_spacing(gap).render(body, buffer);
    }
}

fn nothing(watch: &Watch) -> &'static str {
    match (watch.filter().0, watch.bodies_hidden()) {
        ("", 0) => "no function was called yet",
        ("", _) => "no function was called yet, only modules and classes (b shows them)",
        _ => "no function has this in its name",
    }
}

fn calls_width(watch: &Watch, ids: &[FunctionId]) -> usize {
    let calls = ids.iter().filter_map(|id| watch.row(*id)).map(|row| row.call_count);
    thousands(calls.max().unwrap_or(0)).len()
}

fn heading(watch: &Watch, column: Column) -> Line<'static> {
    let sorted = column.is_sorted_by(watch.sort());
    let style = if sorted { Ink::heading().patch(Ink::selected()) } else { Ink::heading() };
    let line = Line::from(Span::styled(column.heading(), style));
    if column.is_text() { line } else { line.right_aligned() }
}

fn cell(
    watch: &Watch,
    id: FunctionId,
    name: &str,
    column: Column,
    width: usize,
    ink: Ink,
) -> Line<'static> {
    let Some(row) = watch.row(id) else { return Line::default() };
    let optional =
        |ns: Option<u64>| ns.map_or(Line::styled("-", Ink::faint()), |ns| duration(ns).into());
    match column {
        Column::Function => shortened(name, width).into(),
        Column::Calls => thousands(row.call_count).into(),
        Column::Rate => match row.calls_per_second {
            Some(calls) if calls > 0.0 => rate(calls).into(),
            Some(_) => Line::styled("0", Ink::faint()),
            None => Line::styled("-", Ink::faint()),
        },
        Column::Trend => Line::styled(sparkline(&watch.rates(id, width), width), ink.drawing()),
        Column::Exceptions => {
            let style = if row.exception_count > 0 { ink.warning() } else { Ink::faint() };
            Line::styled(percentage(row.exception_count, row.call_count), style)
        }
        Column::Mean => optional(row.latency_ns_mean),
        Column::P99 => optional(watch.latency_ns(id, P99)),
        Column::Total => duration(row.total_ns).into(),
        Column::SelfTime => duration(row.self_ns).into(),
        Column::Signature => {
            let signature = watch.signature(id).unwrap_or_else(|| "-".into());
            shortened(&visible(&signature), width).into()
        }
    }
}
