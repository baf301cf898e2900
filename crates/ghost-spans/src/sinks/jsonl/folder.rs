//! Names in the folder of the files: `ghostglass-<pid>.jsonl` is written to, and renamed to
//! `ghostglass-<pid>-<date>-<time>-<number>.jsonl` when it is rotated. Removes the oldest rotated ones where
//! a number to keep is given; touches no file of any other form.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::JsonlSettings;
use super::file::ActiveFile;

/// Sinks of one process that write to the same folder.
const SINKS_MAX: u32 = 64;
/// Files of processes that are gone, looked at when the first file is opened.
const LEFT_BEHIND_MAX: usize = 1_000;
/// Names tried for one rotation, before it is given up.
const NAMES_MAX: u32 = 1_000;
const SUFFIX: &str = ".jsonl";

/// See the top of this file.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    prefix: String,
    keep: Option<usize>,
    has_repaired: bool,
    rotations: u32,
}

impl Folder {
    pub(super) fn new(settings: &JsonlSettings) -> Self {
        let JsonlSettings { dir, prefix, keep, .. } = settings.clone();
        Self { dir, prefix, keep, has_repaired: false, rotations: 0 }
    }

    /// Opens the file of this process, or one beside it where another sink has that.
    pub(super) fn open(&mut self) -> io::Result<ActiveFile> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
        self.repair_left_behind();
        let pid = std::process::id();
        for number in 1..=SINKS_MAX {
            let name = match number {
                1 => format!("{}-{pid}{SUFFIX}", self.prefix),
                _ => format!("{}-{pid}.{number}{SUFFIX}", self.prefix),
            };
            if let Some(file) = ActiveFile::open(&self.dir.join(name))? {
                return Ok(file);
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Moves a file out of the way, and removes those that are too many.
    pub(super) fn rotate(&mut self, file: &ActiveFile) -> io::Result<()> {
        let stem = file.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let stamp = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S");
        for _ in 0..NAMES_MAX {
            self.rotations += 1;
            let name = format!("{stem}-{stamp}-{:06}{SUFFIX}", self.rotations);
            let target = self.dir.join(name);
            // Only this process makes names with its id.
            if target.symlink_metadata().is_err() {
                fs::rename(file.path(), target)?;
                self.remove_oldest();
                return Ok(());
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// A process that was killed may have left a torn last line.
    fn repair_left_behind(&mut self) {
        if std::mem::replace(&mut self.has_repaired, true) {
            return;
        }
        let own = format!("{}-{}.", self.prefix, std::process::id());
        let is_left = |name: &str| self.is_active(name) && !name.starts_with(&own);
        for path in self.files(is_left).into_iter().take(LEFT_BEHIND_MAX) {
            // One that belongs to another user is not ours to repair.
            let _ = ActiveFile::repair_left_behind(&path);
        }
    }

    fn remove_oldest(&self) {
        let Some(keep) = self.keep else { return };
        let mut rotated = self.files(|name| self.rotated_at(name).is_some());
        rotated.sort_by_key(|path| {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            self.rotated_at(name).map(str::to_owned)
        });
        let too_many = rotated.len().saturating_sub(keep);
        for path in &rotated[..too_many] {
            // Another process may have been faster.
            let _ = fs::remove_file(path);
        }
    }

    fn files(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let is_wanted = |path: &PathBuf| name_of(path).is_some_and(&is_wanted);
        entries.map(|entry| entry.path()).filter(is_wanted).collect()
    }

    /// What stands between the prefix and the suffix.
    fn middle<'a>(&self, name: &'a str) -> Option<&'a str> {
        name.strip_prefix(&self.prefix)?.strip_prefix('-')?.strip_suffix(SUFFIX)
    }

    fn is_active(&self, name: &str) -> bool {
        self.middle(name).is_some_and(|middle| is_number(middle, '.'))
    }

    /// Date, time and number of a rotated file.
    fn rotated_at<'a>(&self, name: &'a str) -> Option<&'a str> {
        let (process, when) = self.middle(name)?.split_once('-')?;
        let shape = [8, 6];
        let mut parts = when.split('-');
        let fits = shape.iter().all(|length| {
            parts.next().is_some_and(|part| part.len() == *length && is_number(part, ' '))
        });
        let number = parts.next().is_some_and(|part| is_number(part, ' '));
        (fits && number && parts.next().is_none() && is_number(process, '.')).then_some(when)
    }
}

fn name_of(path: &Path) -> Option<&str> {
    path.file_name().and_then(OsStr::to_str)
}

/// Digits, and perhaps one separator between.
fn is_number(text: &str, separator: char) -> bool {
    let (first, second) = text.split_once(separator).unwrap_or((text, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(first) && is_digits(second)
}
