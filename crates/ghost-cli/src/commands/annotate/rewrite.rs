//! Puts a changed file in the place of the old one: whole or not at all, with the same permissions.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ghost_analysis::annotating::Annotated;

use super::ReadFile;
use crate::output::talk;

/// Why a file was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RewriteError {
    /// It or its folder cannot be written.
    #[error("cannot change `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else changed it in between.
    #[error("`{}` changed while it was read", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

/// Writes the file unless nothing is different.
pub(super) fn apply(read: &ReadFile, annotated: &Annotated) -> Result<(), RewriteError> {
    if annotated.text == read.text.text() {
        return Ok(());
    }
    let Some(bytes) = read.text.encode(&annotated.text) else {
        let path = read.path.display();
        talk::say(format_args!("cannot annotate `{path}`: its encoding has no such characters"));
        return Ok(());
    };
    // What a link points to is replaced, not the link.
    let path = read.path.canonicalize().unwrap_or_else(|_| read.path.clone());
    let failed = |source| RewriteError::Write { path: read.path.clone(), source };
    if fs::read(&path).map_err(failed)? != read.text.bytes() {
        return Err(RewriteError::Changed { path: read.path.clone() });
    }
    replace(&path, &bytes).map_err(failed)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions().mode() & 0o7777;
    // The folder may let us do what the file does not: then the user did not mean us to.
    OpenOptions::new().append(true).open(path)?;
    let temporary = temporary_name(path);
    let written = write_new(&temporary, bytes, mode).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.sync_all()
}

fn temporary_name(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_with_its_permissions_and_through_links() {
        let folder = tempfile::tempdir().unwrap();
        let [real, link] = ["real.py", "link.py"].map(|name| folder.path().join(name));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o754)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace(&link.canonicalize().unwrap(), b"new").unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o754);
        assert!(link.is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_is_not_there_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        assert!(replace(&folder.path().join("gone.py"), b"new").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
