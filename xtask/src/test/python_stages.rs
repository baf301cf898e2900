//! The stages of one interpreter: wheel, lints of the Python side, tests of whole programs.

use std::path::Path;

use super::summary::Summary;
use crate::peers;
use crate::python::find::Interpreter;
use crate::steps::{StepError, stream};
use crate::venv::Venv;
use crate::wheel::{self, Show, WheelError};

/// Runs them; `lint` says whether this interpreter also checks the Python sources.
pub(crate) fn run(root: &Path, interpreter: &Interpreter, lint: bool, summary: &mut Summary) {
    let name = format!("python {}", interpreter.release);
    let mut venv = None;
    let prepared = summary.stage(&format!("{name}: wheel"), || {
        prepare(root, interpreter).map(|ready| venv = Some(ready))
    });
    let Some(venv) = venv.filter(|_| prepared) else { return };
    if lint {
        check_sources(root, &venv, &name, summary);
    }
    summary.stage(&format!("{name}: tests"), || run_tests(root, &venv));
}

fn prepare(root: &Path, interpreter: &Interpreter) -> Result<Venv, WheelError> {
    let version = interpreter.minor.to_string();
    let venv = Venv::prepare(interpreter, root.join("target/venvs").join(&version))?;
    let wheels = root.join("target/wheels").join(&version);
    wheel::install(root, &venv, &wheels, Show::Everything)?;
    stream(venv.pip_install().arg("--requirement").arg(root.join("tests/requirements.txt")))?;
    Ok(venv)
}

fn check_sources(root: &Path, venv: &Venv, name: &str, summary: &mut Summary) {
    summary.stage(&format!("{name}: ruff"), || {
        stream(venv.pip_install().current_dir(root).args(["--group", "lint"]))?;
        stream(venv.module("ruff").current_dir(root).args(["check", "."]))?;
        let formatted = ["format", "--check", "python", "examples", "setup.py"];
        stream(venv.module("ruff").current_dir(root).args(formatted))
    });
    summary.stage(&format!("{name}: mypy"), || stream(venv.module("mypy").current_dir(root)));
    summary.stage(&format!("{name}: stubtest"), || {
        // Away from the sources, so that what is compared is what was installed.
        let elsewhere = root.join("target");
        stream(venv.module("mypy.stubtest").current_dir(elsewhere).arg("ghostglass._native"))
    });
}

fn run_tests(root: &Path, venv: &Venv) -> Result<(), StepError> {
    let mut pytest = venv.module("pytest");
    pytest.env(peers::FOLDER_VARIABLE, peers::folder(root));
    stream(pytest.current_dir(root).args(["tests", "--quiet"]))
}
