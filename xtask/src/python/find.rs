//! Find the interpreters a machine has: `$GHOST_PYTHON`, PATH, pyenv, uv, and those fetched before.
//!
//! A candidate counts only if it runs and says what it is: that is how pyenv's shims for versions
//! that are not selected, and broken links, drop out. Installs nothing.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::version::{Minor, SUPPORTED};

/// The variable that names the interpreter to use, before any other.
const OVERRIDE_VARIABLE: &str = "GHOST_PYTHON";

/// Prints implementation, release, whether the lock is missing, and the real path; nothing else.
const PROBE: &str = "import sys, sysconfig; \
    print(sys.implementation.name, '.'.join(map(str, sys.version_info[:3])), \
    int(bool(sysconfig.get_config_var('Py_GIL_DISABLED'))), sys.executable, sep='\\n')";

/// An interpreter that Ghostglass supports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// Where it is, as it says itself.
    pub(crate) path: PathBuf,
    /// Its feature release.
    pub(crate) minor: Minor,
    /// Its release in full: `3.13.0`.
    pub(crate) release: String,
}

/// Where to look. Read once from the environment, or made up by a test.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// `$GHOST_PYTHON`: if set, nothing else is looked at.
    pub(crate) chosen: Option<PathBuf>,
    /// The folders of `$PATH`.
    pub(crate) path: Vec<PathBuf>,
    /// Folders that hold one installation per subfolder, with the interpreter's path below that.
    pub(crate) installations: Vec<(PathBuf, &'static str)>,
}

/// What looking found.
#[derive(Debug, Default)]
pub(crate) struct Search {
    /// Usable interpreters, the preferred first.
    pub(crate) found: Vec<Interpreter>,
    /// Candidates that are no use, each with the reason.
    pub(crate) rejected: Vec<(PathBuf, String)>,
    /// Every place that was looked at.
    pub(crate) looked_at: Vec<String>,
}

/// There is no usable interpreter.
#[derive(Debug, thiserror::Error)]
#[error("found no CPython 3.12, 3.13, 3.14 or 3.15{0}")]
pub(crate) struct NoInterpreter(String);

impl Places {
    /// The places of this machine and user.
    pub(crate) fn of_this_machine() -> Self {
        let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let folder = |variable: &str, below: &str, default: PathBuf| {
            env::var_os(variable).map_or(default, |value| PathBuf::from(value).join(below))
        };
        let pyenv = folder("PYENV_ROOT", "versions", home.join(".pyenv/versions"));
        let uv = folder("XDG_DATA_HOME", "uv/python", home.join(".local/share/uv/python"));
        let uv = folder("UV_PYTHON_INSTALL_DIR", "", uv);
        Self {
            chosen: env::var_os(OVERRIDE_VARIABLE).map(PathBuf::from),
            path: env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect(),
            installations: vec![
                (pyenv, "bin/python"),
                (uv, "bin/python3"),
                (super::fetch::cache_folder(), "venv/bin/python"),
            ],
        }
    }

    /// Every existing file that could be an interpreter, the preferred first.
    fn candidates(&self) -> Vec<PathBuf> {
        if let Some(chosen) = &self.chosen {
            return vec![chosen.clone()];
        }
        let newest_first = SUPPORTED.iter().rev().map(|minor| format!("python{minor}"));
        let names: Vec<String> = newest_first.chain(["python3".to_owned()]).collect();
        let on_path = names.iter().flat_map(|name| self.path.iter().map(move |dir| dir.join(name)));
        let installed = self.installations.iter().flat_map(|(folder, below)| {
            subfolders(folder).into_iter().map(move |version| version.join(below))
        });
        on_path.chain(installed).filter(|path| path.exists()).collect()
    }

    fn descriptions(&self) -> Vec<String> {
        if self.chosen.is_some() {
            return vec![format!("${OVERRIDE_VARIABLE}")];
        }
        let installed =
            |(folder, below): &(PathBuf, &str)| format!("{}/*/{below}", folder.display());
        [
            format!("${OVERRIDE_VARIABLE} (not set)"),
            "python3.15 … python3.12, python3 on PATH".into(),
        ]
        .into_iter()
        .chain(self.installations.iter().map(installed))
        .collect()
    }
}

impl Search {
    /// Tries every candidate of `places`.
    pub(crate) fn of(places: &Places) -> Self {
        let mut search = Self { looked_at: places.descriptions(), ..Self::default() };
        let mut seen = BTreeSet::new();
        for candidate in places.candidates() {
            match probe(&candidate) {
                Ok(interpreter) if seen.insert(interpreter.path.clone()) => {
                    search.found.push(interpreter);
                }
                Ok(_) => {}
                Err(reason) => search.rejected.push((candidate, reason)),
            }
        }
        search
    }

    /// The preferred interpreter.
    pub(crate) fn first(&self) -> Result<&Interpreter, NoInterpreter> {
        self.found.first().ok_or_else(|| NoInterpreter(self.account()))
    }

