//! What `/proc` tells of a process that is to be attached to. Asks, and judges nothing.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ghost_ledger::liveness::running_start_ticks;

/// Name of the interpreter's executable, and of its library before the version.
const EXECUTABLE: &str = "python";
const LIBRARY: &str = "libpython";

/// A version of the language: what extensions are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PythonVersion {
    pub(super) major: u32,
    pub(super) minor: u32,
}

impl std::fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// An interpreter by the name of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interpreter {
    pub(super) version: PythonVersion,
    /// Whether it is a build without the interpreter lock.
    pub(super) is_free_threaded: bool,
    /// Whether the file is a library: another program has the interpreter in it.
    pub(super) is_embedded: bool,
}

impl Interpreter {
    /// `python3.14`, `python3.14t`, `libpython3.14.so.1.0`.
    fn of_file(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let (rest, is_embedded) = match name.strip_prefix(LIBRARY) {
            Some(rest) => (rest, true),
            None => (name.strip_prefix(EXECUTABLE)?, false),
        };
        let (major, rest) = rest.split_once('.')?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let version =
            PythonVersion { major: major.parse().ok()?, minor: rest[..digits].parse().ok()? };
        let is_free_threaded = rest[digits..].starts_with('t');
        Some(Self { version, is_free_threaded, is_embedded })
    }
}

/// One process, as it was when it was asked about.
#[derive(Clone, Debug)]
pub(super) struct TargetProcess {
    pub(super) pid: u32,
    /// Tells it from a later one with the same id.
    pub(super) start_ticks: u64,
}

impl TargetProcess {
    /// The process with this id; `None` where there is none.
    pub(super) fn find(pid: u32) -> Option<Self> {
        Some(Self { pid, start_ticks: running_start_ticks(pid)? })
    }

    /// Whether it still runs.
    pub(super) fn is_alive(&self) -> bool {
        running_start_ticks(self.pid) == Some(self.start_ticks)
    }

    fn at(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.pid))
    }

    /// Whose it is.
    pub(super) fn uid(&self) -> io::Result<u32> {
        Ok(fs::metadata(self.at(""))?.uid())
    }

    /// The executable file, by a name that is right even where the file was replaced.
    pub(super) fn executable(&self) -> PathBuf {
        self.at("exe")
    }

    /// How the executable file is called in the process's own view.
    pub(super) fn executable_name(&self) -> io::Result<PathBuf> {
        let path = fs::read_link(self.executable())?.into_os_string();
        let deleted = b" (deleted)";
        let bytes = path.as_bytes();
        let bytes = bytes.strip_suffix(deleted.as_slice()).unwrap_or(bytes);
        Ok(PathBuf::from(OsString::from_vec(bytes.to_vec())))
    }

    /// The interpreter in it: that of its executable, else that of a library it has mapped.
    pub(super) fn interpreter(&self) -> io::Result<Option<Interpreter>> {
        if let Some(interpreter) = Interpreter::of_file(&self.executable_name()?) {
            return Ok(Some(interpreter));
        }
        let maps = fs::read_to_string(self.at("maps"))?;
        let files = maps.lines().filter_map(|line| line.find('/').map(|at| Path::new(&line[at..])));
        Ok(files.filter_map(Interpreter::of_file).find(|found| found.is_embedded))
    }

    /// The words of its command line.
    pub(super) fn words(&self) -> Vec<OsString> {
        let bytes = fs::read(self.at("cmdline")).unwrap_or_default();
        let bytes = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
        bytes.split(|&byte| byte == 0).map(|word| OsString::from_vec(word.to_vec())).collect()
    }

    /// A variable of the environment it was started with.
    pub(super) fn variable(&self, name: &str) -> Option<OsString> {
        let bytes = fs::read(self.at("environ")).ok()?;
        let value = bytes.split(|&byte| byte == 0).find_map(|entry| {
            entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=").map(<[u8]>::to_vec)
        });
        value.filter(|value| !value.is_empty()).map(OsString::from_vec)
    }

    /// The folder it is in.
    pub(super) fn folder(&self) -> io::Result<PathBuf> {
        fs::read_link(self.at("cwd"))
    }

    /// Whether it finds the same file under this path as we do.
    pub(super) fn sees(&self, path: &Path) -> bool {
        let rest = path.strip_prefix("/").unwrap_or(path);
        let theirs = fs::metadata(self.at("root").join(rest));
        let identity = |found: fs::Metadata| (found.dev(), found.ino());
        match (fs::metadata(path), theirs) {
            (Ok(ours), Ok(theirs)) => identity(ours) == identity(theirs),
            _ => false,
        }
    }

    /// Whether it is stopped by a signal or a debugger.
    pub(super) fn is_stopped(&self) -> bool {
        let stat = fs::read_to_string(self.at("stat")).unwrap_or_default();
        let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        matches!(state, Some('T' | 't'))
    }

    /// All processes below it, parents first.
    pub(super) fn descendants(&self) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        let mut parents = vec![self.pid];
        let all = parents_of_all();
        while let Some(parent) = parents.pop() {
            for &(pid, _) in all.iter().filter(|(_, of)| *of == parent) {
                parents.push(pid);
                found.extend(Self::find(pid));
            }
        }
        found
    }
}

/// Every process with its parent.
fn parents_of_all() -> Vec<(u32, u32)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: u32| Some((pid, parent_of(pid)?))).collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// Whether the system does not let us look, rather than that there is nothing to see.
pub(super) fn is_denied(error: &io::Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_is_known_by_its_file() {
        let of = |path: &str| {
            let found = Interpreter::of_file(Path::new(path))?;
            Some((found.version.to_string(), found.is_free_threaded, found.is_embedded))
        };
        assert_eq!(of("/usr/bin/python3.14"), Some(("3.14".into(), false, false)));
        assert_eq!(of("/usr/bin/python3.14t"), Some(("3.14".into(), true, false)));
        assert_eq!(of("/opt/lib/libpython3.13.so.1.0"), Some(("3.13".into(), false, true)));
        for other in ["/usr/bin/sleep", "/usr/bin/python", "/usr/bin/pypy3.10", "/usr/bin/python3."]
        {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn this_process_is_found_alive_and_sees_what_it_sees() {
        let own = TargetProcess::find(std::process::id()).unwrap();
        assert!(own.is_alive() && !own.is_stopped());
        assert_eq!(own.folder().unwrap(), std::env::current_dir().unwrap());
        assert!(own.sees(Path::new("/proc/self")) || own.sees(Path::new("/")));
        assert!(!own.sees(Path::new("/nowhere")));
        assert_eq!(own.interpreter().unwrap(), None);
        assert!(TargetProcess::find(u32::MAX).is_none());
    }
}
