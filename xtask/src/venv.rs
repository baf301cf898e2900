//! Virtual environments: made once, reused while their interpreter is the same.
//!
//! What is installed into them is the caller's business.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::python::find::{Interpreter, probe};
use crate::steps::{StepError, quiet};

/// The oldest pip that knows `--group`.
const PIP: &str = "pip>=25.1";

/// A virtual environment with a recent pip.
pub(crate) struct Venv {
    folder: PathBuf,
}

impl Venv {
    /// Opens the environment in `folder`, making it anew unless it already fits `interpreter`.
    pub(crate) fn prepare(interpreter: &Interpreter, folder: PathBuf) -> Result<Self, StepError> {
        let venv = Self { folder };
        if !venv.fits(interpreter) {
            venv.create(interpreter)?;
        }
        Ok(venv)
    }

    /// Its interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        self.script("python")
    }

    /// A program in its `bin` folder.
    pub(crate) fn script(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// `python -m MODULE`, ready for arguments.
    pub(crate) fn module(&self, name: &str) -> Command {
        let mut command = Command::new(self.python());
        command.args(["-m", name]);
        command
    }

    /// `pip install`, ready for arguments.
    pub(crate) fn pip_install(&self) -> Command {
        let mut command = self.module("pip");
        command.args(["install", "--quiet", "--disable-pip-version-check"]);
        command
    }

    fn fits(&self, interpreter: &Interpreter) -> bool {
        let same = probe(&self.python()).is_ok_and(|ours| ours.release == interpreter.release);
        same && quiet(self.module("pip").arg("--version")).is_ok()
    }

    fn create(&self, interpreter: &Interpreter) -> Result<(), StepError> {
        // A leftover of another interpreter would mix two site folders; absence is no error.
        let _ = fs::remove_dir_all(&self.folder);
        let plain = Command::new(&interpreter.path).args(["-m", "venv"]).arg(&self.folder).output();
        if !plain.is_ok_and(|output| output.status.success()) {
            self.create_without_ensurepip(&interpreter.path)?;
        }
        quiet(self.pip_install().args(["--upgrade", PIP]))
    }

    /// Debian splits `ensurepip` off and some trees lack it: the interpreter's own pip does the work.
    fn create_without_ensurepip(&self, python: &Path) -> Result<(), StepError> {
        let mut venv = Command::new(python);
        quiet(venv.args(["-m", "venv", "--clear", "--without-pip"]).arg(&self.folder))?;
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "--python"]).arg(self.python());
        quiet(pip.args(["install", "--quiet", PIP]))
    }
}
