//! `cargo xtask demo`: from a fresh checkout to a report of a real program.
//!
//! One line per step. The session lands where every session lands, so `ghost report` shows it again.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::CommandResult;
use crate::python::find::{Places, Search};
use crate::steps::{duration_text, stream};
use crate::venv::Venv;
use crate::wheel::{self, Show};

/// The program that is shown, relative to the root of the repository.
const PROGRAM: &str = "examples/shop/app.py";

/// Runs the demonstration.
pub(crate) fn run(root: &Path) -> CommandResult {
    let search = Search::of(&Places::of_this_machine());
    let interpreter = search.first()?;
    println!("1/5 python: {} at {}", interpreter.release, interpreter.path.display());

    println!("2/5 environment: .venv");
    let venv = Venv::prepare(interpreter, root.join(".venv"))?;

    println!("3/5 build and install the wheel (the first time takes a minute or two)");
    let begin = Instant::now();
    let wheels = root.join("target/wheels/demo");
    wheel::install(root, &venv, &wheels, Show::Failures)?;
    println!("    done in {}", duration_text(begin.elapsed()));

    println!("4/5 .venv/bin/ghost run {PROGRAM}\n");
    stream(ghost(root, &venv).args(["run", PROGRAM]))?;

    println!("\n5/5 .venv/bin/ghost report\n");
    stream(ghost(root, &venv).arg("report"))?;
    println!("\nnext: .venv/bin/ghost run YOUR_PROGRAM.py");
    Ok(true)
}

fn ghost(root: &Path, venv: &Venv) -> Command {
    let mut command = Command::new(venv.script("ghost"));
    command.current_dir(root);
    command
}
