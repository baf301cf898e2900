//! `ghost probe add`: keeps a probe for the session and hands it to every process of it.

use std::collections::BTreeMap;
use std::io::Write as _;

use ghost_control::{ProbeSpec, ProbeState, ProbeStatus, Reply, Request};
use ghost_model::visible;

use super::processes::Processes;
use super::{ProbeError, now_unix_ns};
use crate::args::AddArguments;
use crate::exit::{CommandError, SUCCESS};
use crate::output::talk;

/// Letters of a name that are the begin of an id.
const SLUG_CHARS_MAX: usize = 24;

/// Runs the command.
pub(super) fn execute(arguments: &AddArguments) -> Result<u8, CommandError> {
    let probe = spec(arguments);
    let id = probe.id.clone();
    let processes = Processes::of(&arguments.scope)?;
    let listed = add(&processes, probe)?;
    writeln!(std::io::stdout(), "{id}")?;
    talk::say(format_args!("probe {id}: {}", summary(&listed)));
    Ok(SUCCESS)
}

/// Adds a probe to all processes; where none takes it, it is nowhere.
pub(super) fn add(
    processes: &Processes,
    probe: ProbeSpec,
) -> Result<Vec<(u32, ProbeStatus)>, ProbeError> {
    probe.check()?;
    // Somebody must be there before anything is kept.
    processes.ask_some(&Request::Hello)?;
    let id = probe.id.clone();
    if !processes.is_one() {
        // First: a process that starts meanwhile finds it there, and one that gets it twice has it once.
        processes.spec_file().add(probe.clone())?;
    }
    let replies = processes.ask_some(&Request::AddProbe { probe });
    let verdict = replies.and_then(|replies| judge(processes, &id, replies));
    if verdict.is_err() {
        let _ = processes.spec_file().remove(&id);
        processes.ask(&Request::RemoveProbe { id });
    }
    verdict
}

/// Tells what became of it, or the first reason where nobody took it.
fn judge(
    processes: &Processes,
    id: &str,
    replies: Vec<(u32, Reply)>,
) -> Result<Vec<(u32, ProbeStatus)>, ProbeError> {
    let listed: Vec<_> = statuses(processes, id);
    let refusals = replies.into_iter().filter_map(|(_, reply)| match reply {
        Reply::Refused { reason } => Some(reason),
        _ => None,
    });
    let failed = |(_, status): &(u32, ProbeStatus)| status.state == ProbeState::Error;
    if listed.iter().all(failed) {
        let errors = listed.iter().filter_map(|(_, status)| status.reason.clone());
        let reason = refusals.chain(errors).next();
        let reason = reason.unwrap_or_else(|| "the process has ended".into());
        return Err(ProbeError::Refused { reason: visible(&reason).into_owned() });
    }
    Ok(listed)
}

fn statuses(processes: &Processes, id: &str) -> Vec<(u32, ProbeStatus)> {
    let replies = processes.ask(&Request::ListProbes).into_iter();
    let of = |reply| match reply {
        Reply::Probes { probes } => probes.into_iter().find(|status| status.probe.id == id),
        _ => None,
    };
    replies.filter_map(|(pid, reply)| Some((pid, of(reply)?))).collect()
}

/// `active in 2 processes, pending in 1 (waits for …)`.
fn summary(listed: &[(u32, ProbeStatus)]) -> String {
    let mut states: BTreeMap<&str, (usize, Option<&str>)> = BTreeMap::new();
    for (_, status) in listed {
        let (count, reason) = states.entry(status.state.word()).or_default();
        *count += 1;
        *reason = reason.or(status.reason.as_deref());
    }
    let part = |(state, (count, reason)): (&str, (usize, Option<&str>))| {
        let what = if count == 1 { "process" } else { "processes" };
        let reason = reason.map_or_else(String::new, |reason| format!(" ({})", visible(reason)));
        format!("{state} in {count} {what}{reason}")
    };
    states.into_iter().map(part).collect::<Vec<_>>().join(", ")
}

fn spec(arguments: &AddArguments) -> ProbeSpec {
    let created_unix_ns = now_unix_ns();
    let last = arguments.target.rsplit('.').next().unwrap_or_default();
    let name = arguments.name.clone().unwrap_or_else(|| last.to_owned());
    let lifespan_ns = arguments.lifespan * 60e9;
    ProbeSpec {
        id: id_for(&name, created_unix_ns),
        target: arguments.target.clone(),
        kind: arguments.kind.into(),
        event: arguments.event.into(),
        name,
        value: arguments.value.clone(),
        condition: arguments.condition.clone(),
        created_unix_ns,
        // What is no lifespan is seen by the check.
        expires_unix_ns: created_unix_ns.saturating_add(lifespan_ns.max(0.0) as u64),
        max_hits: arguments.max_hits,
        rate: arguments.rate,
    }
}

/// A name that can be typed, and some digits that no other probe has.
pub(super) fn id_for(name: &str, created_unix_ns: u64) -> String {
    let letters = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let slug: String = letters.take(SLUG_CHARS_MAX).collect::<String>().to_ascii_lowercase();
    let slug = slug.trim_matches('-');
    let digits = (created_unix_ns / 1_000) & 0xf_ffff;
    if slug.is_empty() { format!("p-{digits:05x}") } else { format!("{slug}-{digits:05x}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_can_be_typed() {
        assert_eq!(id_for("place", 5_000), "place-00005");
        assert_eq!(id_for("Größe der__Liste", 0), "gr--e-der--liste-00000");
        assert_eq!(id_for("ü", 0), "p-00000");
    }
}
