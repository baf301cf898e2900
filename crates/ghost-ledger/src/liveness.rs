//! Whether the process that wrote a ledger can still write to it.
//!
//! A process id alone proves nothing, ids are reused; with the start time the kernel keeps beside
//! it, it names one process. A zombie counts as dead: its memory is gone.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use ghost_model::{Process, ProcessState};

/// A ledger that is written to has its file touched at every write-back, every half minute or so.
const UNTOUCHED_MAX: Duration = Duration::from_hours(1);

/// Whether the ids of a process mean another process here: it runs in a container of its own.
pub fn is_elsewhere(process: &Process) -> bool {
    let here = fs::metadata("/proc/self/ns/pid").map(|metadata| metadata.ino());
    process.pid_namespace != 0 && here.is_ok_and(|here| here != process.pid_namespace)
}

/// Whether a process whose ids mean nothing here may still be running: it has not said that it ended,
/// and its ledger was touched lately.
pub fn may_run_elsewhere(process: &Process, ledger: &Path) -> bool {
    let touched = fs::metadata(ledger).and_then(|metadata| metadata.modified());
    let untouched_for = touched.ok().and_then(|touched| touched.elapsed().ok());
    process.state == ProcessState::Running
        && untouched_for.is_none_or(|duration| duration < UNTOUCHED_MAX)
}

/// Start of a process in clock ticks since boot, if a process with this id runs now.
pub fn running_start_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    start_ticks_of(&stat)
}

/// Field 22 of a `/proc/PID/stat` line, unless the process is a zombie.
fn start_ticks_of(stat: &str) -> Option<u64> {
    // The command in field 2 is in parentheses and may itself hold spaces and parentheses.
    let (_, after_command) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = after_command.split_ascii_whitespace().collect();
    let (state, threads) = (*fields.first()?, *fields.get(17)?);
    // A first thread that ended leaves a zombie leader while other threads go on.
    let gone = matches!(state, "Z" | "X") && matches!(threads, "0" | "1");
    if gone { None } else { fields.get(19)?.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "7 (a) b (c) R 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 9 9";

    #[test]
    fn the_start_is_found_behind_a_confusing_command() {
        assert_eq!(start_ticks_of(STAT), Some(12345));
    }

    #[test]
    fn a_zombie_is_dead_unless_it_has_threads() {
        assert_eq!(start_ticks_of(&STAT.replace(" R ", " Z ")), None);
        let threaded = STAT.replace(" R ", " Z ").replace("20 0 1 0", "20 0 3 0");
        assert_eq!(start_ticks_of(&threaded), Some(12345));
    }

    #[test]
    fn this_process_runs_and_one_beyond_all_ids_does_not() {
        assert!(running_start_ticks(std::process::id()).is_some());
        assert_eq!(running_start_ticks(5_000_000), None);
    }
}
