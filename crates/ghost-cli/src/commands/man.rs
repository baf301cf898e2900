//! `ghost man`: manual pages from the same definitions as the help.

use std::fs;
use std::io::{self, Write, stdout};
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::args::{Arguments, ManArguments};
use crate::exit::{CommandError, SUCCESS};

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManError {
    /// There is no such command.
    #[error("no command `{name}`")]
    UnknownCommand {
        /// What was asked for.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// A page cannot be written.
    #[error("cannot write `{}`", path.display())]
    Page {
        /// Where it was to be.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ManError {
    /// The way out.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownCommand { known, .. } => Some(format!("there are {}", known.join(", "))),
            Self::Page { .. } => None,
        }
    }
}

/// Runs the command.
pub(crate) fn execute(arguments: &ManArguments) -> Result<u8, CommandError> {
    let mut ghost = Arguments::command().disable_help_subcommand(true);
    ghost.build();
    match (&arguments.out, arguments.command.as_deref()) {
        (Some(folder), _) => write_all(&ghost, folder)?,
        (None, name) => {
            let mut output = stdout().lock();
            output.write_all(&page(named(&ghost, name)?)?)?;
            output.flush()?;
        }
    }
    Ok(SUCCESS)
}

/// The command of that name; `ghost` itself where none is given.
fn named<'a>(ghost: &'a Command, name: Option<&str>) -> Result<&'a Command, ManError> {
    let Some(name) = name else { return Ok(ghost) };
    ghost.find_subcommand(name).ok_or_else(|| ManError::UnknownCommand {
        name: name.to_owned(),
        known: ghost.get_subcommands().map(|known| known.get_name().to_owned()).collect(),
    })
}

fn write_all(ghost: &Command, folder: &Path) -> Result<(), CommandError> {
    for command in [ghost].into_iter().chain(ghost.get_subcommands()) {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name());
        let path = folder.join(format!("{name}.1"));
        let content = page(command)?;
        fs::write(&path, content).map_err(|source| ManError::Page { path, source })?;
    }
    Ok(())
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    // Without a date, so that the same version always writes the same page.
    let mut page = Vec::new();
    Man::new(command.clone())
        .date("")
        .source("ghostglass")
        .manual("Ghostglass")
        .render(&mut page)?;
    Ok(page)
}
