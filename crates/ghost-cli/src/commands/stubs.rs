//! `ghost stubs`: the signatures of the observed modules, with the observed types where the source
//! has none.

mod stub_folder;

use std::io::{BufWriter, Write};

use ghost_analysis::inference::{Project, ProjectFile};
use ghost_analysis::stubbing::stub;
use ghost_export::visible;

use super::annotate::select;
use super::project_files::ProjectFiles;
use super::session_choice;
use crate::args::{ColourChoice, StubsArguments};
use crate::exit::{CommandError, NO_DATA, SUCCESS};
use crate::output::colour::standard_output;
use crate::output::number::counted;
use crate::output::talk;
use stub_folder::StubFolder;
pub(crate) use stub_folder::StubFolderError;

/// Runs the command.
pub(crate) fn execute(
    arguments: &StubsArguments,
    colour: ColourChoice,
) -> Result<u8, CommandError> {
    // First of all, so that a wrong path is known before anything is read.
    let folder = arguments.output.as_deref().map(StubFolder::open).transpose()?;
    let reader = session_choice::open(&arguments.session)?;
    let recording = reader.recording()?;
    let project_files = ProjectFiles::read(reader.session(), &recording);
    let selected = select(&project_files, &[], arguments.module.as_deref())?;
    let project = Project::new(&recording, &project_files.parsed);
    if selected.is_empty() {
        talk::say("no module of which there is source was observed");
        return Ok(NO_DATA);
    }
    let mut output = BufWriter::new(standard_output(colour));
    let (mut stubs, mut added) = (0, 0);
    for (_, file) in selected {
        match stub(&project, file, arguments.min_calls) {
            Ok(made) => {
                match &folder {
                    Some(folder) => folder.write(file, &made.text)?,
                    None => print(&mut output, file, &made.text)?,
                }
                stubs += 1;
                added += made.added as u64;
            }
            // Our own output did not parse.
            Err(error) => talk::say(format_args!("cannot make a stub of `{}`: {error}", file.path)),
        }
    }
    output.flush()?;
    let stubs = counted(stubs, "stub", "stubs");
    talk::say(format_args!("{stubs}, {} added", counted(added, "annotation", "annotations")));
    Ok(SUCCESS)
}

/// A stub behind a line that says which it is.
fn print(output: &mut impl Write, file: &ProjectFile, text: &str) -> Result<(), CommandError> {
    if let Some(path) = stub_folder::path(file) {
        writeln!(output, "# {}", visible(&path.to_string_lossy()))?;
    }
    writeln!(output, "{text}")?;
    Ok(())
}
