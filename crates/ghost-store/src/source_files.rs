//! Reads the source files that a session names, for whoever shows or checks source.
//!
//! A session holds paths relative to the project, not where the project lies: they are looked for
//! in the current folder, then in that of the script. Nothing but regular files is opened.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use ghost_model::Session;

/// Larger files are data written as Python; nobody reads findings in them.
const BYTES_MAX: u64 = 8 * 1024 * 1024;

/// What could be read, and what could not.
#[derive(Debug, Default)]
pub struct SourceFiles {
    /// The names that the session uses, each with the text.
    pub texts: Vec<(String, String)>,
    /// Files that are not there, or not readable.
    pub missing: Vec<String>,
    /// Files that were written after the session began.
    pub changed: Vec<String>,
}

/// Where the files of a session may lie.
#[derive(Debug)]
pub struct SourceFolders {
    folders: Vec<PathBuf>,
    start_unix_ns: u64,
}

impl SourceFolders {
    /// The current folder, and that of the script.
    pub fn of(session: &Session) -> Self {
        let mut folders = vec![PathBuf::new()];
        folders.extend(Path::new(&session.script).parent().map(Path::to_owned));
        Self { folders, start_unix_ns: session.start_unix_ns }
    }

    /// Where a file of the session lies now.
    pub fn find(&self, file: &str) -> Option<PathBuf> {
        let is_named = !file.is_empty() && !file.starts_with('<');
        let candidates = self.folders.iter().map(|folder| folder.join(file));
        candidates.filter(|_| is_named).find(|path| is_readable(path))
    }

    /// Reads files; names of what is no file (`<string>`) are passed over.
    pub fn read<'a>(&self, files: impl IntoIterator<Item = &'a str>) -> SourceFiles {
        let mut read = SourceFiles::default();
        for file in files.into_iter().filter(|file| !file.is_empty() && !file.starts_with('<')) {
            let path = self.find(file);
            match path.as_deref().and_then(|path| Some((path, read_text(path)?))) {
                Some((path, text)) => {
                    if self.is_changed(path) {
                        read.changed.push(file.to_owned());
                    }
                    read.texts.push((file.to_owned(), text));
                }
                None => read.missing.push(file.to_owned()),
            }
        }
        read
    }

    fn is_changed(&self, path: &Path) -> bool {
        let written = fs::metadata(path).and_then(|metadata| metadata.modified());
        let start = UNIX_EPOCH + Duration::from_nanos(self.start_unix_ns);
        written.is_ok_and(|written| written > start)
    }
}

fn is_readable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= BYTES_MAX)
}

/// The text of a file. What is no UTF-8 is read as Latin-1: names and line numbers stay right.
fn read_text(path: &Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => error.into_bytes().into_iter().map(char::from).collect(),
    };
    Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(folder: &Path, start_unix_ns: u64) -> SourceFolders {
        SourceFolders { folders: vec![folder.to_owned()], start_unix_ns }
    }

    #[test]
    fn files_are_read_whatever_their_encoding() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.py"), b"\xef\xbb\xbfx = 1\n").unwrap();
        fs::write(folder.path().join("b.py"), b"# caf\xe9\n").unwrap();
        let read =
            folders(folder.path(), u64::MAX / 2).read(["a.py", "b.py", "c.py", "<string>", ""]);
        let texts = [("a.py", "x = 1\n"), ("b.py", "# café\n")];
        assert_eq!(read.texts, texts.map(|(file, text)| (file.to_owned(), text.to_owned())));
        assert_eq!((read.missing, read.changed), (vec!["c.py".to_owned()], vec![]));
    }

    #[test]
    fn a_file_written_after_the_session_began_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.py"), "").unwrap();
        assert_eq!(folders(folder.path(), 0).read(["a.py"]).changed, ["a.py"]);
    }

    #[test]
    fn a_folder_is_no_source() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a.py")).unwrap();
        assert_eq!(folders(folder.path(), 0).find("a.py"), None);
    }
}
