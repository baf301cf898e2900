//! Why a session cannot be written or read, in words a user can act on.
//!
//! `SQLite`'s many result codes are sorted into the few cases that differ for the user.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why something about the data folder or a session failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder could not be made, read or changed.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A folder belongs to somebody else.
    #[error("`{}` belongs to another user", path.display())]
    ForeignFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Something that is no folder, or a symbolic link, lies where a folder of ours belongs.
    #[error("`{}` is not a folder", path.display())]
    NotAFolder {
        /// What lies there.
        path: PathBuf,
    },
    /// There is no such session.
    #[error("no session file `{}`", path.display())]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// A new session would replace an existing one.
    #[error("session file `{}` exists already", path.display())]
    Exists {
        /// The existing file.
        path: PathBuf,
    },
    /// The file is a database, but none of ours.
    #[error("`{}` is not a session file", path.display())]
    NotASession {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer version.
    #[error("session file `{}` has schema {found}, newer than {supported}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest version that can be read.
        supported: i64,
    },
    /// The content is damaged.
    #[error("session file `{}` is damaged: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What `SQLite` or the reader found.
        detail: String,
    },
    /// Another program holds the file locked.
    #[error("session file `{}` is locked by another program", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("no space left to write session file `{}`", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened or written where it lies.
    #[error("cannot use session file `{}`: {detail}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What `SQLite` said.
        detail: String,
    },
}

impl StoreError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Io { .. } | Self::Full { .. } | Self::Unusable { .. } => {
                Some("set GHOST_DATA_DIR to a folder you can write to")
            }
            Self::ForeignFolder { .. } | Self::NotAFolder { .. } => {
                Some("set GHOST_DATA_DIR to a folder of your own")
            }
            Self::Missing { .. } => Some("`ghost sessions` lists the sessions there are"),
            Self::Newer { .. } => Some("upgrade ghostglass to read this session"),
            Self::NotASession { .. } | Self::Damaged { .. } => {
                Some("the other sessions are not affected; move the file away to stop this message")
            }
            Self::Busy { .. } => Some("close the program that has it open and try again"),
            Self::Exists { .. } => None,
        }
    }

    /// What stands in place of the state of a session that cannot be read.
    pub fn state_word(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "newer version",
            Self::Damaged { .. } | Self::NotASession { .. } => "damaged",
            _ => "unreadable",
        }
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// Puts a name to an `SQLite` failure; for use in `map_err`.
    pub(crate) fn sql(path: &Path) -> impl Fn(rusqlite::Error) -> Self {
        move |error| Self::classify(path.to_owned(), &error)
    }

    fn classify(path: PathBuf, error: &rusqlite::Error) -> Self {
        let detail = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(
                ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::SystemIoFailure
                | ErrorCode::OutOfMemory,
            ) => Self::Unusable { path, detail },
            // Not a database, a damaged page, a missing table, a value of the wrong type.
            _ => Self::Damaged { path, detail },
        }
    }

    /// Whether writing the file anew from the ledgers could help.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::NotASession { .. })
    }
}
