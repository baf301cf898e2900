//! Folders of packages installed in editable mode: project code outside the project's folder.
//!
//! Such installs leave a `.pth` file with the folder, or an import hook that names it. Only these
//! small files are read, once per process; no Python runs.

use std::path::Path;

/// Longest file that is looked into.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// Source folders named by the files of one site folder.
pub(crate) fn editable_roots(site: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(site) else { return Vec::new() };
    let mut roots = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let hook = name.starts_with("__editable___") && name.ends_with("_finder.py");
        if !hook && !name.ends_with(".pth") {
            continue;
        }
        let small = entry.metadata().is_ok_and(|metadata| metadata.len() <= FILE_BYTES_MAX);
        if let (true, Ok(text)) = (small, std::fs::read_to_string(entry.path())) {
            roots.extend(if hook { folders_in_hook(&text) } else { folders_in_pth(&text) });
        }
    }
    roots
}

fn folders_in_pth(text: &str) -> Vec<String> {
    let folders = text.lines().map(str::trim).filter(|line| line.starts_with('/'));
    folders.filter(|line| Path::new(line).is_dir()).map(str::to_owned).collect()
}

/// Quoted absolute paths of setuptools' import hook (`MAPPING = {'pkg': '/src/pkg'}`).
fn folders_in_hook(text: &str) -> Vec<String> {
    let mapping = text.lines().find(|line| line.starts_with("MAPPING")).unwrap_or_default();
    let quoted = mapping.split(['\'', '"']).filter(|part| part.starts_with('/'));
    quoted.filter(|part| Path::new(part).exists()).map(str::to_owned).collect()
}
