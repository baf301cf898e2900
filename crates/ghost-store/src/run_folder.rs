//! The folder of a running session: its `run.conf`, its lock, and the ledgers in it.
//!
//! `ghost run` holds an exclusive `flock` on `run.conf` as long as it lives: that is how every
//! other command tells a running session from an abandoned one. What `run.conf` says is mostly for
//! the observed process; only how many events to keep is read here.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ghost_ledger::span_ring;
use ghost_model::SessionId;

use crate::data_dir::{DataDir, create_new_private_folder, create_private_file};
use crate::store_error::StoreError;

const CONF: &str = "run.conf";
/// Locked for as long as processes that were attached to are observed.
const HOLD: &str = "attach.hold";
const LEDGER: &str = "ledger";
/// Added to the name of a ledger that cannot be read, so that it is reported once and kept.
const BROKEN: &str = "broken";
/// Extensions of what processes leave behind that holds nothing: the files by which they remember having
/// said why they are not observed, the control sockets of those that were killed, and their answers to a
/// `ghost attach`.
const LEFTOVERS: [&str; 3] = ["unobserved", "control", "answer"];
/// Files that mean something only while the session runs: its configuration, and the probes that were
/// asked for from outside.
const OF_THE_RUN: [&str; 6] =
    [CONF, "run.conf.new", "probes.json", "probes.json.new", "probes.lock", HOLD];

/// Events kept per function where `run.conf` does not say.
const EVENTS_PER_FUNCTION: u32 = 16;

/// Spans kept where `run.conf` does not say: a few thousand requests with what happened in them, in a
/// file of about ten megabytes.
const SPANS_MAX: u64 = 20_000;

/// The folder of one session, locked against every other `ghost`.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Holds the lock.
    _conf: File,
}

impl RunFolder {
    /// Makes the folder of a new session. Its `run.conf` appears complete and locked.
    pub fn create(data_dir: &DataDir, id: &SessionId, conf: &str) -> Result<Self, StoreError> {
        data_dir.create()?;
        let path = data_dir.run_dir(id);
        create_new_private_folder(&path)?;
        Self::fill(&path, conf).inspect_err(|_| {
            let _ = fs::remove_dir_all(&path);
        })
    }

    fn fill(path: &Path, conf: &str) -> Result<Self, StoreError> {
        // Locked under another name first: nobody can see it unlocked and take it for abandoned.
        let hidden = path.join("run.conf.new");
        let mut file = create_private_file(&hidden).map_err(StoreError::io("make", &hidden))?;
        file.lock().map_err(StoreError::io("lock", &hidden))?;
        file.write_all(conf.as_bytes()).map_err(StoreError::io("write", &hidden))?;
        let visible = path.join(CONF);
        fs::rename(&hidden, &visible).map_err(StoreError::io("make", &visible))?;
        Ok(Self { path: path.to_owned(), _conf: file })
    }

    /// Locks a folder that nobody holds any more; `None` where somebody does.
    pub(crate) fn claim(path: &Path) -> Result<Option<Self>, StoreError> {
        let conf = path.join(CONF);
        let file = match File::open(&conf) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("read", &conf)(error)),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", &conf)(error)),
        }
        // The one who held it may have finished and removed it meanwhile.
        let same = fs::metadata(&conf).ok().map(|found| found.ino())
            == file.metadata().ok().map(|opened| opened.ino());
        Ok(same.then(|| Self { path: path.to_owned(), _conf: file }))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The word to processes that were attached to: for as long as this lives, they are observed.
#[derive(Debug)]
pub struct Hold {
    path: PathBuf,
    /// Holds the lock, which the kernel takes away from whoever is killed.
    _file: File,
}

impl Hold {
    /// The file that is locked.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // One that is not there is not held either.
        let _ = fs::remove_file(&self.path);
    }
}

impl RunFolder {
    /// Begins to hold processes that are attached to.
    pub fn hold(&self) -> Result<Hold, StoreError> {
        let path = self.path.join(HOLD);
        let file = create_private_file(&path).map_err(StoreError::io("make", &path))?;
        file.lock().map_err(StoreError::io("lock", &path))?;
        Ok(Hold { path, _file: file })
    }
}

