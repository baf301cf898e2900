//! `ghost probe rm`: removes probes from a session and all its processes.

use std::collections::BTreeSet;

use ghost_control::{Reply, Request};
use ghost_model::visible;

use super::ProbeError;
use super::processes::Processes;
use super::read::is;
use crate::args::{ProbeScope, RemoveArguments};
use crate::exit::{CommandError, SUCCESS};
use crate::output::talk;

/// Stands for all probes.
const ALL: &str = "all";

/// Runs the command.
pub(super) fn execute(arguments: &RemoveArguments) -> Result<u8, CommandError> {
    let scope = ProbeScope { session: arguments.session.clone(), pid: None };
    let processes = Processes::of(&scope)?;
    for id in ids(arguments, &processes)? {
        remove(&processes, &id)?;
        talk::say(format_args!("probe {id} removed"));
    }
    Ok(SUCCESS)
}

/// Removes one probe everywhere.
pub(super) fn remove(processes: &Processes, id: &str) -> Result<(), ProbeError> {
    if !processes.is_one() {
        // First: a process that starts meanwhile does not find it any more.
        processes.spec_file().remove(id)?;
    }
    processes.ask(&Request::RemoveProbe { id: id.to_owned() });
    Ok(())
}

/// The ids that are meant, in the processes and in the file.
fn ids(arguments: &RemoveArguments, processes: &Processes) -> Result<BTreeSet<String>, ProbeError> {
    let mut ids = BTreeSet::new();
    let listed: Vec<_> = processes.ask_some(&Request::ListProbes)?;
    for wanted in &arguments.probes {
        let before = ids.len();
        for (_, reply) in &listed {
            let Reply::Probes { probes } = reply else { continue };
            let meant = probes.iter().filter(|one| wanted == ALL || is(one, wanted));
            ids.extend(meant.map(|one| one.probe.id.clone()));
        }
        for kept in processes.spec_file().read().unwrap_or_default() {
            if wanted == ALL || kept.id == *wanted || kept.name == *wanted {
                ids.insert(kept.id);
            }
        }
        if ids.len() == before && wanted != ALL && !ids.contains(wanted) {
            return Err(ProbeError::Unknown { name: visible(wanted).into_owned() });
        }
    }
    Ok(ids)
}
