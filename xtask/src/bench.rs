//! `cargo xtask bench`: prepares one environment per interpreter, with the wheel and the peers that
//! install, and hands over to the driver in `benches/`.
//!
//! What is measured, how, and how it is written down is the driver's business. No test depends on it.

mod options;

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::CommandResult;
use crate::python::find::{Interpreter, Places, Search};
use crate::python::version::SUPPORTED;
use crate::steps::{StepError, quiet, stream};
use crate::venv::Venv;
use crate::wheel::{self, Show, WheelError};
pub(crate) use options::Options;
use options::{Preparation, What};

/// Why there is nothing to measure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// Neither the versions asked for nor any other.
    #[error("found no interpreter to measure")]
    NoInterpreter,
    /// The list of peers cannot be read.
    #[error("cannot read `benches/requirements.txt`: {0}")]
    Requirements(std::io::Error),
    /// No wheel.
    #[error(transparent)]
    Wheel(#[from] WheelError),
    /// An environment cannot be made.
    #[error(transparent)]
    Step(#[from] StepError),
}

/// Prepares and measures; false if the driver said what failed.
pub(crate) fn run(root: &Path, options: &Options) -> CommandResult {
    let search = Search::of(&Places::of_this_machine());
    let venvs = chosen(&search, options)
        .into_iter()
        .map(|interpreter| prepare(root, interpreter, options))
        .collect::<Result<Vec<Venv>, BenchError>>()?;
    let first = venvs.first().ok_or(BenchError::NoInterpreter)?;
    let mut driver = Command::new(first.python());
    // A driver that left compiled files behind would change the tree it measures.
    driver.arg("-B").arg(root.join(script(options.what)));
    for venv in &venvs {
        driver.arg("--interpreter").arg(venv.python());
    }
    driver.args(&options.driver);
    Ok(stream(&mut driver).is_ok())
}

/// The driver's script.
fn script(what: What) -> &'static str {
    match what {
        What::Time => "benches/bench.py",
        What::Web => "benches/web.py",
        What::Instructions => "benches/instructions.py",
    }
}

/// The versions asked for, else all supported ones, as far as the machine has them.
fn chosen<'a>(search: &'a Search, options: &Options) -> Vec<&'a Interpreter> {
    let wanted = if options.python.is_empty() { &SUPPORTED[..] } else { &options.python[..] };
    let mut found = Vec::new();
    for minor in wanted {
        match search.of_version(*minor) {
            Some(interpreter) => found.push(interpreter),
            None => println!("absent: Python {minor}"),
        }
    }
    found
}

fn prepare(root: &Path, interpreter: &Interpreter, options: &Options) -> Result<Venv, BenchError> {
    let version = interpreter.minor.to_string();
    let venv = Venv::prepare(interpreter, root.join("target/bench").join(&version))?;
    if options.preparation == Preparation::AsItIs {
        return Ok(venv);
    }
    println!("python {}: peers and wheel", interpreter.release);
    if options.what != What::Instructions {
        install_peers(root, &venv)?;
    }
    // After the peers: one of them installs a command `ghost`, too.
    let wheels = root.join("target/wheels/bench").join(&version);
    wheel::install(root, &venv, &wheels, Show::Failures)?;
    Ok(venv)
}

/// Each peer by itself: one that has no wheel for this interpreter keeps no other from being measured.
fn install_peers(root: &Path, venv: &Venv) -> Result<(), BenchError> {
    let list = fs::read_to_string(root.join("benches/requirements.txt"));
    for peer in requirements(&list.map_err(BenchError::Requirements)?) {
        let mut pip = venv.pip_install();
        if quiet(pip.args(["--only-binary", ":all:", peer])).is_err() {
            println!("absent: {peer}");
        }
    }
    Ok(())
}

/// The lines of a requirements file that ask for something.
fn requirements(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::python::version::Minor;

    fn machine_with(minors: &[u8]) -> Search {
        let interpreter = |minor: &u8| Interpreter {
            path: PathBuf::from(format!("/py/3.{minor}")),
            minor: Minor(*minor),
            release: format!("3.{minor}.0"),
        };
        Search { found: minors.iter().map(interpreter).collect(), ..Search::default() }
    }

    fn versions(found: &[&Interpreter]) -> Vec<u8> {
        found.iter().map(|interpreter| interpreter.minor.0).collect()
    }

    #[test]
    fn every_interpreter_of_the_machine_is_measured() {
        let machine = machine_with(&[14, 12]);
        assert_eq!(versions(&chosen(&machine, &Options::default())), [12, 14]);
    }

    #[test]
    fn versions_asked_for_are_measured_in_that_order() {
        let options =
            Options { python: vec![Minor(14), Minor(13), Minor(12)], ..Options::default() };
        assert_eq!(versions(&chosen(&machine_with(&[12, 14]), &options)), [14, 12]);
    }

    #[test]
    fn comments_are_no_peers() {
        let peers: Vec<&str> = requirements("# why\n\nflask==1\n  yappi==2\n").collect();
        assert_eq!(peers, ["flask==1", "yappi==2"]);
    }

    #[test]
    fn the_scripts_are_there() {
        let root = crate::workspace_root();
        for what in [What::Time, What::Web, What::Instructions] {
            assert!(root.join(script(what)).is_file(), "{what:?}");
        }
    }
}
