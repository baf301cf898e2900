//! Whether a session could have changed since it was last looked at, without opening its file.
//!
//! A stamp tells changes of the file and of what belongs to it. While processes count into ledgers the
//! answer is always "it could": a mapped file changes without its times doing so.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ghost_model::SessionId;

use crate::data_dir::DataDir;
use crate::run_folder;
use crate::store_error::StoreError;

/// A file as the system describes it: inode, length and the time of the last change.
type FileStamp = (u64, u64, i64, i64);

/// What a session's files looked like at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionStamp {
    file: FileStamp,
    /// What was written and is not yet in the file itself.
    log: Option<FileStamp>,
    is_open: bool,
}

impl SessionStamp {
    /// Looks at a session's files. Anything but a regular file is no session: a symbolic link could
    /// lead anywhere.
    pub fn of(data_dir: &DataDir, id: &SessionId) -> Result<Self, StoreError> {
        let path = data_dir.session_path(id);
        let found = look(&path)?.filter(Metadata::is_file);
        let Some(file) = found else { return Err(StoreError::Missing { path }) };
        let log = look(&with_suffix(&path, "-wal"))?.filter(|log| log.len() > 0);
        let run_dir = data_dir.run_dir(id);
        let is_open = run_folder::is_held(&run_dir) || run_folder::is_unfolded(&run_dir)?;
        Ok(Self { file: stamp(&file), log: log.as_ref().map(stamp), is_open })
    }

    /// Whether an equal stamp means that nothing changed.
    pub fn is_settled(&self) -> bool {
        !self.is_open
    }
}

fn look(path: &Path) -> Result<Option<Metadata>, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("read", path)(error)),
    }
}

fn stamp(found: &Metadata) -> FileStamp {
    (found.ino(), found.len(), found.mtime(), found.mtime_nsec())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{DEAD_PID, Stage, end, fib, snapshot};
    use ghost_model::SessionState;

    fn now(stage: &Stage) -> SessionStamp {
        SessionStamp::of(&stage.data_dir, &stage.id).unwrap()
    }

    #[test]
    fn a_session_is_settled_when_nobody_counts_any_more() {
        let mut stage = Stage::new("");
        let mut writer = stage.writer();
        assert!(!now(&stage).is_settled());
        stage.ledger(DEAD_PID, 1, snapshot(DEAD_PID, fib(10)));
        let before = now(&stage);
        writer.fold(&stage.run_dir()).unwrap();
        assert_ne!(now(&stage), before);
        writer.finish(end(SessionState::Finished)).unwrap();
        stage.folder = None;
        fs::remove_dir_all(stage.run_dir()).ok();
        let settled = now(&stage);
        assert!(settled.is_settled());
        stage.reader().recording().unwrap();
        assert_eq!(now(&stage), settled, "reading changes nothing");
    }

    #[test]
    fn a_link_is_no_session() {
        let stage = Stage::new("");
        drop(stage.writer());
        let elsewhere = stage.data_dir.root().join("elsewhere");
        fs::rename(stage.path(), &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, stage.path()).unwrap();
        let looked = SessionStamp::of(&stage.data_dir, &stage.id);
        assert!(matches!(looked, Err(StoreError::Missing { .. })), "{looked:?}");
    }
}
