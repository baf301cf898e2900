//! The dashboard that the server embeds was built from the sources beside it.
//!
//! The build (`dashboard/build.mjs`) leaves a number made from its sources among the assets. Whoever has
//! no Node can still see here that it is another one. Says nothing where there are no sources, as in a
//! source distribution.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Finding;
use super::tree::TreeError;

/// What the build reads, besides everything in `src`.
const FILES: [&str; 7] = [
    "build.mjs",
    "embedded.html",
    "icon.svg",
    "index.html",
    "package-lock.json",
    "package.json",
    "tsconfig.json",
];

const DASHBOARD: &str = "dashboard";
const STAMP: &str = "crates/ghost-server/assets/.stamp";

/// The number beside the assets is that of the sources.
pub(super) fn check(root: &Path) -> Result<Vec<Finding>, TreeError> {
    let dashboard = root.join(DASHBOARD);
    if !dashboard.join("package.json").exists() {
        return Ok(Vec::new());
    }
    let wanted = stamp(&dashboard)?;
    let found = fs::read_to_string(root.join(STAMP)).unwrap_or_default();
    if found.trim() == wanted {
        return Ok(Vec::new());
    }
    let message = "built from other sources than those in `dashboard`; run `cargo xtask dashboard`";
    Ok(vec![Finding { path: PathBuf::from(STAMP), line: None, message: message.into() }])
}

/// Paths and contents in the order of the paths, each with its length before it.
fn stamp(dashboard: &Path) -> Result<String, TreeError> {
    let mut paths: Vec<String> = FILES.map(str::to_owned).into();
    collect(dashboard, "src", &mut paths)?;
    paths.sort();
    let mut hasher = crc32fast::Hasher::new();
    for path in paths {
        let content = read(&dashboard.join(&path), |path| fs::read(path))?;
        for part in [path.as_bytes(), &content] {
            hasher.update(format!("{}:", part.len()).as_bytes());
            hasher.update(part);
        }
    }
    Ok(format!("{:08x}", hasher.finalize()))
}

fn collect(dashboard: &Path, folder: &str, paths: &mut Vec<String>) -> Result<(), TreeError> {
    let entries = read(&dashboard.join(folder), |path| fs::read_dir(path)?.collect())?;
    for entry in Vec::into_iter(entries) {
        let entry: fs::DirEntry = entry;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(dashboard, &path, paths)?;
        } else if !path.ends_with(".test.ts") && !path.ends_with(".test.tsx") {
            paths.push(path);
        }
    }
    Ok(())
}

fn read<T>(path: &Path, read: impl FnOnce(&Path) -> io::Result<T>) -> Result<T, TreeError> {
    read(path).map_err(|source| TreeError { path: path.to_path_buf(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("dashboard/src/pages")).unwrap();
        fs::create_dir_all(root.path().join(STAMP).parent().unwrap()).unwrap();
        for file in FILES {
            fs::write(root.path().join(DASHBOARD).join(file), file).unwrap();
        }
        fs::write(root.path().join("dashboard/src/pages/a.tsx"), "a").unwrap();
        let number = stamp(&root.path().join(DASHBOARD)).unwrap();
        fs::write(root.path().join(STAMP), format!("{number}\n")).unwrap();
        root
    }

    #[test]
    fn assets_of_these_sources_are_fine() {
        let root = repository();
        assert_eq!(check(root.path()).unwrap(), []);
        fs::write(root.path().join("dashboard/src/pages/a.test.ts"), "tests may change").unwrap();
        assert_eq!(check(root.path()).unwrap(), []);
    }

    #[test]
    fn assets_of_other_sources_are_found() {
        for change in ["src/pages/a.tsx", "src/b.css", "package-lock.json"] {
            let root = repository();
            fs::write(root.path().join(DASHBOARD).join(change), "changed").unwrap();
            assert_eq!(check(root.path()).unwrap().len(), 1, "{change}");
        }
    }

    #[test]
    fn without_sources_there_is_nothing_to_compare() {
        assert_eq!(check(tempfile::tempdir().unwrap().path()).unwrap(), []);
    }
}
