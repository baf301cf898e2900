//! Finding programs: whether a file can be executed, and which one a bare name means.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};

/// Whether this is a file that this user may execute.
pub(super) fn is_executable(path: &Path) -> bool {
    path.is_file() && may(path, Access::EXEC_OK)
}

/// Whether this user may read what lies here. Opens nothing: it may be a pipe.
pub(super) fn is_readable(path: &Path) -> bool {
    may(path, Access::READ_OK)
}

fn may(path: &Path, access: Access) -> bool {
    accessat(CWD, path, access, AtFlags::EACCESS).is_ok()
}

/// Whether a program is named without saying where it is.
pub(super) fn is_bare(name: &OsStr) -> bool {
    !name.is_empty() && !name.as_bytes().contains(&b'/')
}

/// The first executable file of that name in these folders.
pub(super) fn find(name: &OsStr, folders: &[PathBuf]) -> Option<PathBuf> {
    let candidates = folders.iter().map(|folder| folder.join(name));
    candidates.into_iter().find(|path| is_executable(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn folders_and_plain_files_are_passed_over() {
        let [first, second] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        fs::create_dir(first.path().join("tool")).unwrap();
        fs::write(first.path().join("plain"), "").unwrap();
        for name in ["tool", "plain"] {
            let path = second.path().join(name);
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let folders = [first.path().to_owned(), second.path().to_owned()];
        for name in ["tool", "plain"] {
            assert_eq!(find(name.as_ref(), &folders), Some(second.path().join(name)));
        }
        assert_eq!(find("missing".as_ref(), &folders), None);
    }

    #[test]
    fn a_slash_says_where() {
        assert!(is_bare("pytest".as_ref()));
        assert!(!is_bare("./pytest".as_ref()));
        assert!(!is_bare("".as_ref()));
    }
}
