//! `cargo xtask fuzz`: the targets in `fuzz/`, each for some seconds; those of the ledger start from
//! valid ones.
//!
//! Needs a nightly compiler and cargo-fuzz, which the test command does not: it installs neither.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::CommandResult;
use crate::steps::{capture, stream};

/// The targets, as `fuzz/Cargo.toml` names them.
const TARGETS: [&str; 3] = ["ledger", "ledger_records", "redaction"];
/// Long enough that the search has gone through all that the seeds lead to.
const SECONDS: u32 = 60;
/// A whole small ledger fits; longer inputs only slow the search down.
const INPUT_BYTES_MAX: u32 = 8192;

/// The tools are missing.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot run cargo-fuzz with a nightly compiler \
     (hint: `rustup toolchain install nightly && cargo install cargo-fuzz`)"
)]
struct NoFuzzer;

/// Why the options make no sense.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`cargo xtask fuzz` takes `--seconds N` and nothing else")]
pub(crate) struct OptionsError;

/// Reads the words after `cargo xtask fuzz`: how many seconds each target gets.
pub(crate) fn seconds(words: &[&str]) -> Result<u32, OptionsError> {
    match words {
        [] => Ok(SECONDS),
        // libFuzzer takes 0 as "for ever".
        ["--seconds", number] => number.parse().ok().filter(|&n| n > 0).ok_or(OptionsError),
        _ => Err(OptionsError),
    }
}

/// Writes the seeds and runs every target; a finding is a failure, and its input is kept.
pub(crate) fn run(root: &Path, seconds: u32) -> CommandResult {
    capture(fuzz(root).arg("--version")).map_err(|_| NoFuzzer)?;
    let mut seeds = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    seeds.current_dir(root).args(["run", "--quiet", "--locked", "--package", "ghost-ledger"]);
    stream(seeds.args(["--example", "write_seeds", "--", "fuzz/corpus"]))?;
    for target in TARGETS {
        let mut command = fuzz(root);
        command.args(["run", "--target-dir"]).arg(root.join("target/fuzz")).args([target, "--"]);
        command.arg(format!("-max_total_time={seconds}"));
        command.arg(format!("-max_len={INPUT_BYTES_MAX}"));
        stream(command.arg("-print_final_stats=1"))?;
    }
    Ok(true)
}

/// `cargo fuzz` of the nightly toolchain, whichever runs us.
fn fuzz(root: &Path) -> Command {
    let mut command = Command::new("rustup");
    command.current_dir(root).args(["run", "nightly", "cargo", "fuzz"]);
    for ours in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(ours);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_a_positive_number() {
        assert_eq!(seconds(&[]), Ok(SECONDS));
        assert_eq!(seconds(&["--seconds", "5"]), Ok(5));
        for words in [&["--seconds"][..], &["--seconds", "0"], &["--seconds", "x"], &["5"]] {
            assert_eq!(seconds(words), Err(OptionsError), "{words:?}");
        }
    }
}
