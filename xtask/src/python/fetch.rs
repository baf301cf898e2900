//! Fetch a Python from Debian's next release, for machines whose own release has none as new.
//!
//! The packages are unpacked into the user's cache, not installed: nothing else on the machine
//! changes except that `mmdebstrap` and `patchelf` are installed if they are missing. The mirror is
//! the one the machine itself uses.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::find::probe;
use super::version::Minor;
use crate::steps::{StepError, capture, quiet};

/// The Debian suite that holds Python 3.14 and 3.15.
const SUITE: &str = "forky";

/// Where apt keeps its sources: the newer format first.
const SOURCES: [&str; 2] = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"];

/// Why an interpreter could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// This system has no apt.
    #[error("cannot fetch Python {0}: this is not Debian\n\nhint: install it and put it on PATH")]
    NotDebian(Minor),
    /// Unpacking packages needs root.
    #[error("cannot fetch Python {0}: not root\n\nhint: install it and put it on PATH")]
    NotRoot(Minor),
    /// No mirror is configured.
    #[error("cannot fetch Python {0}: no Debian mirror in `{1}`")]
    NoMirror(Minor, String),
    /// This processor's library folder is not known here.
    #[error("cannot fetch Python {0}: unknown processor `{1}`")]
    Processor(Minor, &'static str),
    /// A folder could not be made or cleared.
    #[error("cannot use folder `{folder}`: {source}")]
    Folder {
        /// Which one.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program failed.
    #[error(transparent)]
    Step(#[from] StepError),
}

/// The folder with one subfolder per fetched version.
pub(crate) fn cache_folder() -> PathBuf {
    let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache");
    env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("ghostglass/python")
}

/// Fetches Python `minor` unless it is there already; returns its interpreter.
pub(crate) fn fetch(minor: Minor) -> Result<PathBuf, FetchError> {
    let folder = cache_folder().join(minor.to_string());
    let python = folder.join("venv/bin/python");
    if is_complete(&python, minor) {
        return Ok(python);
    }
    let mirror = check_machine(minor)?;
    println!("fetching Python {minor} from Debian {SUITE} into {}", folder.display());
    install_tools()?;
    unpack(minor, &folder, &mirror)?;
    relink(minor, &folder.join("root"))?;
    make_venv(minor, &folder)?;
    Ok(python)
}

/// pip comes last, so an interrupted fetch is noticed.
fn is_complete(python: &Path, minor: Minor) -> bool {
    probe(python).is_ok_and(|found| found.minor == minor)
        && quiet(Command::new(python).args(["-m", "pip", "--version"])).is_ok()
}

/// Returns the mirror if this machine can fetch at all.
fn check_machine(minor: Minor) -> Result<String, FetchError> {
    if !Path::new("/etc/debian_version").exists() {
        return Err(FetchError::NotDebian(minor));
    }
    if capture(Command::new("id").arg("-u"))?.trim() != "0" {
        return Err(FetchError::NotRoot(minor));
    }
    SOURCES
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .find_map(|text| mirror_in(&text))
        .ok_or_else(|| FetchError::NoMirror(minor, SOURCES.join("`, `")))
}

/// The first mirror of the distribution itself in either format of apt's sources.
fn mirror_in(sources: &str) -> Option<String> {
    let address = |line: &str| {
        let mut words = line.split_whitespace();
        let names_packages = matches!(words.next(), Some("URIs:" | "deb"));
        words.find(|word| names_packages && word.contains("://")).map(str::to_owned)
    };
    sources.lines().filter_map(address).find(|uri| !uri.contains("security"))
}

fn install_tools() -> Result<(), FetchError> {
    let missing = |tool: &&str| Command::new(tool).arg("--version").output().is_err();
    let missing: Vec<&str> = ["mmdebstrap", "patchelf"].into_iter().filter(missing).collect();
    if !missing.is_empty() {
        quiet(Command::new("apt-get").args(["update", "--quiet"]))?;
        quiet(Command::new("apt-get").args(["install", "--yes", "--quiet"]).args(missing))?;
    }
    Ok(())
}

fn unpack(minor: Minor, folder: &Path, mirror: &str) -> Result<(), FetchError> {
    let folder_error = |source| FetchError::Folder { folder: folder.to_path_buf(), source };
    // Whatever an interrupted fetch left behind; absence is no error.
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(folder_error)?;
    let packages = format!("python{minor},python{minor}-dev,python{minor}-venv,libc-bin");
    let mut debootstrap = Command::new("mmdebstrap");
    debootstrap.args(["--quiet", "--variant=extract"]);
    // A mirror may be frozen for the sake of reproducible machines; signatures are still checked.
    debootstrap.arg("--aptopt=Acquire::Check-Valid-Until \"false\"");
    debootstrap.arg(format!("--include={packages}")).arg(SUITE).arg(folder.join("root"));
    quiet(debootstrap.arg(format!("deb {mirror} {SUITE} main")))?;
    Ok(())
}

/// Makes the interpreter run on its own tree's C library, which is newer than the machine's.
fn relink(minor: Minor, root: &Path) -> Result<(), FetchError> {
    let (triplet, loader) = match env::consts::ARCH {
        "x86_64" => ("x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
        "aarch64" => ("aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
        other => return Err(FetchError::Processor(minor, other)),
    };
    let libraries = root.join("usr/lib").join(triplet);
    let mut patch = Command::new("patchelf");
    patch.arg("--set-interpreter").arg(libraries.join(loader));
    // DT_RPATH, because DT_RUNPATH would not reach the dependencies of dependencies.
    patch.arg("--force-rpath").arg("--set-rpath").arg(&libraries);
    quiet(patch.arg(root.join(format!("usr/bin/python{minor}"))))?;
    Ok(())
}

fn make_venv(minor: Minor, folder: &Path) -> Result<(), FetchError> {
    let root = folder.join("root");
    let base = root.join(format!("usr/bin/python{minor}"));
    let venv = folder.join("venv");
    quiet(Command::new(base).args(["-m", "venv", "--without-pip"]).arg(&venv))?;
    // Debian ships pip for this purpose as a wheel, which runs from its own path.
    let mut pip = Command::new(venv.join("bin/python"));
    pip.env("PYTHONPATH", bundled_pip(&root)?).args(["-m", "pip", "install", "--quiet", "pip"]);
    quiet(&mut pip)?;
    Ok(())
}

fn bundled_pip(root: &Path) -> Result<PathBuf, FetchError> {
    let folder = root.join("usr/share/python-wheels");
    let folder_error = |source| FetchError::Folder { folder: folder.clone(), source };
    let is_pip = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("pip-"))
    };
    fs::read_dir(&folder)
        .map_err(folder_error)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(is_pip)
        .ok_or_else(|| folder_error(io::Error::from(io::ErrorKind::NotFound)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_read_from_either_format() {
        let deb822 = "Types: deb\nURIs: http://mirror.test/debian\nSuites: stable\n";
        let one_line = "# main\ndeb http://mirror.test/debian stable main\n";
        let options = "deb [signed-by=/k.gpg arch=amd64] http://mirror.test/debian stable main\n";
        for text in [deb822, one_line, options] {
            assert_eq!(mirror_in(text).as_deref(), Some("http://mirror.test/debian"), "{text}");
        }
    }

    #[test]
    fn the_security_mirror_is_not_taken() {
        let security = "URIs: http://mirror.test/debian-security\n";
        assert_eq!(mirror_in(security), None);
        let both = format!("{security}\nURIs: http://mirror.test/debian\n");
        assert_eq!(mirror_in(&both).as_deref(), Some("http://mirror.test/debian"));
    }

    #[test]
    fn sources_without_a_mirror_have_none() {
        for text in ["", "# deb http://mirror.test x main", "deb-src http://mirror.test x main"] {
            assert_eq!(mirror_in(text), None, "{text}");
        }
    }

    #[test]
    fn a_missing_interpreter_is_not_complete() {
        assert!(!is_complete(Path::new("/nowhere/bin/python"), Minor(14)));
    }
}
