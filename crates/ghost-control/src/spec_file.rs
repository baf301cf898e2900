//! The probes of a session, kept in its run folder for processes that start later: written by controllers,
//! read once by each process at its start.
//!
//! Replaced as a whole, under a lock, so that a reader never sees half of it. What has expired is left out.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::probe_spec::{ProbeSpec, SpecError};
use crate::wire::VERSION;

/// Its name in the run folder.
pub const SPEC_FILE: &str = "probes.json";
const LOCK: &str = "probes.lock";
const BYTES_MAX: u64 = 1 << 20;
/// Probes of a session; each has its cost.
const PROBES_MAX: usize = 200;

/// The file.
#[derive(Clone, Debug)]
pub struct SpecFile {
    folder: PathBuf,
}

/// Why the probes of a session cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum SpecFileError {
    /// The system refused.
    #[error("cannot use `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It holds something else.
    #[error("`{}` does not hold probes: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There are too many.
    #[error("a session has at most {PROBES_MAX} probes")]
    TooMany,
    /// The id is taken.
    #[error("there is a probe `{id}` already")]
    Taken {
        /// Which.
        id: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    probes: Vec<ProbeSpec>,
}

impl SpecFile {
    /// The file of a run folder.
    pub fn new(run_dir: &Path) -> Self {
        Self { folder: run_dir.to_owned() }
    }

    /// Whether there is one: the question of every process that starts.
    pub fn exists(&self) -> bool {
        self.path().exists()
    }

    /// The probes; none where there is no file.
    ///
    /// # Errors
    /// If it cannot be read, or one of them makes no sense.
    pub fn read(&self) -> Result<Vec<ProbeSpec>, SpecFileError> {
        let path = self.path();
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            file => file.map_err(|error| self.failed(error))?,
        };
        let mut text = Vec::new();
        file.take(BYTES_MAX + 1).read_to_end(&mut text).map_err(|error| self.failed(error))?;
        parse(&text).map_err(|reason| SpecFileError::Malformed { path, reason })
    }

    /// Adds a probe.
    ///
    /// # Errors
    /// If its id is taken, there are too many, or the file cannot be written.
    pub fn add(&self, probe: ProbeSpec) -> Result<(), SpecFileError> {
        let now_unix_ns = probe.created_unix_ns;
        self.change(|probes| {
            probes.retain(|known| known.expires_unix_ns > now_unix_ns);
            if probes.iter().any(|known| known.id == probe.id) {
                return Err(SpecFileError::Taken { id: probe.id });
            }
            probes.push(probe);
            if probes.len() > PROBES_MAX { Err(SpecFileError::TooMany) } else { Ok(()) }
        })
    }

    /// Removes a probe; tells whether it was there.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn remove(&self, id: &str) -> Result<bool, SpecFileError> {
        self.change(|probes| {
            let count = probes.len();
            probes.retain(|known| known.id != id);
            Ok(probes.len() < count)
        })
    }

    fn change<R>(
        &self,
        change: impl FnOnce(&mut Vec<ProbeSpec>) -> Result<R, SpecFileError>,
    ) -> Result<R, SpecFileError> {
        let lock = private().open(self.folder.join(LOCK)).map_err(|error| self.failed(error))?;
        lock.lock().map_err(|error| self.failed(error))?;
        let mut probes = self.read()?;
        let result = change(&mut probes)?;
        self.write(probes).map_err(|error| self.failed(error))?;
        Ok(result)
    }

    fn write(&self, probes: Vec<ProbeSpec>) -> io::Result<()> {
        let hidden = self.folder.join("probes.json.new");
        let text = serde_json::to_vec(&Content { version: VERSION, probes })?;
        let mut file = private().truncate(true).open(&hidden)?;
        file.write_all(&text)?;
        fs::rename(hidden, self.path())
    }

    fn path(&self) -> PathBuf {
        self.folder.join(SPEC_FILE)
    }

    fn failed(&self, source: io::Error) -> SpecFileError {
        SpecFileError::Io { path: self.path(), source }
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    options
}

fn parse(text: &[u8]) -> Result<Vec<ProbeSpec>, String> {
    if text.len() as u64 > BYTES_MAX {
        return Err(format!("larger than {BYTES_MAX} bytes"));
    }
    let content: Content = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if content.version != VERSION {
        return Err(format!("version {} is not known here", content.version));
    }
    let Content { probes, .. } = content;
    if probes.len() > PROBES_MAX {
        return Err(SpecFileError::TooMany.to_string());
    }
    for (at, probe) in probes.iter().enumerate() {
        probe.check().map_err(|error: SpecError| error.to_string())?;
        if probes.iter().take(at).any(|other| other.id == probe.id) {
            return Err(format!("`{}` is there twice", probe.id));
        }
    }
    Ok(probes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe_spec::tests::spec;
    use proptest::prelude::*;

    #[test]
    fn probes_are_kept_until_they_are_removed_or_expire() {
        let folder = tempfile::tempdir().unwrap();
        let file = SpecFile::new(folder.path());
        assert!(!file.exists() && file.read().unwrap().is_empty());
        file.add(spec("a")).unwrap();
        file.add(spec("b")).unwrap();
        assert!(matches!(file.add(spec("a")), Err(SpecFileError::Taken { .. })));
        assert!(file.remove("a").unwrap() && !file.remove("a").unwrap());
        assert_eq!(file.read().unwrap(), [spec("b")]);
        let mut late = spec("a");
        late.created_unix_ns = spec("b").expires_unix_ns;
        late.expires_unix_ns = late.created_unix_ns + 1_000;
        file.add(late.clone()).unwrap();
        assert_eq!(file.read().unwrap(), [late]);
    }

    #[test]
    fn what_is_no_list_of_probes_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = SpecFile::new(folder.path());
        let said = |text: &str| {
            fs::write(folder.path().join(SPEC_FILE), text).unwrap();
            file.read().unwrap_err().to_string()
        };
        assert!(said("").contains("does not hold probes: "));
        assert!(said(r#"{"version":9,"probes":[]}"#).contains("version 9 is not known here"));
        assert!(said(&" ".repeat(10 << 20)).contains("larger than"));
        let twice = Content { version: VERSION, probes: vec![spec("a"), spec("a")] };
        assert!(said(&serde_json::to_string(&twice).unwrap()).contains("`a` is there twice"));
        let mut path = spec("a");
        path.target = "../app.py:1".into();
        let path = Content { version: VERSION, probes: vec![path] };
        assert!(said(&serde_json::to_string(&path).unwrap()).contains("neither a dotted path"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }
    }
}
