//! Every text file of the repository, read once.
//!
//! Build output, environments and caches are left out by name: a source distribution has no git
//! that could be asked.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders that hold nothing anybody wrote.
const GENERATED: [&str; 5] = ["target", "build", "dist", "node_modules", "__pycache__"];

/// Hidden folders that are ours.
const HIDDEN_BUT_OURS: [&str; 3] = [".ci", ".cargo", ".github"];

/// What the rules look at.
const EXTENSIONS: [&str; 8] = ["rs", "py", "pyi", "md", "toml", "sql", "pth", "txt"];

/// The sources could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{path}`: {source}")]
pub(crate) struct TreeError {
    pub(super) path: PathBuf,
    pub(super) source: io::Error,
}

/// One file with its text.
#[derive(Clone, Debug)]
pub(super) struct SourceFile {
    /// Relative to the root.
    pub(super) path: PathBuf,
    /// The whole content; bytes that are no UTF-8 are replaced.
    pub(super) text: String,
}

impl SourceFile {
    /// A file as a test makes it up.
    #[cfg(test)]
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self { path: PathBuf::from(path), text: text.to_owned() }
    }

    /// Its extension, empty if it has none.
    pub(super) fn extension(&self) -> &str {
        self.path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
    }

    /// A finding in this file.
    pub(super) fn finding(&self, line: Option<usize>, message: String) -> super::Finding {
        super::Finding { path: self.path.clone(), line, message }
    }
}

/// Reads every file below `root` that the rules know, in the order of their paths.
pub(super) fn read(root: &Path) -> Result<Vec<SourceFile>, TreeError> {
    let mut paths = Vec::new();
    collect(root, &mut paths)?;
    paths.sort();
    paths.iter().map(|path| read_file(root, path)).collect()
}

fn read_file(root: &Path, path: &Path) -> Result<SourceFile, TreeError> {
    let bytes = fs::read(path).map_err(|source| TreeError { path: path.to_path_buf(), source })?;
    let relative = path.strip_prefix(root).unwrap_or(path).to_path_buf();
    Ok(SourceFile { path: relative, text: String::from_utf8_lossy(&bytes).into_owned() })
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), TreeError> {
    let tree_error = |source| TreeError { path: folder.to_path_buf(), source };
    for entry in fs::read_dir(folder).map_err(tree_error)? {
        let entry = entry.map_err(tree_error)?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        // Not `is_dir` of the path: a link out of the tree must not be followed.
        match entry.file_type().map_err(tree_error)? {
            kind if kind.is_dir() && is_ours(&name) => collect(&path, paths)?,
            kind if kind.is_file() && is_text(&path) => paths.push(path),
            _ => {}
        }
    }
    Ok(())
}

fn is_ours(folder_name: &str) -> bool {
    let hidden = folder_name.starts_with('.') && !HIDDEN_BUT_OURS.contains(&folder_name);
    !hidden && !GENERATED.contains(&folder_name) && !folder_name.ends_with(".egg-info")
}

fn is_text(path: &Path) -> bool {
    let known = |extension: &std::ffi::OsStr| EXTENSIONS.iter().any(|known| extension == *known);
    path.extension().is_some_and(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_output_and_environments_are_left_out() {
        let root = tempfile::tempdir().unwrap();
        for path in ["a.rs", "target/b.rs", ".venv/c.py", "x.egg-info/d.txt", ".ci/e.md", "f.so"] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "text").unwrap();
        }
        let files = read(root.path()).unwrap();
        let paths: Vec<&str> = files.iter().map(|file| file.path.to_str().unwrap()).collect();
        assert_eq!(paths, [".ci/e.md", "a.rs"]);
    }

    #[test]
    fn a_link_is_not_followed() {
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/", root.path().join("everything")).unwrap();
        assert!(read(root.path()).unwrap().is_empty());
    }

    #[test]
    fn an_unreadable_root_is_named() {
        let error = read(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(error.to_string().starts_with("cannot read `/nowhere/at/all`"));
    }
}
