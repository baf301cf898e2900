//! Who this process is, in terms that tell it from a later one with the same id.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use ghost_ledger::Identity;

/// The identity of the running process.
pub(crate) fn identity(python_hexversion: u32) -> Identity {
    Identity {
        pid: std::process::id(),
        parent_pid: std::os::unix::process::parent_id(),
        kernel_start_ticks: kernel_start_ticks().unwrap_or(0),
        pid_namespace: pid_namespace().unwrap_or(0),
        python_hexversion,
    }
}

/// Where its ledger goes: names sort by start, and two images of one process differ.
pub(crate) fn ledger_path(run_dir: &Path) -> PathBuf {
    path(run_dir, "ledger")
}

/// Where its spans go.
pub(crate) fn spans_path(folder: &Path) -> PathBuf {
    path(folder, ghost_ledger::span_ring::EXTENSION)
}

/// The name of this image of the process.
pub(crate) fn name() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}-{:016x}", std::process::id(), since.as_nanos())
}

fn path(folder: &Path, extension: &str) -> PathBuf {
    folder.join(format!("{}.{extension}", name()))
}

/// Field 22 of `/proc/self/stat`. The second field may hold blanks and parentheses, so fields are
/// counted from the last one.
fn kernel_start_ticks() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()
}

fn pid_namespace() -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    Some(std::fs::metadata("/proc/self/ns/pid").ok()?.ino())
}