/// Whether some `ghost run` still holds this folder.
pub(crate) fn is_held(run_dir: &Path) -> bool {
    let Ok(conf) = File::open(run_dir.join(CONF)) else { return false };
    matches!(conf.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// How many ended activations a session keeps as events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventsKept {
    /// None.
    Nothing,
    /// The newest of each function, this many.
    PerFunction(u32),
    /// Everything that came through.
    Everything,
}

impl EventsKept {
    /// What the `run.conf` of a folder asks for; the default where there is none.
    pub(crate) fn of_run(run_dir: &Path) -> Self {
        Self::parse(&fs::read_to_string(run_dir.join(CONF)).unwrap_or_default())
    }

    fn parse(conf: &str) -> Self {
        let limit = value(conf, "events_per_function").and_then(|value| value.parse().ok());
        match value(conf, "events") {
            Some("none") => Self::Nothing,
            Some("all") => Self::Everything,
            _ => Self::PerFunction(limit.unwrap_or(EVENTS_PER_FUNCTION)),
        }
    }
}

/// How many spans the `run.conf` of a folder wants to be kept.
pub(crate) fn spans_max(run_dir: &Path) -> u64 {
    let conf = fs::read_to_string(run_dir.join(CONF)).unwrap_or_default();
    value(&conf, "spans_max").and_then(|value| value.parse().ok()).unwrap_or(SPANS_MAX)
}

fn value<'conf>(conf: &'conf str, key: &str) -> Option<&'conf str> {
    let mut lines = conf.lines().filter_map(|line| line.split_once('='));
    lines.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim())
}

/// A ledger file by what its name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LedgerFile {
    pub(crate) path: PathBuf,
    /// `<pid>-<hex nanoseconds>`: names one process image of the session.
    pub(crate) name: String,
    pub(crate) pid: u32,
    start: u64,
}

impl LedgerFile {
    fn at(path: PathBuf) -> Option<Self> {
        if path.extension()? != LEDGER {
            return None;
        }
        let name = path.file_stem()?.to_str()?.to_owned();
        let (pid, start) = name.split_once('-')?;
        let (pid, start) = (pid.parse().ok()?, u64::from_str_radix(start, 16).ok()?);
        Some(Self { path, name, pid, start })
    }

    /// Whether this image was replaced: the same process id began a later ledger.
    pub(crate) fn is_replaced_among(&self, all: &[Self]) -> bool {
        all.iter().any(|other| other.pid == self.pid && other.start > self.start)
    }
}

/// The ledgers in a folder in the order of their start; none where the folder is gone.
pub(crate) fn ledgers(run_dir: &Path) -> Result<Vec<LedgerFile>, StoreError> {
    let entries = match fs::read_dir(run_dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io("read", run_dir)(error)),
    };
    let mut found: Vec<LedgerFile> =
        entries.flatten().filter_map(|entry| LedgerFile::at(entry.path())).collect();
    found.sort_by_key(|ledger| (ledger.start, ledger.pid));
    Ok(found)
}

/// The rings of spans in a folder, with their names; none where the folder is gone.
pub(crate) fn rings(run_dir: &Path) -> Result<Vec<(String, PathBuf)>, StoreError> {
    let entries = match fs::read_dir(run_dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io("read", run_dir)(error)),
    };
    let ring = |path: PathBuf| {
        path.extension().filter(|word| *word == span_ring::EXTENSION)?;
        Some((path.file_stem()?.to_str()?.to_owned(), path))
    };
    let mut found: Vec<_> = entries.flatten().filter_map(|entry| ring(entry.path())).collect();
    found.sort();
    Ok(found)
}

/// Whether there is something in a folder that is not, or not only, in the session file.
pub(crate) fn is_unfolded(run_dir: &Path) -> Result<bool, StoreError> {
    Ok(!ledgers(run_dir)?.is_empty() || !rings(run_dir)?.is_empty())
}

/// Takes a ledger or ring that cannot be read out of the way, and says where it is now.
pub(crate) fn set_aside(ledger: &Path) -> PathBuf {
    let mut name = ledger.as_os_str().to_owned();
    name.push(format!(".{BROKEN}"));
    match fs::rename(ledger, &name) {
        Ok(()) => PathBuf::from(name),
        Err(_) => ledger.to_owned(),
    }
}

