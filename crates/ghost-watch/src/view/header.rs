//! The lines above the table: the session, its state, its pace and what observing it costs.

use ghost_model::{SessionState, counted, duration, visible};
use ratatui::text::{Line, Span};

use super::ink::Ink;
use super::wording::rate;
use crate::state::Watch;

/// What stands between two facts.
const BETWEEN: &str = " · ";

/// Two lines; small screens show the first only.
pub(super) fn lines(watch: &Watch, ink: Ink) -> Vec<Line<'static>> {
    let Some(session) = watch.session() else {
        return vec![Line::styled("reading the session…", Ink::faint())];
    };
    let state = match session.exit_code {
        Some(code) if code != 0 => format!("{}, exit code {code}", session.state.as_str()),
        _ => session.state.as_str().to_owned(),
    };
    let state_style = match session.state {
        SessionState::Killed => ink.warning(),
        SessionState::Running => ink.emphasis(),
        SessionState::Finished => Ink::faint(),
    };
    let first = [
        Some(Span::styled(visible(&session.script).into_owned(), Ink::heading())),
        session.name.as_ref().map(|name| Span::raw(visible(name).into_owned())),
        Some(Span::styled(state, state_style)),
        watch.duration_ns().map(|ns| Span::raw(duration(ns))),
        pace(watch),
        Some(Span::styled(format!("session {}", session.id), Ink::faint())),
    ];
    let second = [
        Some(Span::raw(counted(session.call_count, "call", "calls"))),
        Some(Span::raw(processes(watch))),
        own_cost(watch).map(Span::raw),
        (!watch.gaps().is_empty()).then(|| Span::styled("gaps (p)", ink.warning())),
    ];
    vec![joined(first), joined(second)]
}

/// Calls per second, while there may still be any.
fn pace(watch: &Watch) -> Option<Span<'static>> {
    let calls = watch.calls_per_second().filter(|_| !watch.is_final())?;
    Some(Span::raw(format!("{} calls/s", rate(calls))))
}

fn processes(watch: &Watch) -> String {
    let (all, running) = watch.process_counts();
    let processes = counted(all, "process", "processes");
    if watch.is_final() || all == running {
        processes
    } else {
        format!("{processes}, {running} running")
    }
}

fn own_cost(watch: &Watch) -> Option<String> {
    let cost = watch.own_cost()?;
    Some(format!("own cost {}, {}ns a call", duration(cost.total_ns), cost.call_ns))
}

fn joined<const N: usize>(facts: [Option<Span<'static>>; N]) -> Line<'static> {
    let mut spans = Vec::new();
    for fact in facts.into_iter().flatten() {
        if !spans.is_empty() {
            spans.push(Span::raw(BETWEEN));
        }
        spans.push(fact);
    }
    Line::from(spans)
}
