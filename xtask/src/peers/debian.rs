//! Debian packages with all that this machine lacks for them, unpacked into a folder.
//!
//! apt chooses and downloads, `dpkg-deb` unpacks: no package is installed, no maintainer script runs,
//! and no rights are needed. Sources and keys are the machine's own.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{PeerError, empty};
use crate::steps::{StepError, quiet};

/// Unpacks `packages` into `home`; `scratch` is apt's to fill.
pub(super) fn unpack(packages: &[&str], home: &Path, scratch: &Path) -> Result<(), PeerError> {
    let archives = scratch.join("archives");
    empty(&archives)?;
    empty(&archives.join("partial"))?;
    download(packages, scratch)?;
    for archive in debs(&archives)? {
        quiet(Command::new("dpkg-deb").arg("--extract").arg(archive).arg(home))?;
    }
    empty(&archives)
}

/// The machine's own package lists may be missing or too old: then fresh ones are fetched beside them.
fn download(packages: &[&str], scratch: &Path) -> Result<(), PeerError> {
    let install = |lists: Option<&Path>| {
        let mut apt = apt(scratch, lists);
        apt.args(["install", "--download-only", "--yes", "--no-install-recommends"]);
        quiet(apt.args(packages))
    };
    let lists = scratch.join("lists");
    if install(None).is_ok() || (lists.exists() && install(Some(&lists)).is_ok()) {
        return Ok(());
    }
    empty(&lists)?;
    empty(&lists.join("partial"))?;
    // A source of somebody else's that does not answer is only a warning; what is missing shows next.
    let _: Result<(), StepError> = quiet(apt(scratch, Some(&lists)).arg("update"));
    Ok(install(Some(&lists))?)
}

/// `apt-get` that writes below `scratch` only.
fn apt(scratch: &Path, lists: Option<&Path>) -> Command {
    let mut command = Command::new("apt-get");
    command.args(["--quiet", "-o", "Debug::NoLocking=true", "-o", "APT::Sandbox::User="]);
    command.args(["-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=20"]);
    // A mirror may be frozen for the sake of reproducible machines; signatures are still checked.
    command.args(["-o", "Acquire::Check-Valid-Until=false"]);
    command.arg("-o").arg(option("Dir::Cache=", scratch));
    if let Some(lists) = lists {
        command.arg("-o").arg(option("Dir::State::lists=", lists));
    }
    command
}

fn option(name: &str, folder: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push(folder);
    option
}

fn debs(archives: &Path) -> Result<Vec<PathBuf>, PeerError> {
    let folder_error = |source| PeerError::Folder { folder: archives.to_path_buf(), source };
    let entries = fs::read_dir(archives).map_err(folder_error)?;
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    Ok(paths.filter(|path| path.extension().is_some_and(|extension| extension == "deb")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_are_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.deb", "lock", "partial"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(debs(folder.path()).unwrap(), [folder.path().join("b.deb")]);
    }
}
