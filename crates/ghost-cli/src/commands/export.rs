//! `ghost export`: a session as a file for other programs.
//!
//! The destination is opened before anything is read, and a file appears complete or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write, stdout};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ghost_export::{ExportView, Format};
use ghost_store::SessionReader;

use super::session_choice;
use crate::args::{ExportArguments, ExportFormat};
use crate::exit::{CommandError, SUCCESS};

/// Only its owner may read an export: it tells a lot about a program.
const PRIVATE_FILE: u32 = 0o600;

/// Why an export cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    /// A terminal would show garbage.
    #[error("`{format}` is not for terminals")]
    Binary {
        /// The format.
        format: &'static str,
    },
    /// The file cannot be made.
    #[error("cannot write `{}`", path.display())]
    Destination {
        /// Where it was to be.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file could be made, but not completed.
    #[error("cannot complete `{}`", path.display())]
    Incomplete {
        /// Where it was to be.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ExportError {
    /// The way out.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Binary { .. } => Some("`-o FILE` writes it to a file"),
            Self::Destination { .. } | Self::Incomplete { .. } => None,
        }
    }
}

/// Runs the command.
pub(crate) fn execute(arguments: &ExportArguments) -> Result<u8, CommandError> {
    let format = format(arguments.format);
    if arguments.output == Path::new("-") {
        if format.is_binary() && stdout().is_terminal() {
            return Err(ExportError::Binary { format: format.as_str() }.into());
        }
        let reader = session_choice::open(&arguments.session)?;
        let mut output = BufWriter::new(stdout().lock());
        write(&reader, format, &mut output)?;
        output.flush()?;
        return Ok(SUCCESS);
    }
    // First of all, so that a wrong path is known before anything is read.
    let destination = Destination::open(&arguments.output)?;
    let reader = session_choice::open(&arguments.session)?;
    destination.complete(|output| write(&reader, format, output))?;
    Ok(SUCCESS)
}

fn write(
    reader: &SessionReader,
    format: Format,
    output: &mut dyn Write,
) -> Result<(), CommandError> {
    let processes = reader.processes()?;
    let recording = reader.recording()?;
    let activations =
        if format.needs_activations() { reader.activations_by_process()? } else { Vec::new() };
    let view = ExportView::new(reader.session(), &processes, &recording);
    let call_tree = format.needs_call_tree().then(|| reader.call_tree()).transpose()?;
    let view = ExportView { activations: &activations, call_tree: call_tree.as_ref(), ..view };
    Ok(ghost_export::write(&view, format, output)?)
}

fn format(format: ExportFormat) -> Format {
    match format {
        ExportFormat::Json => Format::Json,
        ExportFormat::Csv => Format::Csv,
        ExportFormat::Markdown => Format::Markdown,
        ExportFormat::Speedscope => Format::Speedscope,
        ExportFormat::Collapsed => Format::Collapsed,
        ExportFormat::Pprof => Format::Pprof,
        ExportFormat::Trace => Format::Trace,
        #[cfg(feature = "parquet")]
        ExportFormat::Parquet => Format::Parquet,
    }
}

/// A file that is being written beside the one it will replace. Dropped before it is complete, it
/// leaves nothing behind. Devices and pipes are written as they are.
#[derive(Debug)]
struct Destination {
    path: PathBuf,
    temporary: Option<PathBuf>,
    file: File,
}

impl Destination {
    fn open(path: &Path) -> Result<Self, ExportError> {
        let failed = |source| ExportError::Destination { path: path.to_owned(), source };
        // What a link points to is replaced, not the link.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut options = OpenOptions::new();
        options.write(true);
        let temporary = match fs::metadata(&path) {
            Ok(found) if found.is_dir() => return Err(failed(io::ErrorKind::IsADirectory.into())),
            Ok(found) if !found.is_file() => None,
            _ => Some(
                temporary_name(&path).ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?,
            ),
        };
        if temporary.is_some() {
            options.create_new(true).mode(PRIVATE_FILE);
        }
        let file = options.open(temporary.as_ref().unwrap_or(&path)).map_err(failed)?;
        Ok(Self { path, temporary, file })
    }

    fn complete(
        mut self,
        write: impl FnOnce(&mut dyn Write) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let path = self.path.clone();
        let failed = |source| ExportError::Incomplete { path, source };
        let mut output = BufWriter::new(&self.file);
        match write(&mut output).and_then(|()| Ok(output.flush()?)) {
            // A full disk is the destination's trouble, not standard output's.
            Err(CommandError::Output(source)) => return Err(failed(source).into()),
            written => written?,
        }
        drop(output);
        if let Some(temporary) = self.temporary.take() {
            let placed = self.file.sync_all().and_then(|()| fs::rename(&temporary, &self.path));
            self.temporary = placed.is_err().then_some(temporary);
            placed.map_err(failed)?;
        }
        Ok(())
    }
}

fn temporary_name(path: &Path) -> Option<PathBuf> {
    let mut name = OsString::from(".");
    name.push(path.file_name()?);
    name.push(format!(".{}.part", std::process::id()));
    Some(path.with_file_name(name))
}

impl Drop for Destination {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            let _ = fs::remove_file(temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_appears_complete_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profile.json");
        fs::write(&path, "old").unwrap();
        let destination = Destination::open(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        destination.complete(|output| Ok(output.write_all(b"new")?)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(names(folder.path()), ["profile.json"]);
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let destination = Destination::open(&folder.path().join("profile.json")).unwrap();
        let full = || CommandError::Output(io::ErrorKind::StorageFull.into());
        let error = destination.complete(|_| Err(full())).unwrap_err();
        assert!(matches!(error, CommandError::Export(ExportError::Incomplete { .. })));
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_device_is_written_and_a_link_followed() {
        let folder = tempfile::tempdir().unwrap();
        let [real, link] = ["real.json", "link.json"].map(|name| folder.path().join(name));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let linked = Destination::open(&link).unwrap();
        linked.complete(|output| Ok(output.write_all(b"new")?)).unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert!(link.is_symlink());

        let device = Destination::open(Path::new("/dev/null")).unwrap();
        device.complete(|output| Ok(output.write_all(b"new")?)).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        let full = Destination::open(Path::new("/dev/full")).unwrap();
        assert!(full.complete(|output| Ok(output.write_all(b"new")?)).is_err());
    }

    #[test]
    fn impossible_destinations_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_owned(), folder.path().join("missing/profile.json")] {
            assert!(matches!(Destination::open(&path), Err(ExportError::Destination { .. })));
        }
    }
}