/// Removes a folder without ledgers and rings; with some that were set aside, only its `run.conf`.
pub(crate) fn remove_if_done(run_dir: &Path) -> Result<(), StoreError> {
    if !is_unfolded(run_dir)? {
        for name in OF_THE_RUN {
            // Absent already, or the folder is about to tell why it cannot go.
            let _ = fs::remove_file(run_dir.join(name));
        }
        remove_leftovers(run_dir);
        match fs::remove_dir(run_dir).map_err(|error| (error.kind(), error)) {
            Ok(()) | Err((ErrorKind::DirectoryNotEmpty | ErrorKind::NotFound, _)) => {}
            Err((_, error)) => return Err(StoreError::io("remove", run_dir)(error)),
        }
    }
    Ok(())
}

/// Removes what processes left that holds nothing.
fn remove_leftovers(run_dir: &Path) {
    let Ok(entries) = fs::read_dir(run_dir) else { return };
    let left = entries.flatten().map(|entry| entry.path());
    for path in left.filter(|path| path.extension().is_some_and(is_leftover)) {
        let _ = fs::remove_file(path);
    }
}

fn is_leftover(extension: &std::ffi::OsStr) -> bool {
    LEFTOVERS.iter().any(|word| extension == *word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, DataDir, SessionId) {
        let root = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(root.path().to_owned());
        (root, data_dir, SessionId::new(1_763_630_000_000_000_000, 7))
    }

    #[test]
    fn a_folder_is_held_as_long_as_its_owner_lives() {
        let (_root, data_dir, id) = folder();
        let run_dir = data_dir.run_dir(&id);
        assert!(!is_held(&run_dir));
        let owner = RunFolder::create(&data_dir, &id, "events=none\n").unwrap();
        assert!(is_held(&run_dir));
        assert!(RunFolder::claim(&run_dir).unwrap().is_none());
        assert_eq!(EventsKept::of_run(&run_dir), EventsKept::Nothing);
        drop(owner);
        assert!(!is_held(&run_dir));
        assert!(RunFolder::claim(&run_dir).unwrap().is_some());
    }

    #[test]
    fn what_to_keep_is_read_from_the_configuration() {
        assert_eq!(EventsKept::parse(""), EventsKept::PerFunction(16));
        assert_eq!(EventsKept::parse("events=all"), EventsKept::Everything);
        let conf = "root=/a=b\nevents=sample\nevents_per_function=3\n";
        assert_eq!(EventsKept::parse(conf), EventsKept::PerFunction(3));
    }

    #[test]
    fn ledgers_are_found_by_name_in_order_of_start() {
        let (root, ..) = folder();
        for name in ["9-b.ledger", "12-a.ledger", "9-c.ledger", "x-1.ledger", "7-1.ledger.broken"] {
            fs::write(root.path().join(name), "").unwrap();
        }
        let found = ledgers(root.path()).unwrap();
        let names: Vec<_> = found.iter().map(|ledger| ledger.name.as_str()).collect();
        assert_eq!(names, ["12-a", "9-b", "9-c"]);
        assert!(found[1].is_replaced_among(&found));
        assert!(!found[0].is_replaced_among(&found) && !found[2].is_replaced_among(&found));
    }

    #[test]
    fn a_folder_with_something_kept_loses_only_its_configuration() {
        let (_root, data_dir, id) = folder();
        let owner = RunFolder::create(&data_dir, &id, "").unwrap();
        let ledger = owner.path().join("9-b.ledger");
        fs::write(&ledger, "").unwrap();
        remove_if_done(owner.path()).unwrap();
        assert!(owner.path().join(CONF).exists());
        let kept = set_aside(&ledger);
        for left in ["9.unobserved", "9-b.control", "probes.json", "probes.lock"] {
            fs::write(owner.path().join(left), "").unwrap();
        }
        remove_if_done(owner.path()).unwrap();
        assert_eq!(fs::read_dir(owner.path()).unwrap().count(), 1);
        assert!(!owner.path().join(CONF).exists() && kept.exists());
        fs::remove_file(kept).unwrap();
        remove_if_done(owner.path()).unwrap();
        assert!(!owner.path().exists());
    }
}
