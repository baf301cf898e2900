//! What is said beside a comparison: why the sessions may not be comparable, and what is not shown.

use ghost_export::DiffView;
use ghost_model::{Process, Session, SessionState};

use crate::args::{DiffArguments, DiffFormat};
use crate::output::number::counted;

/// Machines that differ in the cost of a call by more than this factor were not in the same state.
const CALL_COST_RATIO: f64 = 1.25;

/// The remarks, one line each.
pub(super) fn of(
    view: &DiffView<'_>,
    processes: [&[Process]; 2],
    arguments: &DiffArguments,
) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(same_session(view.before, view.after));
    lines.extend([view.before, view.after].into_iter().filter_map(unfinished));
    lines.extend(scripts(view.before, view.after));
    lines.extend(versions(processes));
    lines.extend(speed(processes));
    lines.extend(view.comparison.traffic_ratio.map(traffic));
    if arguments.format != DiffFormat::Json {
        lines.extend(cut(view));
    }
    let bodies = view.comparison.body_count;
    lines.extend((bodies > 0).then(|| {
        let bodies = counted(bodies, "module or class body", "module and class bodies");
        format!("{bodies} not compared (`--all` compares them)")
    }));
    lines
}

fn same_session(before: &Session, after: &Session) -> Option<String> {
    (before.id == after.id).then(|| format!("session {} is compared with itself", before.id))
}

fn unfinished(session: &Session) -> Option<String> {
    match session.state {
        SessionState::Running => Some(format!("session {} is still running", session.id)),
        SessionState::Killed => Some(format!("session {} was killed before its end", session.id)),
        SessionState::Finished => None,
    }
}

fn scripts(before: &Session, after: &Session) -> Option<String> {
    let [old, new] = [&before.script, &after.script];
    (old != new).then(|| format!("the sessions are of different programs: `{old}` and `{new}`"))
}

fn versions(processes: [&[Process]; 2]) -> Option<String> {
    let [old, new] = processes.map(|processes| {
        let mut versions: Vec<&str> =
            processes.iter().map(|process| process.python_version.as_str()).collect();
        versions.sort_unstable();
        versions.dedup();
        versions.join(", ")
    });
    let differ = !old.is_empty() && !new.is_empty() && old != new;
    differ.then(|| format!("the sessions are of different Python versions: {old} and {new}"))
}

/// Each process measures what one call costs when it begins: the same work, so a different cost is a
/// different machine, or one that was busier.
fn speed(processes: [&[Process]; 2]) -> Option<String> {
    let [old, new] = processes.map(|processes| {
        let costs = processes.iter().map(|process| process.call_cost_ps).filter(|&cost| cost > 0);
        costs.min().unwrap_or(0)
    });
    if old == 0 || new == 0 {
        return None;
    }
    let ratio = new as f64 / old as f64;
    let word = if ratio > 1.0 { "slower" } else { "faster" };
    let factor = ratio.max(1.0 / ratio);
    (factor > CALL_COST_RATIO).then(|| {
        format!("the machine itself was about {factor:.1}× {word} in the second session: compare latencies with care")
    })
}

fn traffic(ratio: f64) -> String {
    format!(
        "most functions were called {ratio:.2}× as often; call counts are reported where they differ from that"
    )
}

fn cut(view: &DiffView<'_>) -> Option<String> {
    let comparison = view.comparison;
    let sections = [comparison.changed.len(), comparison.added.len(), comparison.removed.len()];
    let cut: usize = sections.iter().map(|count| count.saturating_sub(view.top)).sum();
    let largest = sections.iter().max().copied().unwrap_or(0);
    let more = counted(cut as u64, "more function", "more functions");
    (cut > 0).then(|| format!("{more} (`--top {largest}` shows all)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(version: &str, call_cost_ps: u64) -> Process {
        Process { python_version: version.into(), call_cost_ps, ..Process::default() }
    }

    #[test]
    fn a_different_interpreter_or_speed_is_named() {
        let [old, new] = [process("3.13.0", 80_000), process("3.14.0", 120_000)].map(|p| [p]);
        let text = versions([&old, &new]).unwrap();
        assert!(text.ends_with("3.13.0 and 3.14.0"), "{text}");
        assert!(speed([&old, &new]).unwrap().contains("1.5× slower"));
        assert!(speed([&new, &old]).unwrap().contains("1.5× faster"));
        assert_eq!((versions([&old, &old]), speed([&old, &old])), (None, None));
        assert_eq!((versions([&old, &[]]), speed([&[], &new])), (None, None));
    }
}
