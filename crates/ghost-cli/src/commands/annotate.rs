//! `ghost annotate`: adds the observed types to parameters and return values without annotations.
//!
//! The difference is data and goes to standard output; `--write` changes the files instead. What is
//! left out, and why, is said on standard error.

mod difference;
mod remarks;
mod rewrite;

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use ghost_analysis::annotating::{Annotated, annotate};
use ghost_analysis::inference::{Project, ProjectFile};
use ghost_model::glob_matches;

use super::project_files::{ProjectFiles, ReadFile};
use super::session_choice;
use crate::args::{AnnotateArguments, ColourChoice};
use crate::exit::{CommandError, SUCCESS};
use crate::output::colour::standard_output;
use crate::output::talk;
pub(crate) use rewrite::RewriteError;

/// Why there is nothing to annotate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SelectionError {
    /// The session saw nothing of this file.
    #[error("nothing of `{}` was recorded", file.display())]
    File {
        /// As given.
        file: PathBuf,
    },
    /// No module of this name ran.
    #[error("no recorded module matches `{glob}`")]
    Module {
        /// As given.
        glob: String,
    },
}

/// Runs the command.
pub(crate) fn execute(
    arguments: &AnnotateArguments,
    colour: ColourChoice,
) -> Result<u8, CommandError> {
    let (session, files) = session_and_files(&arguments.words);
    let reader = session_choice::open(&session)?;
    let recording = reader.recording()?;
    let project_files = ProjectFiles::read(reader.session(), &recording);
    let selected = select(&project_files, &files, arguments.module.as_deref())?;
    let project = Project::new(&recording, &project_files.parsed);

    let mut output = BufWriter::new(standard_output(colour));
    let mut annotated = Vec::new();
    for (read, file) in selected {
        match annotate(&project, file, arguments.min_calls) {
            Ok(result) => {
                if arguments.write {
                    rewrite::apply(read, &result)?;
                } else {
                    difference::write(&mut output, file, &result)?;
                }
                annotated.push((read, result));
            }
            // Our own output did not parse: the file stays as it is.
            Err(error) => talk::say(format_args!("cannot annotate `{}`: {error}", file.path)),
        }
    }
    output.flush()?;
    say(arguments, &annotated);
    Ok(SUCCESS)
}

fn say(arguments: &AnnotateArguments, annotated: &[(&ReadFile, Annotated)]) {
    for line in remarks::missing(annotated) {
        talk::say(line);
    }
    let left_out = if arguments.reasons {
        remarks::each_left_out(annotated)
    } else {
        remarks::left_out(annotated)
    };
    left_out.iter().for_each(talk::say);
    talk::say(remarks::summary(annotated, arguments.write));
}

/// The first word is the session unless it is a file.
fn session_and_files(words: &[PathBuf]) -> (String, Vec<&Path>) {
    let mut files: Vec<&Path> = words.iter().map(PathBuf::as_path).collect();
    let is_file =
        |path: &Path| path.extension().is_some_and(|it| it == "py" || it == "pyw") || path.exists();
    let first = files.first().filter(|first| !is_file(first));
    match first.map(|first| first.to_string_lossy().into_owned()) {
        Some(session) => (session, files.split_off(1)),
        None => ("latest".to_owned(), files),
    }
}

/// The files that are asked for; all where none are.
pub(super) fn select<'a>(
    project: &'a ProjectFiles,
    files: &[&Path],
    module: Option<&str>,
) -> Result<Vec<(&'a ReadFile, &'a ProjectFile)>, CommandError> {
    let mut selected: Vec<(&ReadFile, &ProjectFile)> = project.iter().collect();
    if let Some(glob) = module {
        selected.retain(|(read, file)| {
            glob_matches(glob, &file.module) || read.modules.iter().any(|it| glob_matches(glob, it))
        });
        if selected.is_empty() {
            return Err(SelectionError::Module { glob: glob.to_owned() }.into());
        }
    }
    let is_same = |read: &ReadFile, file: &Path| {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        real(&read.path) == real(file)
    };
    if let Some(file) = files.iter().find(|file| !selected.iter().any(|(it, _)| is_same(it, file)))
    {
        return Err(SelectionError::File { file: file.to_path_buf() }.into());
    }
    if !files.is_empty() {
        selected.retain(|(read, _)| files.iter().any(|file| is_same(read, file)));
    }
    Ok(selected)
}
