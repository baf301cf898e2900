//! What programs that ran without `ghost run` left in the data folder: rings of spans whose relay
//! never came, tables of statistics of servers that ended.
//!
//! Each lies in a folder of one group of processes. A folder is abandoned when no process that wrote
//! to it lives, nobody holds its lock and nothing in it was written for a while. Spans in such a ring
//! can reach nobody any more: only a relay of the same group would have sent them.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::data_dir::DataDir;
use crate::inventory::{entries, modified_unix_ns};
use crate::liveness::running_start_ticks;
use crate::store_error::StoreError;

/// Folders that hold one folder for each group of processes.
const GROUPS: [&str; 2] = ["relays", "stats"];
/// What a relay holds while it lives.
const LOCK: &str = "relay.lock";

/// A folder nobody needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abandoned {
    /// The folder.
    pub path: PathBuf,
    /// Bytes of the files in it.
    pub bytes: u64,
}

/// Folders of which nothing was written since `before_unix_ns`, by name.
pub fn abandoned(data_dir: &DataDir, before_unix_ns: u64) -> Result<Vec<Abandoned>, StoreError> {
    let mut found = Vec::new();
    for group in GROUPS {
        for path in entries(&data_dir.root().join(group))? {
            found.extend(Abandoned::of(path, before_unix_ns)?);
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

impl Abandoned {
    fn of(path: PathBuf, before_unix_ns: u64) -> Result<Option<Self>, StoreError> {
        let is_folder = fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir());
        if !is_folder || is_locked(&path) {
            return Ok(None);
        }
        let files = entries(&path)?;
        let mut bytes = 0;
        for file in files.iter().chain([&path]) {
            let Ok(found) = fs::symlink_metadata(file) else { continue };
            if modified_unix_ns(&found) >= before_unix_ns || is_of_living_process(file) {
                return Ok(None);
            }
            bytes += if found.is_file() { found.len() } else { 0 };
        }
        Ok(Some(Self { path, bytes }))
    }

    /// Removes it, unless somebody came back to it.
    pub fn remove(&self) -> Result<(), StoreError> {
        if is_locked(&self.path) {
            return Ok(());
        }
        match fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(StoreError::io("remove", &self.path)(error))
            }
            _ => Ok(()),
        }
    }
}

fn is_locked(folder: &Path) -> bool {
    let Ok(lock) = File::open(folder.join(LOCK)) else { return false };
    matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Whether a process has the number in the name of this file, `<pid>-<hex nanoseconds>.<what>`. Another
/// one may have got it since: then the folder stays until that one has ended.
fn is_of_living_process(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let pid = name.split_once('-').and_then(|(pid, _)| pid.parse::<u32>().ok());
    let is_file = file.extension().is_some();
    is_file && pid.is_some_and(|pid| running_start_ticks(pid).is_some())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::{self, Command};

    use super::*;

    const LATER: u64 = u64::MAX;

    fn data_folder() -> (tempfile::TempDir, DataDir) {
        let root = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(root.path().to_owned());
        for folder in ["relays/dead", "relays/alive", "relays/locked", "stats/1-2-3"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        fs::write(root.path().join("relays/locked").join(LOCK), "").unwrap();
        (root, data_dir)
    }

    /// The number of a process that was and is no more.
    fn ended_pid() -> u32 {
        let mut child = Command::new("true").process_group(0).spawn().unwrap();
        child.wait().unwrap();
        child.id()
    }

    fn names(found: &[Abandoned]) -> Vec<String> {
        found.iter().map(|one| one.path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn only_what_nobody_uses_is_abandoned() {
        let (root, data_dir) = data_folder();
        let relays = root.path().join("relays");
        let (dead, alive) = (ended_pid(), process::id());
        fs::write(relays.join("dead").join(format!("{dead}-1f.spans")), "12345").unwrap();
        fs::write(relays.join("alive").join(format!("{alive}-1f.spans")), "1").unwrap();
        fs::write(root.path().join("stats/1-2-3").join(format!("{dead}-1f.stats")), "1").unwrap();
        fs::write(relays.join("a file"), "").unwrap();
        let lock = File::open(relays.join("locked").join(LOCK)).unwrap();
        lock.lock().unwrap();
        let found = abandoned(&data_dir, LATER).unwrap();
        assert_eq!(names(&found), ["dead", "1-2-3"]);
        assert_eq!(found[0].bytes, 5);
        assert!(abandoned(&data_dir, 1).unwrap().is_empty());
        for one in &found {
            one.remove().unwrap();
            one.remove().unwrap();
        }
        drop(lock);
        assert_eq!(names(&abandoned(&data_dir, LATER).unwrap()), ["locked"]);
        assert!(relays.join("alive").exists() && !relays.join("dead").exists());
    }

    #[test]
    fn a_data_folder_without_them_holds_none() {
        let root = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(root.path().join("missing"));
        assert!(abandoned(&data_dir, LATER).unwrap().is_empty());
    }

    #[test]
    fn what_is_locked_in_the_meantime_stays() {
        let (root, data_dir) = data_folder();
        let found = abandoned(&data_dir, LATER).unwrap();
        let lock = File::open(root.path().join("relays/locked").join(LOCK)).unwrap();
        lock.lock().unwrap();
        for one in found {
            one.remove().unwrap();
        }
        assert!(root.path().join("relays/locked").exists());
    }
}
