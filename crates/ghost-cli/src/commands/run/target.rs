//! From the words of the command line to what is started: program, arguments, name, folder.
//!
//! A target is a script if a file of that name is one, else a command. Nothing is opened or run
//! here, and the words after the target are never looked at.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::executable::{find, is_bare, is_executable, is_readable};
use super::interpreter::{InterpreterError, Surroundings};

/// Endings of files that Python runs even where they are executable.
const PYTHON_ENDINGS: [&str; 3] = ["py", "pyw", "pyz"];

/// Why a target cannot be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetError {
    /// An option that is not ours, before the target.
    #[error("unknown option `{0}`")]
    UnknownOption(String),
    /// `-m` or `-c` without what must follow.
    #[error("`{0}` needs {1}")]
    Incomplete(&'static str, &'static str),
    /// A path that leads nowhere.
    #[error("no such file: `{}`", .0.display())]
    NoSuchFile(PathBuf),
    /// A bare name that is neither a file nor a command.
    #[error("cannot find `{}`: no such file here, and no such command", .0.display())]
    NoSuchCommand(PathBuf),
    /// A folder that Python cannot run.
    #[error("folder `{}` has no `__main__.py`", .0.display())]
    NoMainModule(PathBuf),
    /// A file this user may not read.
    #[error("cannot read `{}`: permission denied", .0.display())]
    Unreadable(PathBuf),
    /// No interpreter to run it with.
    #[error(transparent)]
    Interpreter(#[from] InterpreterError),
}

impl TargetError {
    /// The way out.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::UnknownOption(_) => {
                "options of `ghost run` come before the target, those of the program after it; \
                 see `ghost run --help`"
            }
            Self::Incomplete(..) => "see `ghost run --help`",
            Self::NoSuchFile(_) => "the path is taken from the current folder",
            Self::NoSuchCommand(_) => {
                "a command must lie beside the interpreter or on PATH; `-m NAME` runs a module"
            }
            Self::NoMainModule(_) => "name a script in it, or run a package with `-m`",
            Self::Unreadable(_) => "check its permissions with `ls -l`",
            Self::Interpreter(error) => error.hint(),
        }
    }
}

/// What is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Launch {
    /// The executable file.
    pub(super) program: PathBuf,
    /// Its `argv[0]`.
    pub(super) name: OsString,
    /// Its further arguments.
    pub(super) arguments: Vec<OsString>,
    /// How sessions call it; never holds arguments or code.
    pub(super) script: String,
    /// Folder the program's own code lies in, where that is known.
    pub(super) folder: Option<PathBuf>,
    /// Whether the program is the interpreter itself.
    pub(super) is_interpreter: bool,
}

/// Finds out what the words mean.
pub(super) fn resolve(
    words: &[OsString],
    python: Option<&Path>,
    surroundings: &Surroundings,
) -> Result<Launch, TargetError> {
    let Some((target, arguments)) = words.split_first() else {
        return Err(TargetError::NoSuchCommand(PathBuf::new()));
    };
    if let Some(script) = interpreter_option(target, arguments.first())? {
        return Ok(interpreted(surroundings.interpreter(python)?, words, script, None));
    }
    let path = Path::new(target);
    if is_script(path, target, python, surroundings)? {
        let folder = if path.is_dir() { Some(path) } else { path.parent() };
        let folder = folder.map(Path::to_owned);
        let interpreter = surroundings.interpreter(python)?;
        return Ok(interpreted(interpreter, words, script_name(path), folder));
    }
    let (program, name) = command(target, python, surroundings)?;
    Ok(Launch {
        program,
        name,
        arguments: arguments.to_vec(),
        script: script_name(Path::new(path.file_name().unwrap_or(target))),
        folder: None,
        is_interpreter: false,
    })
}

