//! Where everything lies: `sessions/<id>.db` and, while a session runs, `runs/<id>/`.
//!
//! Folders are made 0700 and files 0600, and a folder that belongs to somebody else or is a link
//! is refused: profiles tell a lot about a program. Never reads the environment.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ghost_model::SessionId;

use crate::StoreError;

const PRIVATE_FOLDER: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;

/// The data folder. Making one touches no disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDir {
    root: PathBuf,
}

impl DataDir {
    /// The data folder at `root`.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where session files lie.
    pub fn sessions_dir(&self) -> PathBuf {
        self.root.join("sessions")
    }

    /// Where the folders of running sessions lie.
    pub fn runs_dir(&self) -> PathBuf {
        self.root.join("runs")
    }

    /// Where running servers tell where they are; made if it is missing.
    pub fn create_serve_dir(&self) -> Result<PathBuf, StoreError> {
        self.create()?;
        let folder = self.root.join("serve");
        create_private_folder(&folder)?;
        Ok(folder)
    }

    /// The file of a session.
    pub fn session_path(&self, id: &SessionId) -> PathBuf {
        self.sessions_dir().join(format!("{id}.db"))
    }

    /// The folder of a running session.
    pub fn run_dir(&self, id: &SessionId) -> PathBuf {
        self.runs_dir().join(id.as_str())
    }

    /// Makes the folders that are missing, and checks those that exist.
    pub fn create(&self) -> Result<(), StoreError> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(PRIVATE_FOLDER)
            .create(&self.root)
            .map_err(|error| folder_error(&self.root, error))?;
        let root = fs::metadata(&self.root).map_err(StoreError::io("read", &self.root))?;
        check_owner(&self.root, &root)?;
        create_private_folder(&self.sessions_dir())?;
        create_private_folder(&self.runs_dir())
    }
}

/// Makes a folder only its owner can enter, or makes sure that an existing one is.
pub(crate) fn create_private_folder(path: &Path) -> Result<(), StoreError> {
    match fs::DirBuilder::new().mode(PRIVATE_FOLDER).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(folder_error(path, error)),
        _ => check_private_folder(path),
    }
}

/// Makes a folder that must not exist: two sessions never share one.
pub(crate) fn create_new_private_folder(path: &Path) -> Result<(), StoreError> {
    fs::DirBuilder::new()
        .mode(PRIVATE_FOLDER)
        .create(path)
        .map_err(|error| folder_error(path, error))
}

fn check_private_folder(path: &Path) -> Result<(), StoreError> {
    // Not following links: one could point to a folder that others may write to.
    let found = fs::symlink_metadata(path).map_err(StoreError::io("read", path))?;
    if !found.is_dir() {
        return Err(StoreError::NotAFolder { path: path.to_owned() });
    }
    check_owner(path, &found)?;
    if found.mode() & 0o077 != 0 {
        let private = fs::Permissions::from_mode(PRIVATE_FOLDER);
        fs::set_permissions(path, private).map_err(StoreError::io("make private", path))?;
    }
    Ok(())
}

fn check_owner(path: &Path, found: &fs::Metadata) -> Result<(), StoreError> {
    if found.uid() == rustix::process::geteuid().as_raw() {
        Ok(())
    } else {
        Err(StoreError::ForeignFolder { path: path.to_owned() })
    }
}

fn folder_error(path: &Path, source: std::io::Error) -> StoreError {
    match source.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            StoreError::NotAFolder { path: path.to_owned() }
        }
        _ => StoreError::Io { action: "make folder", path: path.to_owned(), source },
    }
}

/// Makes a new file only its owner can read; fails where one exists.
pub(crate) fn create_private_file(path: &Path) -> std::io::Result<fs::File> {
    fs::OpenOptions::new().read(true).write(true).create_new(true).mode(PRIVATE_FILE).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn folders_are_made_private() {
        let parent = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(parent.path().join("a/b"));
        data_dir.create().unwrap();
        data_dir.create().unwrap();
        for folder in [data_dir.root().to_owned(), data_dir.sessions_dir(), data_dir.runs_dir()] {
            assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        }
    }

    #[test]
    fn an_open_folder_is_closed_but_the_root_is_left_as_it_is() {
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let data_dir = DataDir::new(root.path().to_owned());
        fs::create_dir(data_dir.sessions_dir()).unwrap();
        fs::set_permissions(data_dir.sessions_dir(), fs::Permissions::from_mode(0o777)).unwrap();
        data_dir.create().unwrap();
        assert_eq!((mode(root.path()), mode(&data_dir.sessions_dir())), (0o755, 0o700));
    }

    #[test]
    fn a_link_or_a_file_in_place_of_a_folder_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(root.path().to_owned());
        std::os::unix::fs::symlink(elsewhere.path(), data_dir.sessions_dir()).unwrap();
        assert!(matches!(data_dir.create(), Err(StoreError::NotAFolder { .. })));

        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        for root in [file.clone(), file.join("below")] {
            assert!(matches!(DataDir::new(root).create(), Err(StoreError::NotAFolder { .. })));
        }
    }

    #[test]
    fn a_folder_of_another_user_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(root.path().to_owned());
        fs::create_dir(data_dir.runs_dir()).unwrap();
        let foreign = Some(rustix::process::geteuid().as_raw() + 1);
        if std::os::unix::fs::chown(data_dir.runs_dir(), foreign, None).is_ok() {
            assert!(matches!(data_dir.create(), Err(StoreError::ForeignFolder { .. })));
        }
    }
}
