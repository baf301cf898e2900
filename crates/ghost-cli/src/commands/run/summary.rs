//! The lines `ghost run` ends with: how much was recorded, and what was not.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ghost_export::remarks;

use super::recorder::{Outcome, Totals};
use super::target::Launch;
use crate::args::Observing;
use crate::environment::GHOST_RUN;
use crate::output::number::counted;
use crate::output::talk;

/// How long the interpreter may take to say whether it can be observed.
const PROBE_WAIT_MAX: Duration = Duration::from_secs(2);
/// Between two looks at whether it has answered.
const PROBE_INTERVAL: Duration = Duration::from_millis(10);
/// Ends with 0 where the observer is installed, 1 where it is not, 2 where Python is too old.
const PROBE: &str = "import sys\n\
    if sys.version_info < (3, 12): sys.exit(2)\n\
    import importlib.util\n\
    sys.exit(importlib.util.find_spec('ghostglass') is None)";

/// Says what became of the session. Problems are said even if `quiet`.
pub(super) fn say(outcome: &Outcome, launch: &Launch, arguments: &Observing) {
    if is_empty(outcome, arguments) {
        say_nothing_observed(launch);
    } else {
        say_what_was(outcome, arguments);
    }
}

/// Whether nothing was seen of the program, and that asks for an explanation.
fn is_empty(outcome: &Outcome, arguments: &Observing) -> bool {
    // A ledger that cannot be used was written by an observer: that is reason enough. Programs without
    // a web framework and a database are no reason to look for a fault.
    let is_empty = outcome.totals.as_ref().is_ok_and(Totals::is_empty);
    is_empty && outcome.broken.is_empty() && !arguments.no_functions
}

/// Says how much was recorded, and what was not.
pub(in crate::commands) fn say_what_was(outcome: &Outcome, arguments: &Observing) {
    let (id, quiet) = (&outcome.id, arguments.quiet);
    for (path, reason) in &outcome.broken {
        talk::say(format_args!("session {id}: cannot use `{}`: {reason}", path.display()));
    }
    match &outcome.totals {
        Err(reason) => {
            let problem = format_args!("session {id} is not complete: {reason}");
            talk::say_with_hint(problem, "the next `ghost` command tries to complete it");
        }
        Ok(totals) if totals.is_empty() && !outcome.broken.is_empty() => {}
        Ok(totals) if totals.is_empty() && arguments.no_functions => {
            talk::say(format_args!("session {id}: no request and no query was seen"));
        }
        Ok(totals) => {
            for gap in
                remarks::gaps(&totals.processes).iter().chain(&remarks::lost_spans(&totals.spans))
            {
                talk::say(format_args!("session {id}: {gap}"));
            }
            let lines = (!totals.processes.is_empty()).then(|| summary(totals));
            for line in lines.iter().chain(&summary_of_spans(totals)).filter(|_| !quiet) {
                talk::say(format_args!("session {id}: {line}"));
            }
        }
    }
}

/// `1,234 requests, 56 queries (ghost requests, ghost queries)`. `None` where there were none.
fn summary_of_spans(totals: &Totals) -> Option<String> {
    let requests = (totals.request_count > 0)
        .then(|| (counted(totals.request_count, "request", "requests"), "ghost requests"));
    let queries = (totals.query_count > 0)
        .then(|| (counted(totals.query_count, "query", "queries"), "ghost queries"));
    let (counts, commands): (Vec<_>, Vec<_>) = [requests, queries].into_iter().flatten().unzip();
    (!counts.is_empty()).then(|| format!("{} ({})", counts.join(", "), commands.join(", ")))
}

/// `1,234 calls of 56 functions in 1 process (ghost report)`
fn summary(totals: &Totals) -> String {
    let calls = counted(totals.call_count, "call", "calls");
    let functions = counted(totals.function_count, "function", "functions");
    let processes = counted(totals.processes.len() as u64, "process", "processes");
    let next = match totals.call_count {
        0 => "no code of the project ran; `--scope all` takes libraries too",
        _ => "ghost report",
    };
    format!("{calls} of {functions} in {processes} ({next})")
}

fn say_nothing_observed(launch: &Launch) {
    if !launch.is_interpreter {
        let reason = format_args!(
            "nothing was observed: no Python that `{}` started has ghostglass installed",
            launch.script
        );
        let hint = "`python -m pip install ghostglass`, with the Python that runs it";
        return talk::say_with_hint(reason, hint);
    }
    let python = launch.program.display();
    match probe(&launch.program) {
        Some(1) => {
            let reason =
                format_args!("nothing was observed: `{python}` has no ghostglass installed");
            let hint = format_args!("`{python} -m pip install ghostglass`");
            talk::say_with_hint(reason, hint);
        }
        Some(2) => {
            let reason = format_args!("nothing was observed: `{python}` is older than Python 3.12");
            talk::say_with_hint(reason, "`--python PATH` names another interpreter");
        }
        _ => talk::say(format_args!(
            "nothing was observed: `{python}` did not start the observer (options such as -S or -I \
             of a wrapper keep it from starting)"
        )),
    }
}

/// Asks the interpreter, for no longer than [`PROBE_WAIT_MAX`].
fn probe(interpreter: &Path) -> Option<i32> {
    let mut command = Command::new(interpreter);
    command.args(["-c", PROBE]).env_remove(GHOST_RUN);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let begin = Instant::now();
    while begin.elapsed() < PROBE_WAIT_MAX {
        if let Some(status) = child.try_wait().ok()? {
            return status.code();
        }
        thread::sleep(PROBE_INTERVAL);
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::Process;

    #[test]
    fn the_summary_counts_in_words() {
        let processes = vec![Process::default()];
        let mut totals =
            Totals { call_count: 1_234, function_count: 56, processes, ..Totals::default() };
        assert_eq!(summary(&totals), "1,234 calls of 56 functions in 1 process (ghost report)");
        assert_eq!(summary_of_spans(&totals), None);
        totals.query_count = 1;
        assert_eq!(summary_of_spans(&totals).as_deref(), Some("1 query (ghost queries)"));
        totals.request_count = 2_000;
        let both = "2,000 requests, 1 query (ghost requests, ghost queries)";
        assert_eq!(summary_of_spans(&totals).as_deref(), Some(both));
    }
}
