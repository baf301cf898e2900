//! Makes a table of the files in `assets/`, each as it is and compressed where that is worth it, for
//! `src/assets.rs` to include.
//!
//! Builds no dashboard: whoever builds `ghost` needs no Node. `dashboard/` writes into `assets/`.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, io};

use flate2::{Compression, GzBuilder};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("assets");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut paths = Vec::new();
    collect(&folder, &mut paths)?;
    paths.sort();
    let mut table = String::from("&[\n");
    for (number, path) in paths.iter().enumerate() {
        let name = text(path.strip_prefix(&folder)?)?;
        let bytes = include(path)?;
        let file = out.join(format!("{number}.gz"));
        let is_smaller = compress(&fs::read(path)?, &file)?;
        let gzip = if is_smaller { format!("Some({})", include(&file)?) } else { "None".into() };
        writeln!(table, "Asset {{ name: {name:?}, bytes: {bytes}, gzip: {gzip} }},")?;
    }
    table.push(']');
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

fn include(file: &Path) -> Result<String, &'static str> {
    Ok(format!("include_bytes!({:?})", text(file)?))
}

fn text(path: &Path) -> Result<&str, &'static str> {
    path.to_str().ok_or("a path that is not UTF-8")
}

/// Hidden files are not served: they are for whoever builds.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), paths)?;
        } else {
            paths.push(entry.path());
        }
    }
    Ok(())
}

/// Whether the file got smaller. No name and no time go into it: builds are reproducible.
fn compress(bytes: &[u8], file: &Path) -> io::Result<bool> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    let gzip = encoder.finish()?;
    fs::write(file, &gzip)?;
    Ok(gzip.len() < bytes.len())
}