/// The session's name for `-`, `-m MODULE` and `-c CODE`; `None` for anything that is no option.
fn interpreter_option(
    target: &OsStr,
    next: Option<&OsString>,
) -> Result<Option<String>, TargetError> {
    let bytes = target.as_bytes();
    match bytes {
        b"-m" => {
            let module = next.ok_or(TargetError::Incomplete("-m", "the name of a module"))?;
            Ok(Some(format!("-m {}", module.to_string_lossy())))
        }
        b"-c" if next.is_none() => Err(TargetError::Incomplete("-c", "code")),
        [b'-', b'm', module @ ..] => Ok(Some(format!("-m {}", String::from_utf8_lossy(module)))),
        b"-" => Ok(Some("-".into())),
        [b'-', b'c', ..] => Ok(Some("-c".into())),
        [b'-', ..] => Err(TargetError::UnknownOption(target.to_string_lossy().into_owned())),
        _ => Ok(None),
    }
}

/// Whether Python runs it, rather than the system.
fn is_script(
    path: &Path,
    target: &OsStr,
    python: Option<&Path>,
    surroundings: &Surroundings,
) -> Result<bool, TargetError> {
    let looks_like_python =
        path.extension().is_some_and(|ending| PYTHON_ENDINGS.iter().any(|known| ending == *known));
    let is_command = || is_bare(target) && command(target, python, surroundings).is_ok();
    if path.is_dir() {
        // A project's folder often has the name of its command: `pytest`, `black`.
        return match path.join("__main__.py").exists() {
            _ if is_command() => Ok(false),
            true => Ok(true),
            false => Err(TargetError::NoMainModule(path.to_owned())),
        };
    }
    if !path.exists() {
        // Only a bare name without a Python ending can still be a command.
        return if looks_like_python || !is_bare(target) {
            Err(TargetError::NoSuchFile(path.to_owned()))
        } else {
            Ok(false)
        };
    }
    if !looks_like_python && is_executable(path) {
        return Ok(false);
    }
    if is_readable(path) { Ok(true) } else { Err(TargetError::Unreadable(path.to_owned())) }
}

/// The executable file of a command, and its `argv[0]`.
fn command(
    target: &OsStr,
    python: Option<&Path>,
    surroundings: &Surroundings,
) -> Result<(PathBuf, OsString), TargetError> {
    let path = Path::new(target);
    if !is_bare(target) {
        return Ok((path.to_owned(), target.to_owned()));
    }
    let interpreter = surroundings.interpreter(python).ok();
    let beside: Vec<PathBuf> =
        interpreter.iter().filter_map(|path| path.parent()).map(Path::to_owned).collect();
    let on_path = find(target, &surroundings.search_path);
    match find(target, &beside).or_else(|| on_path.clone()) {
        // What a shell would have started is called what a shell would have called it.
        Some(program) if Some(&program) == on_path.as_ref() => Ok((program, target.to_owned())),
        // Interpreters look up a bare `argv[0]` on PATH and would take themselves for another.
        Some(program) => Ok((program.clone(), program.into_os_string())),
        None if is_executable(path) => Ok((Path::new(".").join(path), target.to_owned())),
        None => Err(TargetError::NoSuchCommand(path.to_owned())),
    }
}

fn interpreted(
    interpreter: PathBuf,
    words: &[OsString],
    script: String,
    folder: Option<PathBuf>,
) -> Launch {
    Launch {
        name: interpreter.clone().into_os_string(),
        program: interpreter,
        arguments: words.to_vec(),
        script,
        folder,
        is_interpreter: true,
    }
}

