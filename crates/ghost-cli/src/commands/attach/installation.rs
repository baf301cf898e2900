//! Where the observer is that fits the interpreter of a program: beside `ghost`, else in the program's
//! own environment.

use std::fs;
use std::path::{Path, PathBuf};

use super::process::PythonVersion;
use crate::commands::run::interpreter::Surroundings;

/// Folders of an environment that hold a folder `pythonX.Y`.
const LIBRARY_FOLDERS: [&str; 2] = ["lib", "lib64"];
/// Folders in it that hold packages.
const PACKAGE_FOLDERS: [&str; 2] = ["site-packages", "dist-packages"];
const PACKAGE: &str = "ghostglass";
const EXTENSION: &str = "_native.cpython-";

/// The folder that holds the package, for this version.
pub(super) fn find(version: PythonVersion, program: Option<&Path>) -> Option<PathBuf> {
    environments(program).iter().find_map(|environment| in_environment(environment, version))
}

/// The versions for which there is a package beside `ghost`.
pub(super) fn versions_here() -> Vec<PythonVersion> {
    let mut found: Vec<PythonVersion> = Vec::new();
    for environment in environments(None) {
        let folders =
            LIBRARY_FOLDERS.iter().filter_map(|name| fs::read_dir(environment.join(name)).ok());
        let names =
            folders.flatten().flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let versions = names.filter_map(|name| version_of(&name));
        found.extend(versions.filter(|version| in_environment(&environment, *version).is_some()));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// `python3.14`
fn version_of(folder: &str) -> Option<PythonVersion> {
    let (major, minor) = folder.strip_prefix("python")?.split_once('.')?;
    Some(PythonVersion { major: major.parse().ok()?, minor: minor.parse().ok()? })
}

/// That of `ghost`, then that of the program: the parents of their `bin`.
fn environments(program: Option<&Path>) -> Vec<PathBuf> {
    let bins = Surroundings::current().ghost_folders;
    let program = program.and_then(Path::parent).map(Path::to_owned);
    let all = bins.into_iter().chain(program);
    all.filter_map(|bin| bin.parent().map(Path::to_owned)).collect()
}

fn in_environment(environment: &Path, version: PythonVersion) -> Option<PathBuf> {
    let PythonVersion { major, minor } = version;
    // Debian keeps packages of all versions of 3 in one folder.
    let folders = [format!("python{major}.{minor}"), format!("python{major}")];
    let libraries = LIBRARY_FOLDERS.iter().flat_map(|lib| {
        let folders = &folders;
        folders.iter().map(move |python| environment.join(lib).join(python))
    });
    let packages = libraries.flat_map(|library| PACKAGE_FOLDERS.map(|name| library.join(name)));
    let extension = format!("{EXTENSION}{major}{minor}-");
    packages.into_iter().find(|folder| has_extension(&folder.join(PACKAGE), &extension))
}

fn has_extension(package: &Path, prefix: &str) -> bool {
    let Ok(entries) = fs::read_dir(package) else { return false };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    names.into_iter().any(|name| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_build_for_the_version_counts() {
        let root = tempfile::tempdir().unwrap();
        let package = root.path().join("lib/python3.14/site-packages/ghostglass");
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("_native.cpython-314-x86_64-linux-gnu.so"), "").unwrap();
        let find = |minor| in_environment(root.path(), PythonVersion { major: 3, minor });
        assert_eq!(find(14).as_deref(), package.parent());
        assert_eq!(find(13), None);
        fs::rename(
            package.join("_native.cpython-314-x86_64-linux-gnu.so"),
            package.join("_native.cpython-313-x86_64-linux-gnu.so"),
        )
        .unwrap();
        assert_eq!(find(14), None);
    }
}
