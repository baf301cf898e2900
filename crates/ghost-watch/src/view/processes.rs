//! The page of processes, and of what could not be recorded.

use ghost_model::{Process, ProcessState, duration, thousands};
use ghost_store::LiveProcess;
use ratatui::text::{Line, Span};

use super::ink::Ink;
use super::wording::rate;
use crate::state::Watch;

pub(super) fn title() -> Line<'static> {
    let headings = ["PID", "PARENT", "STATE", "PYTHON", "CALLS", "CALLS/S", "OWN COST"];
    Line::from(Ink::title(columns(&headings.map(String::from))))
}

/// One line per process, running ones first, then one for each counter that is not zero.
pub(super) fn lines(watch: &Watch, ink: Ink) -> Vec<Line<'static>> {
    let line = |(live, calls_per_second)| process_line(live, calls_per_second);
    let mut lines: Vec<Line<'static>> = watch.process_rows().into_iter().map(line).collect();
    let gaps = watch.gaps();
    if !gaps.is_empty() {
        lines.push(Line::default());
        lines.push(Line::from(Ink::title("NOT RECORDED")));
    }
    for (counter, count) in gaps {
        let text = format!("  {:>11}  {}", thousands(count), counter.as_str());
        lines.push(Line::styled(text, ink.warning()));
    }
    lines
}

fn process_line(live: &LiveProcess, calls_per_second: Option<f64>) -> Line<'static> {
    let process = &live.process;
    let text = columns(&[
        process.pid.to_string(),
        process.parent_pid.to_string(),
        process.state.as_str().to_owned(),
        process.python_version.clone(),
        thousands(live.call_count),
        calls_per_second.map_or_else(|| "-".into(), rate),
        own_cost(process, live.call_count),
    ]);
    let runs = process.state == ProcessState::Running;
    let style = if runs { ratatui::style::Style::new() } else { Ink::faint() };
    Line::from(Span::styled(text, style))
}

fn own_cost(process: &Process, call_count: u64) -> String {
    match process.call_cost_ps {
        0 => "-".into(),
        ps => duration(call_count.saturating_mul(ps) / 1000),
    }
}

/// The widest number of calls that is likely, and ids as large as Linux gives out.
fn columns([pid, parent, state, python, calls, rate, cost]: &[String; 7]) -> String {
    format!("{pid:>7} {parent:>7} {state:<8} {python:<8} {calls:>14} {rate:>8} {cost:>9}")
}
