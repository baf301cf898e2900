//! Which source files are read, and which of them are searched for functions that never ran.
//!
//! Without scripts to search these are the files of all observed modules and, in packages, the modules
//! beside them that were never loaded.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ghost_model::Recording;

use crate::source_files::SourceFolders;

/// Why a script cannot be searched.
#[derive(Debug, thiserror::Error)]
#[error("cannot read script `{path}`", path = path.display())]
pub struct ScriptError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Names of files.
#[derive(Debug)]
pub struct Definitions {
    /// Files of observed functions.
    observed: BTreeSet<String>,
    /// Files to search for functions that never ran.
    pub defining: Vec<String>,
}

impl Definitions {
    /// Chooses them.
    pub fn of(
        recording: &Recording,
        folders: &SourceFolders,
        scripts: &[PathBuf],
    ) -> Result<Self, ScriptError> {
        let files = recording.observed().map(|(_, function, _)| function.file.clone());
        let observed: BTreeSet<String> =
            files.filter(|file| !file.is_empty() && !file.starts_with('<')).collect();
        let defining = if scripts.is_empty() {
            let beside =
                packages(&observed).flat_map(|package| beside(folders, package, &observed));
            let beside: BTreeSet<String> = beside.collect();
            observed.iter().cloned().chain(beside).collect()
        } else {
            let scripts = scripts.iter().map(|script| recorded_name(folders, &observed, script));
            scripts.collect::<Result<_, _>>()?
        };
        Ok(Self { observed, defining })
    }

    /// All files whose source is of use, each once.
    pub fn files_to_read(&self) -> impl Iterator<Item = &str> {
        let more = self.defining.iter().filter(|file| !self.observed.contains(*file));
        self.observed.iter().chain(more).map(String::as_str)
    }
}

/// The name by which the session knows a file, where it does.
fn recorded_name(
    folders: &SourceFolders,
    observed: &BTreeSet<String>,
    script: &Path,
) -> Result<String, ScriptError> {
    let failed = |source| ScriptError { path: script.to_owned(), source };
    let wanted = fs::canonicalize(script).map_err(failed)?;
    if !wanted.is_file() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let is_it = |file: &&String| {
        folders.find(file).and_then(|path| fs::canonicalize(path).ok()).as_ref() == Some(&wanted)
    };
    let known = observed.iter().find(is_it).cloned();
    Ok(known.unwrap_or_else(|| script.display().to_string()))
}

/// Folders of loaded packages.
fn packages(observed: &BTreeSet<String>) -> impl Iterator<Item = &str> {
    observed.iter().filter_map(|file| file.strip_suffix("__init__.py"))
}

/// Modules in the folder of a package that were not observed. Tests and entry points are meant to
/// be loaded by other programs.
fn beside(folders: &SourceFolders, package: &str, observed: &BTreeSet<String>) -> Vec<String> {
    let folder = folders.find(&format!("{package}__init__.py"));
    let entries = folder.and_then(|path| fs::read_dir(path.parent()?).ok());
    let names = entries.into_iter().flatten().flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let modules = names.filter(|name| {
        Path::new(name).extension().is_some_and(|extension| extension == "py")
            && !name.starts_with("test_")
            && !name.ends_with("_test.py")
            && !matches!(name.as_str(), "conftest.py" | "__main__.py" | "setup.py")
    });
    modules.map(|name| format!("{package}{name}")).filter(|file| !observed.contains(file)).collect()
}
