//! Developer commands, run as `cargo xtask COMMAND`: one file per command.
//!
//! Nothing here ships. What a command prints is for a person in a terminal; its exit code is 0 for
//! success, 1 for a failed command and 2 for a wrong command line.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "these commands talk to a terminal")]

mod bench;
mod dashboard;
mod demo;
mod fuzz;
mod oracle;
mod peers;
mod python;
mod sanitize;
mod steps;
mod test;
mod tidy;
mod venv;
mod wheel;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo                      build, install into .venv, run examples/shop, show the report
  test [--python X] [--fast]
                            everything that must pass; --python tests one interpreter only,
                            --fast tests the oldest one found and fetches none
  oracle --seeds N [--first S] [--python X]
                            N random programs on each Python that test has prepared
  dashboard                 build the dashboard into the server's assets, check it (needs Node)
  peers                     fetch the servers and drivers that tests talk to (PyPI, Debian)
  python VERSION…           fetch CPython 3.14, 3.15, … into the cache (Debian, as root)
  bench [--python X]… [--quick] [--processes N] [--programs A,B] [--modes A,B] [--print]
        [--installed]       cost per call beside other tools, into docs/performance.md;
                            --quick only prints, --installed builds nothing
  bench --web               events, requests under load and bad exporters, beside other tools
  bench --instructions      our instructions per call against the budget in benches/
  sanitize [--model] [--python X]
                            model check of the ledger; then, unless --model, programs under memcheck
  fuzz [--seconds N]        random bytes against the reader of ledgers (nightly compiler, cargo-fuzz)
  tidy                      check the rules of the repository that no compiler knows";

/// What a command ends with; `Ok(false)` means that it has already said what failed.
type CommandResult = Result<bool, Box<dyn Error>>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let root = workspace_root();
    let result = match words.as_slice() {
        ["dashboard"] => dashboard::run(&root),
        ["demo"] => demo::run(&root),
        ["test", options @ ..] => match test::Options::parse(options) {
            Ok(options) => Ok(test::run(&root, options)),
            Err(error) => return usage_error(&error.to_string()),
        },
        ["bench", options @ ..] => match bench::Options::parse(options) {
            Ok(options) => bench::run(&root, &options),
            Err(error) => return usage_error(&error.to_string()),
        },
        ["oracle", options @ ..] => match oracle::Options::parse(options) {
            Ok(options) => Ok(oracle::run(&root, options)),
            Err(error) => return usage_error(&error.to_string()),
        },
        ["peers"] => Ok(peers::run(&root)),
        ["python", versions @ ..] if !versions.is_empty() => python::run(versions),
        ["sanitize", options @ ..] => match sanitize::Options::parse(options) {
            Ok(options) => sanitize::run(&root, options),
            Err(error) => return usage_error(&error.to_string()),
        },
        ["fuzz", options @ ..] => match fuzz::seconds(options) {
            Ok(seconds) => fuzz::run(&root, seconds),
            Err(error) => return usage_error(&error.to_string()),
        },
        ["tidy"] => tidy::run(&root),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        [command, ..] => return usage_error(&format!("cannot do `{command}` like this")),
    };
    exit_code(result)
}

fn exit_code(result: CommandResult) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage_error(message: &str) -> ExitCode {
    eprintln!("xtask: {message}\n\n{USAGE}");
    ExitCode::from(2)
}

/// The folder that holds the workspace's `Cargo.toml`.
fn workspace_root() -> PathBuf {
    let manifest_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest_dir.parent().unwrap_or(manifest_dir).to_path_buf()
}
