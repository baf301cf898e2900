//! Which Python runs the program: `--python`, else the one `ghost` was installed with, else the
//! active virtual environment, else PATH.
//!
//! Does not start it, and does not care about its version: the start-up hook in it does.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::executable::{find, is_bare, is_executable};

/// Names of an interpreter, the preferred one first.
const NAMES: [&str; 2] = ["python3", "python"];

/// Why there is no interpreter.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InterpreterError {
    /// The one asked for does not exist.
    #[error("`{}` is not an executable file", .0.display())]
    NotExecutable(PathBuf),
    /// None was asked for, and there is none.
    #[error("cannot find a Python interpreter")]
    NoneFound,
}

impl InterpreterError {
    /// The way out.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::NotExecutable(_) => {
                "`--python` takes the path of an interpreter, or its name on PATH"
            }
            Self::NoneFound => "name one with `--python PATH`, or activate a virtual environment",
        }
    }
}

/// Where to look for an interpreter.
#[derive(Debug, Default)]
pub(in crate::commands) struct Surroundings {
    /// Folders `ghost` itself lies in: where it really is, then where it was called.
    pub(in crate::commands) ghost_folders: Vec<PathBuf>,
    /// The active virtual environment.
    pub(super) virtual_env: Option<PathBuf>,
    /// Folders of PATH.
    pub(super) search_path: Vec<PathBuf>,
}

impl Surroundings {
    /// Those of this process.
    pub(in crate::commands) fn current() -> Self {
        let search_path = crate::environment::search_path();
        Self {
            ghost_folders: ghost_folders(&search_path),
            virtual_env: crate::environment::virtual_env(),
            search_path,
        }
    }

    /// The interpreter to use.
    pub(super) fn interpreter(&self, wanted: Option<&Path>) -> Result<PathBuf, InterpreterError> {
        match wanted {
            Some(wanted) => self.wanted(wanted),
            None => self.default_interpreter().ok_or(InterpreterError::NoneFound),
        }
    }

    fn wanted(&self, wanted: &Path) -> Result<PathBuf, InterpreterError> {
        let found = if is_bare(wanted.as_os_str()) {
            find(wanted.as_os_str(), &self.search_path)
        } else {
            Some(wanted.to_owned()).filter(|path| is_executable(path))
        };
        found.ok_or_else(|| InterpreterError::NotExecutable(wanted.to_owned()))
    }

    fn default_interpreter(&self) -> Option<PathBuf> {
        let virtual_env = self.virtual_env.as_ref().map(|folder| folder.join("bin"));
        let own = self.ghost_folders.iter().chain(&virtual_env);
        let beside = own.flat_map(|folder| NAMES.map(|name| folder.join(name)));
        let beside = beside.into_iter().find(|path| is_executable(path));
        // By name first: `python` may still be Python 2 where `python3` lies later on PATH.
        beside.or_else(|| NAMES.iter().find_map(|name| find(OsStr::new(name), &self.search_path)))
    }
}

/// The resolved folder comes first: a link in `/usr/local/bin` lies beside a foreign interpreter.
/// The unresolved one serves environments whose files are links into a cache.
fn ghost_folders(search_path: &[PathBuf]) -> Vec<PathBuf> {
    let resolved = env::current_exe().ok();
    let called = env::args_os().next().and_then(|name| {
        if is_bare(&name) { find(&name, search_path) } else { Some(PathBuf::from(name)) }
    });
    let folder = |path: PathBuf| path.parent().map(Path::to_owned);
    [resolved, called].into_iter().flatten().filter_map(folder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn install(folder: &Path, name: &str) -> PathBuf {
        fs::create_dir_all(folder).unwrap();
        let path = folder.join(name);
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn each_place_gives_way_to_the_one_before() {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str| root.path().join(name);
        let surroundings = Surroundings {
            ghost_folders: vec![folder("ghost")],
            virtual_env: Some(folder("venv")),
            search_path: vec![folder("path")],
        };
        let found = || surroundings.interpreter(None).ok();
        assert_eq!(found(), None);
        for (place, name) in [
            ("path", "python"),
            ("path", "python3"),
            ("venv/bin", "python"),
            ("venv/bin", "python3"),
            ("ghost", "python"),
            ("ghost", "python3"),
        ] {
            let installed = install(&folder(place), name);
            assert_eq!(found(), Some(installed));
        }
    }

    #[test]
    fn the_one_asked_for_is_taken_or_named() {
        let root = tempfile::tempdir().unwrap();
        let installed = install(root.path(), "python3.13");
        let surroundings =
            Surroundings { search_path: vec![root.path().to_owned()], ..Surroundings::default() };
        for wanted in [installed.as_path(), Path::new("python3.13")] {
            assert_eq!(surroundings.interpreter(Some(wanted)).unwrap(), installed);
        }
        let error = surroundings.interpreter(Some(Path::new("/nowhere/python"))).unwrap_err();
        assert_eq!(error.to_string(), "`/nowhere/python` is not an executable file");
    }
}