    /// The preferred interpreter of one version.
    pub(crate) fn of_version(&self, minor: Minor) -> Option<&Interpreter> {
        self.found.iter().find(|interpreter| interpreter.minor == minor)
    }

    /// What was looked at and why none of it would do, one line each.
    fn account(&self) -> String {
        let mut text = String::from("; looked at:");
        for place in &self.looked_at {
            let _ = write!(text, "\n  {place}");
        }
        for (path, reason) in &self.rejected {
            let _ = write!(text, "\n  not usable: {}: {reason}", path.display());
        }
        text + "\n\nhint: set GHOST_PYTHON to a CPython 3.12 or newer, or install one"
    }
}

/// Asks `python` what it is; the error says in a few words why it is no use.
pub(crate) fn probe(python: &Path) -> Result<Interpreter, String> {
    // Isolated, so that no `PYTHON…` variable and no site folder changes the answer.
    let output = Command::new(python)
        .args(["-I", "-S", "-c", PROBE])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("does not run ({})", output.status));
    }
    judge(&String::from_utf8_lossy(&output.stdout))
}

/// Reads the answer to `PROBE`.
fn judge(answer: &str) -> Result<Interpreter, String> {
    let lines: Vec<&str> = answer.lines().collect();
    let [implementation, release, lock_missing, path] = lines[..] else {
        return Err("gives an unexpected answer".to_owned());
    };
    if implementation != "cpython" {
        return Err(format!("is {implementation}, not CPython"));
    }
    if lock_missing == "1" {
        return Err("is a free-threaded build".to_owned());
    }
    let feature = release.rsplit_once('.').map_or(release, |(feature, _)| feature);
    let minor = feature.parse().map_err(|_| format!("is Python {release}"))?;
    Ok(Interpreter { path: PathBuf::from(path), minor, release: release.to_owned() })
}

/// The folders in `folder`, in the order of their names; none if it cannot be read.
fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn fake(folder: &Path, name: &str, script: &str) -> PathBuf {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn answer(release: &str) -> String {
        format!("printf 'cpython\\n{release}\\n0\\n%s\\n' \"$0\"")
    }

    #[test]
    fn a_supported_cpython_is_taken() {
        let found = judge("cpython\n3.13.0\n0\n/opt/py/bin/python\n").unwrap();
        assert_eq!((found.minor, found.release.as_str()), (Minor(13), "3.13.0"));
        assert_eq!(found.path, Path::new("/opt/py/bin/python"));
    }

    #[test]
    fn others_are_refused_with_a_reason() {
        for (answer, reason) in [
            ("cpython\n3.11.7\n0\n/p", "is Python 3.11.7"),
            ("cpython\n3.16.0\n0\n/p", "is Python 3.16.0"),
            ("cpython\n3.14.0\n1\n/p", "is a free-threaded build"),
            ("pypy\n3.12.0\n0\n/p", "is pypy, not CPython"),
            ("hello", "gives an unexpected answer"),
        ] {
            assert_eq!(judge(answer), Err(reason.to_owned()));
        }
    }

    #[test]
    fn a_shim_that_does_not_resolve_is_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let shim = fake(folder.path(), "path/python3.13", "echo not selected >&2; exit 127");
        fake(folder.path(), "versions/3.12.1/bin/python", &answer("3.12.1"));
        let search = Search::of(&Places {
            path: vec![folder.path().join("path")],
            installations: vec![(folder.path().join("versions"), "bin/python")],
            ..Places::default()
        });
        assert_eq!(search.first().unwrap().minor, Minor(12));
        assert_eq!(search.rejected[0].0, shim);
    }

    #[test]
    fn path_comes_first_and_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        fake(folder.path(), "python3.12", &answer("3.12.9"));
        fake(folder.path(), "python3.14", &answer("3.14.1"));
        let places = Places { path: vec![folder.path().to_path_buf()], ..Places::default() };
        let minors: Vec<Minor> =
            Search::of(&places).found.iter().map(|found| found.minor).collect();
        assert_eq!(minors, [Minor(14), Minor(12)]);
    }

    #[test]
    fn the_chosen_interpreter_has_no_silent_substitute() {
        let folder = tempfile::tempdir().unwrap();
        fake(folder.path(), "python3.12", &answer("3.12.9"));
        let places = Places {
            chosen: Some(folder.path().join("missing")),
            path: vec![folder.path().to_path_buf()],
            ..Places::default()
        };
        let error = Search::of(&places).first().unwrap_err().to_string();
        assert!(error.contains("$GHOST_PYTHON") && error.contains("missing"), "{error}");
    }

    #[test]
    fn without_any_the_message_names_every_place() {
        let places = Places {
            installations: vec![(PathBuf::from("/nowhere/versions"), "bin/python")],
            ..Places::default()
        };
        let error = Search::of(&places).first().unwrap_err().to_string();
        for part in ["GHOST_PYTHON", "python3 on PATH", "/nowhere/versions/*/bin/python", "hint:"] {
            assert!(error.contains(part), "{error}");
        }
    }
}
