//! `cargo xtask sanitize`: the model check of the ledger, and the extension under memcheck.
//!
//! The model check is part of `cargo xtask test` too; memcheck is too slow for that. Neither looks
//! for leaks: the observer keeps what it knows of a program until the process ends.

mod report;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::CommandResult;
use crate::python::find::{Interpreter, Places, Search};
use crate::python::version::{Minor, VersionError};
use crate::steps::{StepError, capture, stream};
use crate::venv::Venv;
use crate::wheel::{self, Show};

/// What is run under memcheck, relative to the root. Each ends in an orderly way, as do its children.
const PROGRAMS: [&str; 7] = [
    "tests/programs/lifetimes.py",
    "examples/shop/app.py",
    "tests/programs/documented.py",
    "tests/programs/endings.py",
    "tests/programs/failing.py",
    "tests/programs/introspection.py",
    "tests/programs/nested.py",
];

/// A check that was asked for and cannot be made here.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot start `valgrind` (hint: install your system's package of that name, or use `--model`)"
)]
struct NoValgrind;

/// What the command line asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// The model check only.
    model_only: bool,
    /// The interpreter to run under memcheck; else the preferred one found.
    python: Option<Minor>,
}

/// Why the options make no sense.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OptionsError {
    /// `--python` without or with an unknown version.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// Something else.
    #[error("unknown option `{0}`")]
    Unknown(String),
}

impl Options {
    /// Reads the words after `cargo xtask sanitize`.
    pub(crate) fn parse(words: &[&str]) -> Result<Self, OptionsError> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--model" => options.model_only = true,
                "--python" => options.python = Some(words.next().unwrap_or(&"").parse()?),
                other => return Err(OptionsError::Unknown(other.to_owned())),
            }
        }
        Ok(options)
    }
}

/// Runs both checks.
pub(crate) fn run(root: &Path, options: Options) -> CommandResult {
    model(root)?;
    if options.model_only {
        return Ok(true);
    }
    capture(Command::new("valgrind").arg("--version")).map_err(|_| NoValgrind)?;
    let search = Search::of(&Places::of_this_machine());
    memory(root, choose(&search, options.python)?)
}

/// The ledger's reader against its writer, in every order of their memory accesses.
pub(crate) fn model(root: &Path) -> Result<(), StepError> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["test", "--package", "ghost-ledger", "--lib", "--locked"]);
    // Optimised: the search takes ten seconds so, and a minute otherwise. A folder of its own,
    // because the flag is part of every dependency's identity.
    cargo.args(["--release", "--target-dir"]).arg(root.join("target/loom"));
    stream(cargo.env("RUSTFLAGS", "--cfg loom"))
}

fn choose(
    search: &Search,
    python: Option<Minor>,
) -> Result<&Interpreter, Box<dyn std::error::Error>> {
    let Some(minor) = python else { return Ok(search.first()?) };
    search.of_version(minor).ok_or_else(|| format!("found no CPython {minor}").into())
}

fn memory(root: &Path, interpreter: &Interpreter) -> CommandResult {
    let version = interpreter.minor.to_string();
    println!("python {}: build and install the wheel", interpreter.release);
    let venv = Venv::prepare(interpreter, root.join("target/venvs").join(&version))?;
    wheel::install(root, &venv, &root.join("target/wheels").join(&version), Show::Failures)?;
    let mut is_clean = true;
    for program in PROGRAMS {
        let reports = check(root, &venv, program)?;
        let processes = reports.len();
        let findings: Vec<String> =
            reports.iter().flat_map(|path| report::findings(path)).collect();
        println!("{program}: {processes} processes, {} findings", findings.len());
        for finding in &findings {
            println!("{finding}");
        }
        // `ghost` and the program at least, else nothing was looked at.
        is_clean &= findings.is_empty() && processes >= 2;
    }
    Ok(is_clean)
}

/// Runs one program; returns memcheck's report of each process.
fn check(
    root: &Path,
    venv: &Venv,
    program: &str,
) -> Result<Vec<PathBuf>, Box<dyn std::error::Error>> {
    let folder =
        root.join("target/sanitize").join(Path::new(program).file_stem().unwrap_or_default());
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--trace-children=yes", "--num-callers=40", "--xml=yes"]);
    valgrind.arg(format!("--xml-file={}/%p.xml", folder.display()));
    valgrind.arg(venv.script("ghost")).arg("run").arg(root.join(program));
    // Python's own allocator would hide what happens inside its arenas.
    valgrind.env("PYTHONMALLOC", "malloc").env("GHOST_DATA_DIR", folder.join("data"));
    // Its ending says nothing: some of the programs fail on purpose.
    let output = valgrind.stdin(Stdio::null()).current_dir(root).output()?;
    fs::write(folder.join("output.txt"), [output.stdout, output.stderr].concat())?;
    let entries = fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?;
    let paths = entries.into_iter().map(|entry| entry.path());
    Ok(paths.filter(|path| path.extension().is_some_and(|end| end == "xml")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let model = Options { model_only: true, python: None };
        assert_eq!(Options::parse(&["--model"]), Ok(model));
        let python = Options { model_only: false, python: Some(Minor(13)) };
        assert_eq!(Options::parse(&["--python", "3.13"]), Ok(python));
        assert!(Options::parse(&["--python"]).is_err() && Options::parse(&["fast"]).is_err());
    }

    #[test]
    fn every_program_exists() {
        let root = crate::workspace_root();
        assert!(PROGRAMS.iter().all(|program| root.join(program).is_file()));
    }
}