/// The path as typed where it leads below the current folder, else the file's name.
pub(in crate::commands) fn script_name(path: &Path) -> String {
    let below =
        path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let relative = || {
        let here = std::env::current_dir().ok()?;
        path.strip_prefix(here).ok().map(Path::to_owned)
    };
    let shown = if below { Some(path.to_owned()) } else { relative() };
    let shown = shown.filter(|path| !path.as_os_str().is_empty());
    let shown = shown.or_else(|| path.file_name().map(PathBuf::from));
    let shown = shown.unwrap_or_else(|| path.to_owned());
    shown.strip_prefix(".").unwrap_or(&shown).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// A folder with an interpreter and a command beside it, and another command on PATH.
    struct Place {
        root: tempfile::TempDir,
        surroundings: Surroundings,
    }

    impl Place {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            let folder = |name: &str| root.path().join(name);
            let surroundings = Surroundings {
                ghost_folders: vec![folder("venv")],
                virtual_env: None,
                search_path: vec![folder("path")],
            };
            let place = Self { root, surroundings };
            for name in ["venv/python3", "venv/pytest", "path/pytest", "path/make"] {
                place.write(name, 0o755);
            }
            place
        }

        fn write(&self, name: &str, mode: u32) -> PathBuf {
            let path = self.root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        }

        fn resolve(&self, words: &[&str]) -> Result<Launch, TargetError> {
            let words: Vec<OsString> = words.iter().map(Into::into).collect();
            resolve(&words, None, &self.surroundings)
        }
    }

    #[test]
    fn scripts_are_given_to_the_interpreter() {
        let place = Place::new();
        for (name, mode) in
            [("app.py", 0o644), ("tool.py", 0o755), ("app.pyz", 0o755), ("app", 0o644)]
        {
            let path = place.write(name, mode);
            let launch = place.resolve(&[path.to_str().unwrap(), "-x"]).unwrap();
            assert_eq!(launch.program, place.root.path().join("venv/python3"));
            assert_eq!(launch.arguments, [path.as_os_str(), OsStr::new("-x")]);
            assert_eq!((launch.script.as_str(), launch.folder.as_deref()), (name, path.parent()));
        }
    }

    #[test]
    fn a_folder_is_its_own_programs_folder() {
        let place = Place::new();
        let main = place.write("package/__main__.py", 0o644);
        let launch = place.resolve(&[main.parent().unwrap().to_str().unwrap()]).unwrap();
        assert_eq!((launch.script.as_str(), launch.folder.as_deref()), ("package", main.parent()));
    }

    #[test]
    fn a_command_beside_the_interpreter_comes_first() {
        let place = Place::new();
        let beside = place.root.path().join("venv/pytest");
        let launch = place.resolve(&["pytest", "-q"]).unwrap();
        assert_eq!((&launch.program, launch.name.as_os_str()), (&beside, beside.as_os_str()));
        assert_eq!((launch.script.as_str(), launch.arguments), ("pytest", vec!["-q".into()]));

        let launch = place.resolve(&["make"]).unwrap();
        assert_eq!(launch.program, place.root.path().join("path/make"));
        assert_eq!(launch.name, "make");
        assert!(!launch.is_interpreter);
    }

    #[test]
    fn executable_files_are_executed() {
        let place = Place::new();
        let path = place.write("manage", 0o755);
        let launch = place.resolve(&[path.to_str().unwrap()]).unwrap();
        assert_eq!((launch.program, launch.script.as_str()), (path, "manage"));
    }

    #[test]
    fn session_names_hold_neither_code_nor_arguments() {
        let place = Place::new();
        for (words, expected) in [
            (&["-m", "uvicorn", "app:app"][..], "-m uvicorn"),
            (&["-muvicorn", "app:app"], "-m uvicorn"),
            (&["-c", "print('secret')"], "-c"),
            (&["-cprint('secret')"], "-c"),
            (&["-", "secret"], "-"),
            (&["make", "secret"], "make"),
        ] {
            assert_eq!(place.resolve(words).unwrap().script, expected);
        }
        assert_eq!(script_name(Path::new("./src/app.py")), "src/app.py");
        assert_eq!(script_name(Path::new("../secret/app.py")), "app.py");
        let here = std::env::current_dir().unwrap();
        assert_eq!(script_name(&here.join("src/app.py")), "src/app.py");
    }

    #[test]
    fn nothing_runs_without_an_interpreter_but_commands() {
        let mut place = Place::new();
        place.surroundings.ghost_folders.clear();
        let error = place.resolve(&["-c", "pass"]).unwrap_err();
        assert!(matches!(error, TargetError::Interpreter(InterpreterError::NoneFound)));
        assert!(place.resolve(&["make"]).is_ok());
    }
}
