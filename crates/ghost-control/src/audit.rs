//! A line for each change that was asked for: who, what, when, and what became of it. Written by the
//! process that was asked, so that no controller can leave it out.
//!
//! JSON lines, 0600, in two files of bounded size. Values and expressions are the controller's own words;
//! nothing of the program stands here.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::endpoint::Peer;
use crate::probe_spec::ProbeSpec;

/// The file in the data folder; the one before it has `.1` at its end.
const NAME: &str = "audit.jsonl";
/// Some thousand changes; twice as much is kept.
const BYTES_MAX: u64 = 1 << 20;

/// Where changes are noted.
#[derive(Clone, Debug)]
pub struct Audit {
    path: PathBuf,
}

/// A change.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// What was asked for, in one word.
    pub action: &'a str,
    /// Who asked; `None` for a process that picks up what its session has.
    pub peer: Option<Peer>,
    /// The id of the probe, where it is about one.
    pub id: Option<&'a str>,
    /// The probe, where it is added.
    pub probe: Option<&'a ProbeSpec>,
    /// Why it was refused, if it was.
    pub refusal: Option<&'a str>,
}

#[derive(Serialize)]
struct Line<'a> {
    time_unix_ns: u64,
    action: &'a str,
    uid: Option<u32>,
    controller_pid: Option<u32>,
    pid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<&'a ProbeSpec>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'a str>,
}

impl Audit {
    /// The audit of a data folder.
    pub fn new(data_dir: &Path) -> Self {
        Self { path: data_dir.join(NAME) }
    }

    /// Adds a line.
    ///
    /// # Errors
    /// If it cannot be written; the change is then not to be made.
    pub fn note(&self, change: &Change<'_>) -> io::Result<()> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let line = Line {
            time_unix_ns: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX),
            action: change.action,
            uid: change.peer.map(|peer| peer.uid),
            controller_pid: change.peer.map(|peer| peer.pid),
            pid: std::process::id(),
            id: change.id,
            probe: change.probe,
            refusal: change.refusal,
        };
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        // One write each: lines of several processes do not mix.
        self.file()?.write_all(&text)
    }

    /// The file to write to, locked; a full one is moved out of the way.
    fn file(&self) -> io::Result<File> {
        loop {
            let file = self.open()?;
            file.lock()?;
            let found = file.metadata()?;
            if found.len() >= BYTES_MAX {
                let mut before = self.path.clone().into_os_string();
                before.push(".1");
                fs::rename(&self.path, before)?;
            } else if fs::metadata(&self.path).is_ok_and(|named| named.ino() == found.ino()) {
                return Ok(file);
            }
        }
    }

    fn open(&self) -> io::Result<File> {
        OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change() -> Change<'static> {
        let peer = Some(Peer { uid: 7, pid: 8 });
        Change { action: "remove_probe", peer, id: Some("a"), probe: None, refusal: None }
    }

    #[test]
    fn a_change_is_one_private_line() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::new(folder.path());
        audit.note(&change()).unwrap();
        audit.note(&Change { refusal: Some("no"), ..change() }).unwrap();
        let path = folder.path().join("audit.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&lines[0]["uid"], &lines[0]["controller_pid"]), (&7.into(), &8.into()));
        assert_eq!((&lines[0]["id"], &lines[1]["refusal"]), (&"a".into(), &"no".into()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_full_file_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::new(folder.path());
        let path = folder.path().join("audit.jsonl");
        fs::write(&path, vec![b'\n'; BYTES_MAX as usize]).unwrap();
        audit.note(&change()).unwrap();
        assert!(fs::metadata(&path).unwrap().len() < 1_000);
        assert_eq!(fs::metadata(folder.path().join("audit.jsonl.1")).unwrap().len(), BYTES_MAX);
    }
}
