//! Building and installing the wheel the way a user's pip does.
//!
//! Compiling is pip's, setuptools-rust's and cargo's work; the shared `target` folder makes a second
//! Python version cheap.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::steps::{StepError, quiet, stream};
use crate::venv::Venv;

/// Why there is no wheel.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WheelError {
    /// pip failed.
    #[error(transparent)]
    Step(#[from] StepError),
    /// A folder could not be prepared or read.
    #[error("cannot use folder `{folder}`: {source}")]
    Folder {
        /// Which one.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// pip was content but left nothing behind.
    #[error("no wheel in `{0}`")]
    Missing(PathBuf),
}

/// How much of the build is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// Everything, as it comes.
    Everything,
    /// Nothing unless it fails.
    Failures,
}

/// Builds the wheel for `venv`'s interpreter into `folder` and installs it into `venv`.
pub(crate) fn install(
    root: &Path,
    venv: &Venv,
    folder: &Path,
    show: Show,
) -> Result<(), WheelError> {
    let wheel = build(root, venv, folder, show)?;
    // Same version, other content: pip would keep the old one without being forced.
    quiet(venv.pip_install().args(["--force-reinstall", "--no-deps"]).arg(wheel))?;
    Ok(())
}

fn build(root: &Path, venv: &Venv, folder: &Path, show: Show) -> Result<PathBuf, WheelError> {
    empty(folder)?;
    // setuptools would pack modules that were deleted since the last build.
    remove(&root.join("build"))?;
    let mut pip = venv.module("pip");
    pip.args(["wheel", "--disable-pip-version-check", "--no-deps", "--wheel-dir"]);
    pip.arg(folder).arg(root);
    match show {
        Show::Everything => stream(&mut pip)?,
        Show::Failures => quiet(&mut pip)?,
    }
    only_wheel(folder)
}

fn only_wheel(folder: &Path) -> Result<PathBuf, WheelError> {
    let folder_error = |source| WheelError::Folder { folder: folder.to_path_buf(), source };
    fs::read_dir(folder)
        .map_err(folder_error)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| WheelError::Missing(folder.to_path_buf()))
}

fn empty(folder: &Path) -> Result<(), WheelError> {
    remove(folder)?;
    let folder_error = |source| WheelError::Folder { folder: folder.to_path_buf(), source };
    fs::create_dir_all(folder).map_err(folder_error)
}

fn remove(folder: &Path) -> Result<(), WheelError> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(WheelError::Folder { folder: folder.to_path_buf(), source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_wheel_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("notes.txt"), "").unwrap();
        assert!(matches!(only_wheel(folder.path()), Err(WheelError::Missing(_))));
        fs::write(folder.path().join("x.whl"), "").unwrap();
        assert_eq!(only_wheel(folder.path()).unwrap(), folder.path().join("x.whl"));
    }

    #[test]
    fn emptying_leaves_no_old_wheel() {
        let folder = tempfile::tempdir().unwrap();
        let wheels = folder.path().join("wheels");
        empty(&wheels).unwrap();
        fs::write(wheels.join("old.whl"), "").unwrap();
        empty(&wheels).unwrap();
        assert_eq!(fs::read_dir(&wheels).unwrap().count(), 0);
    }
}
