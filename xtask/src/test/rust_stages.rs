//! The stages that need no wheel: format, lints, the rules of the repository, Rust tests.

use std::env;
use std::path::Path;
use std::process::Command;

use super::summary::Summary;
use crate::python::find::Interpreter;
use crate::steps::{StepError, stream};
use crate::{sanitize, tidy};

/// Runs them all; `interpreter` is the one the extension crate is compiled against.
pub(crate) fn run(root: &Path, interpreter: Option<&Interpreter>, summary: &mut Summary) {
    summary.stage("format", || cargo(root, interpreter, &["fmt", "--all", "--check"]));
    summary.stage("tidy", || tidy::check(root));
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"];
    summary.stage("clippy", || cargo(root, interpreter, &clippy));
    let tests = ["test", "--workspace", "--locked", "--no-fail-fast"];
    summary.stage("rust tests", || cargo(root, interpreter, &tests));
    summary.stage("ledger model", || sanitize::model(root));
}

fn cargo(root: &Path, interpreter: Option<&Interpreter>, args: &[&str]) -> Result<(), StepError> {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).args(args);
    if let Some(interpreter) = interpreter {
        // Otherwise the build would take `python3`, which may be older than anything we support.
        command.env("PYO3_PYTHON", &interpreter.path);
    }
    stream(&mut command)
}
