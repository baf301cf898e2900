//! A folder of stubs, laid out like the packages. Files appear whole or not at all; others that are
//! there stay.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ghost_analysis::inference::ProjectFile;

/// Why stubs cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StubFolderError {
    /// There is no such folder, and it cannot be made.
    #[error("cannot write to `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A stub cannot be written.
    #[error("cannot write `{}`", path.display())]
    Stub {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The name of a module would lead out of the folder.
    #[error("cannot write a stub of the module `{module}`: its name is no path")]
    Module {
        /// The module.
        module: String,
    },
}

/// The folder.
#[derive(Debug)]
pub(super) struct StubFolder {
    root: PathBuf,
}

impl StubFolder {
    /// Makes it if it is not there.
    pub(super) fn open(root: &Path) -> Result<Self, StubFolderError> {
        let failed = |source| StubFolderError::Folder { path: root.to_owned(), source };
        fs::create_dir_all(root).map_err(failed)?;
        Ok(Self { root: root.to_owned() })
    }

    /// Writes the stub of a file.
    pub(super) fn write(&self, file: &ProjectFile, text: &str) -> Result<(), StubFolderError> {
        let below =
            path(file).ok_or_else(|| StubFolderError::Module { module: file.module.clone() })?;
        let path = self.root.join(below);
        replace(&path, text).map_err(|source| StubFolderError::Stub { path, source })
    }
}

/// Where the stub of a module belongs; `None` where its name has other characters than names have.
pub(super) fn path(file: &ProjectFile) -> Option<PathBuf> {
    let is_name = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    };
    if !file.module.split('.').all(is_name) {
        return None;
    }
    let mut path: PathBuf = file.module.split('.').collect();
    if file.is_package {
        path.push("__init__");
    }
    path.set_extension("pyi");
    Some(path)
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let temporary = path.with_extension(format!("pyi.{}.part", std::process::id()));
    let write = || {
        let mut file = fs::File::create_new(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(module: &str, is_package: bool) -> ProjectFile {
        ProjectFile::parse("x.py", module, is_package, String::new()).unwrap()
    }

    #[test]
    fn stubs_lie_where_type_checkers_look_for_them() {
        let written = |module, is_package| path(&file(module, is_package));
        assert_eq!(written("shop.cart", false), Some("shop/cart.pyi".into()));
        assert_eq!(written("shop", true), Some("shop/__init__.pyi".into()));
        for module in ["../evil", "", "a..b", "/a", "a/b"] {
            assert_eq!(written(module, false), None, "{module}");
        }
    }

    #[test]
    fn a_stub_replaces_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let stubs = StubFolder::open(&folder.path().join("typings")).unwrap();
        stubs.write(&file("shop.cart", false), "old").unwrap();
        stubs.write(&file("shop.cart", false), "new").unwrap();
        let cart = folder.path().join("typings/shop/cart.pyi");
        assert_eq!(fs::read_to_string(&cart).unwrap(), "new");
        assert_eq!(fs::read_dir(cart.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_is_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "").unwrap();
        assert!(matches!(StubFolder::open(&path), Err(StubFolderError::Folder { .. })));
    }
}
