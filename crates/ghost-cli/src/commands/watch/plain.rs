//! Watching without a terminal: a table every interval, one below the other, until the session ends.

use std::io::{BufWriter, Write};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ghost_model::{FunctionId, FunctionKind, Session, visible};
use ghost_store::LiveSession;
use ghost_watch::{Reading, Settings, SortBy, Watch, rate};

use crate::args::ColourChoice;
use crate::exit::CommandError;
use crate::output::colour::{EMPHASIS, FAINT, WARNING, standard_output};
use crate::output::number::{counted, duration, percentage, thousands};
use crate::output::table::{Cell, Column, Table};
use crate::output::{talk, terminal};

/// As many as a report shows.
const TOP: usize = 20;
const P99: f64 = 0.99;

/// Writes tables until nothing can change any more.
pub(super) fn follow(
    mut session: LiveSession,
    settings: Settings,
    interval: Duration,
    colour: ColourChoice,
) -> Result<(), CommandError> {
    let beginning = Instant::now();
    let top = Some(settings.top.unwrap_or(TOP));
    let mut watch = Watch::new(Settings { top, ..settings });
    let mut is_first = true;
    loop {
        let asked = Instant::now();
        match session.read() {
            Ok(live) => {
                let at = asked.duration_since(beginning);
                watch.take(Reading { live, now_unix_ns: now_unix_ns(), at });
                let mut output = BufWriter::new(standard_output(colour));
                if !is_first {
                    writeln!(output)?;
                }
                write(&watch, &mut output)?;
                is_first = false;
            }
            Err(error) if is_first => return Err(error.into()),
            Err(error) => talk::say(&error),
        }
        if watch.is_final() {
            talk_about(&watch);
            return Ok(());
        }
        thread::sleep(interval.saturating_sub(asked.elapsed()));
    }
}

fn now_unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn write(watch: &Watch, output: &mut dyn Write) -> Result<(), CommandError> {
    if let Some(session) = watch.session() {
        writeln!(output, "{}", heading(watch, session))?;
    }
    table(watch).write(output, terminal::width())?;
    Ok(output.flush()?)
}

/// `session 1763630000-0a1b2c3d · app.py · 3 processes · 1.30s · running · 12.3k calls/s`
fn heading(watch: &Watch, session: &Session) -> String {
    let parts = [
        Some(format!("{EMPHASIS}session {}{EMPHASIS:#}", session.id)),
        Some(visible(&session.script).into_owned()),
        Some(counted(session.process_count, "process", "processes")),
        watch.duration_ns().map(duration),
        Some(session.state.as_str().to_owned()),
        watch.calls_per_second().map(|calls| format!("{} calls/s", rate(calls))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn table(watch: &Watch) -> Table {
    let mut columns = vec![
        Column::name("FUNCTION"),
        Column::number("CALLS"),
        Column::number("CALLS/S"),
        Column::number("EXC%"),
        Column::number("MEAN LAT"),
        Column::number("P99"),
    ];
    match watch.sort() {
        SortBy::Total => columns.push(Column::number("TOTAL")),
        SortBy::SelfTime => columns.push(Column::number("SELF")),
        _ => {}
    }
    columns.push(Column::name("DOM. ARG SIG"));
    let mut table = Table::new(columns);
    for id in watch.shown() {
        table.push(cells(watch, *id));
    }
    table
}

fn cells(watch: &Watch, id: FunctionId) -> Vec<Cell> {
    let Some(row) = watch.row(id) else { return Vec::new() };
    let or_nothing = |text: Option<String>| match text {
        Some(text) => Cell::plain(text),
        None => Cell::styled("-", FAINT),
    };
    let exceptions = percentage(row.exception_count, row.call_count);
    let style = if row.exception_count > 0 { WARNING } else { FAINT };
    let mut cells = vec![
        Cell::plain(name(watch, id)),
        Cell::plain(thousands(row.call_count)),
        or_nothing(row.calls_per_second.map(rate)),
        Cell::styled(exceptions, style),
        or_nothing(row.latency_ns_mean.map(duration)),
        or_nothing(watch.latency_ns(id, P99).map(duration)),
    ];
    match watch.sort() {
        SortBy::Total => cells.push(Cell::plain(duration(row.total_ns))),
        SortBy::SelfTime => cells.push(Cell::plain(duration(row.self_ns))),
        _ => {}
    }
    cells.push(or_nothing(watch.signature(id)));
    cells
}

/// `Cart.add:7`, as in a report.
fn name(watch: &Watch, id: FunctionId) -> String {
    let function = watch.function(id);
    let key = &function.key;
    match function.kind {
        FunctionKind::Overflow => key.qualname.clone(),
        _ => format!("{}:{}", key.qualname, key.line),
    }
}

/// What the tables leave out.
fn talk_about(watch: &Watch) {
    let cut = watch.cut();
    if cut > 0 {
        let all = watch.shown().len() as u64 + cut;
        let more = counted(cut, "more function", "more functions");
        talk::say(format_args!("{more} (`--top {all}` shows all)"));
    }
    let bodies = watch.bodies_hidden();
    if bodies > 0 {
        let bodies = counted(bodies, "module or class body", "module and class bodies");
        talk::say(format_args!("{bodies} not shown (`ghost report --all` shows them)"));
    }
}
