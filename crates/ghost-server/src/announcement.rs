//! `serve/<pid>.json` in the data folder: where a server is and what opens it, for programs of the same user.
//!
//! Holds the token, so nobody else can read it: mode 0600 in a folder of mode 0700. Removed when the server
//! stops; the file of one that was killed is removed by the next. Its lock tells the two apart, as the kernel
//! gives it back whatever happens.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ghost_store::{DataDir, StoreError};
use rustix::fs::{FlockOperation, OFlags, flock};
use serde::Serialize;

use crate::security::Token;

/// Read and written by its owner only.
const PRIVATE_FILE: u32 = 0o600;

/// Why a server cannot say where it is.
#[derive(Debug, thiserror::Error)]
pub enum AnnounceError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] StoreError),
    /// The file cannot be written.
    #[error("cannot write `{path}`", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What the file says.
#[derive(Serialize)]
struct Content<'a> {
    pid: u32,
    host: String,
    port: u16,
    token: &'a str,
}

/// The file of a running server; removed when dropped.
#[derive(Debug)]
pub(crate) struct Announcement {
    path: PathBuf,
    /// Holds the lock.
    _file: File,
}

impl Announcement {
    /// Writes the file, and removes those of servers that are gone.
    pub(crate) fn write(
        data_dir: &DataDir,
        address: std::net::SocketAddr,
        token: &Token,
    ) -> Result<Self, AnnounceError> {
        let folder = data_dir.create_serve_dir()?;
        remove_stale(&folder);
        let pid = std::process::id();
        let path = folder.join(format!("{pid}.json"));
        let (host, port) = (address.ip().to_string(), address.port());
        let content = Content { pid, host, port, token: token.as_str() };
        let file = place(&path, &content)
            .map_err(|source| AnnounceError::File { path: path.clone(), source })?;
        Ok(Self { path, _file: file })
    }
}

impl Announcement {
    /// Writes a page beside the file that leads a browser to `link`: for a browser whose command line
    /// everybody can see.
    pub(crate) fn write_doorway(&self, link: &str) -> Result<PathBuf, AnnounceError> {
        let path = self.doorway();
        let _ = fs::remove_file(&path);
        let page = format!(
            "<!doctype html><meta charset=\"utf-8\"><title>Ghostglass</title>\n\
             <meta http-equiv=\"refresh\" content=\"0; url={link}\">\n\
             <a href=\"{link}\">Ghostglass</a>\n"
        );
        let written = create(&path).and_then(|mut file| file.write_all(page.as_bytes()));
        written.map_err(|source| AnnounceError::File { path: path.clone(), source })?;
        Ok(path)
    }

    fn doorway(&self) -> PathBuf {
        self.path.with_extension("html")
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        // Failing that, the next server removes them.
        let _ = fs::remove_file(self.doorway());
        let _ = fs::remove_file(&self.path);
    }
}

/// A new file that is private from its first moment.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(PRIVATE_FILE).open(path)
}

/// Locked and complete before it has its name: nobody sees half of it, or takes it for stale.
fn place(path: &Path, content: &Content<'_>) -> io::Result<File> {
    let unfinished = path.with_extension("new");
    let _ = fs::remove_file(&unfinished);
    let mut file = create(&unfinished)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    file.write_all(&serde_json::to_vec(content)?)?;
    file.write_all(b"\n")?;
    fs::rename(&unfinished, path)?;
    Ok(file)
}

fn remove_stale(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_ours = path.extension().is_some_and(|extension| extension == "json");
        if is_ours && is_abandoned(&path) {
            let _ = fs::remove_file(path.with_extension("html"));
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether nobody holds its lock.
fn is_abandoned(path: &Path) -> bool {
    // A link is no file of ours.
    let flags = OFlags::NOFOLLOW.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path);
    file.is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    const ADDRESS: &str = "127.0.0.1:4321";

    fn announce(data_dir: &DataDir) -> Announcement {
        Announcement::write(data_dir, ADDRESS.parse().unwrap(), &Token::random().unwrap()).unwrap()
    }

    #[test]
    fn the_file_is_private_and_goes_with_the_server() {
        let root = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(root.path().join("data"));
        let announcement = announce(&data_dir);
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        let path = announcement.path.clone();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let content: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!((&content["port"], &content["host"]), (&4321.into(), &"127.0.0.1".into()));
        assert_eq!(content["token"].as_str().map(str::len), Some(64));
        drop(announcement);
        assert!(!path.exists());
    }

    #[test]
    fn files_of_servers_that_are_gone_are_removed() {
        let root = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(root.path().join("data"));
        let folder = data_dir.create_serve_dir().unwrap();
        let (stale, foreign) = (folder.join("1.json"), folder.join("note.txt"));
        fs::write(&stale, "{}").unwrap();
        fs::write(&foreign, "mine").unwrap();
        let alive = folder.join("2.json");
        fs::write(&alive, "{}").unwrap();
        let lock = File::open(&alive).unwrap();
        flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
        let _announcement = announce(&data_dir);
        assert!(!stale.exists() && foreign.exists() && alive.exists());
    }
}
