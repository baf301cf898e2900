//! The source files of what was recorded, read and parsed, and what their modules are called.
//!
//! Reads only files of functions that were observed. What cannot be read is said and left out.

mod source_text;

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use ghost_analysis::inference::ProjectFile;
use ghost_analysis::source::SourceError;
use ghost_model::{FunctionKind, Recording, Session};
use ghost_store::SourceFolders;

use crate::output::talk;
pub(super) use source_text::{SourceText, UnreadableText};

/// Why a file is left out.
#[derive(Debug, thiserror::Error)]
enum UnusableFile {
    /// It is not there any more, or may not be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its bytes are no text we know.
    #[error("cannot read `{}`", path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: UnreadableText,
    },
    /// It is no Python that we know.
    #[error("cannot parse `{}`", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: SourceError,
    },
}

/// A source file of the recording.
#[derive(Debug)]
pub(super) struct ReadFile {
    /// Where it is, as far as we know: relative to the current folder.
    pub(super) path: PathBuf,
    /// Its bytes as text.
    pub(super) text: SourceText,
    /// Its recorded names: of modules, `__main__` included.
    pub(super) modules: Vec<String>,
}

/// All usable files, in the order of their names. The two lists run parallel.
#[derive(Debug, Default)]
pub(super) struct ProjectFiles {
    /// What is on disk.
    pub(super) read: Vec<ReadFile>,
    /// What is in it.
    pub(super) parsed: Vec<ProjectFile>,
}

impl ProjectFiles {
    /// Reads the files of the project; not those of installed packages.
    pub(super) fn read(session: &Session, recording: &Recording) -> Self {
        let folders = SourceFolders::of(session);
        let mut files = Self::default();
        let mut unusable = Vec::new();
        for (file, modules) in recorded_files(recording) {
            match read_file(&folders, file, &modules) {
                Ok((read, parsed)) => {
                    files.read.push(read);
                    files.parsed.push(parsed);
                }
                Err(error) => unusable.push(error),
            }
        }
        say_unusable(&unusable);
        files
    }

    /// Both halves of each file.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&ReadFile, &ProjectFile)> {
        self.read.iter().zip(&self.parsed)
    }
}

/// One line for each of the first few; the rest as a number.
fn say_unusable(unusable: &[UnusableFile]) {
    const SHOWN_MAX: usize = 5;
    for error in unusable.iter().take(SHOWN_MAX) {
        talk::say(talk::with_causes(error));
    }
    if let Some(rest) = unusable.len().checked_sub(SHOWN_MAX).filter(|rest| *rest > 0) {
        talk::say(format_args!("cannot use {rest} more files"));
    }
}

/// Files of observed code with the modules they ran as. Code made from text has no file.
fn recorded_files(recording: &Recording) -> BTreeMap<&str, Vec<String>> {
    let mut files: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut seen = HashSet::new();
    for (_, function, _) in recording.observed() {
        let (file, module) = (function.file.as_str(), function.key.module.as_str());
        let is_file = !file.is_empty() && !file.starts_with('<') && !is_installed(file);
        let is_overflow = function.kind == FunctionKind::Overflow;
        if is_file && !is_overflow && seen.insert((file, module)) {
            files.entry(file).or_default().push(module.to_owned());
        }
    }
    files
}

/// Whether a file belongs to an installed package or to the interpreter: nothing to annotate.
fn is_installed(file: &str) -> bool {
    let mut parts = file.split('/');
    parts.any(|part| matches!(part, "site-packages" | "dist-packages"))
}

fn read_file(
    folders: &SourceFolders,
    file: &str,
    modules: &[String],
) -> Result<(ReadFile, ProjectFile), UnusableFile> {
    let missing =
        || UnusableFile::Read { path: file.into(), source: io::ErrorKind::NotFound.into() };
    let path = folders.find(file).ok_or_else(missing)?;
    let bytes = std::fs::read(&path);
    let bytes = bytes.map_err(|source| UnusableFile::Read { path: path.clone(), source })?;
    let text = SourceText::decode(bytes);
    let text = text.map_err(|source| UnusableFile::Text { path: path.clone(), source })?;
    let is_package = path.file_name().is_some_and(|name| name == "__init__.py");
    let recorded = modules.iter().find(|module| !module.starts_with("__m"));
    let module = recorded.cloned().unwrap_or_else(|| importable_name(&path));
    let parsed = ProjectFile::parse(file, &module, is_package, text.text().to_owned())
        .map_err(|source| UnusableFile::Parse { path: path.clone(), source })?;
    Ok((ReadFile { path, text, modules: modules.to_vec() }, parsed))
}

/// What a file is called that only ran as `__main__`: its name, below the packages it is in.
fn importable_name(path: &Path) -> String {
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let mut parts: Vec<String> = stem(path).into_iter().collect();
    let mut folder = path.parent();
    while let Some(package) = folder.filter(|folder| folder.join("__init__.py").is_file()) {
        parts.extend(package.file_name().map(|name| name.to_string_lossy().into_owned()));
        folder = package.parent();
    }
    parts.reverse();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_called_as_it_would_be_imported() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("shop").join("tools");
        std::fs::create_dir_all(&package).unwrap();
        for file in ["__init__.py", "../__init__.py", "fill.py"] {
            std::fs::write(package.join(file), "").unwrap();
        }
        assert_eq!(importable_name(&package.join("fill.py")), "shop.tools.fill");
        assert_eq!(importable_name(&folder.path().join("app.py")), "app");
    }

    #[test]
    fn installed_packages_are_nothing_to_annotate() {
        assert!(is_installed("/x/lib/python3.13/site-packages/a.py"));
        assert!(!is_installed("shop/site.py"));
    }
}
