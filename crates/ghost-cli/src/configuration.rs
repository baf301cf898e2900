//! Where the options of a command come from: the command line, else the environment, else
//! `[tool.ghost]` of the project, else their defaults.
//!
//! Values that are not from the command line are given to the parser as defaults, so that a command
//! cannot tell the difference, and a new option needs nothing here. Reads no file but the project's
//! `pyproject.toml`; names of variables are made in `environment`.

mod options;
mod probe;
mod probe_policy;
mod project;

use std::ffi::OsString;

use clap::{ArgMatches, CommandFactory, FromArgMatches};

use crate::args::Arguments;
use options::{Configurable, Placed};

pub(crate) use project::ProjectError;

/// Commands that need no options from elsewhere: they describe `ghost` itself.
const NOT_CONFIGURED: [&str; 5] = ["completions", "man", "relay", "telemetry", "help"];

/// Why the options of a command are not clear.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigurationError {
    /// The command line is wrong, or asks for help.
    #[error(transparent)]
    CommandLine(#[from] clap::Error),
    /// A variable holds something an option cannot be.
    #[error("variable `{variable}`: {reason}")]
    Variable {
        /// Its name.
        variable: String,
        /// What is wrong.
        reason: String,
    },
    /// The project's settings are wrong.
    #[error(transparent)]
    Project(#[from] ProjectError),
}

impl ConfigurationError {
    /// The way out.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Project(error) => error.hint(),
            Self::CommandLine(_) | Self::Variable { .. } => None,
        }
    }
}

/// A value for an option, from elsewhere than the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Setting {
    placed: Placed,
    values: Vec<String>,
}

/// Reads the command line and everything that fills its gaps.
pub(crate) fn arguments(
    words: impl IntoIterator<Item = OsString>,
) -> Result<Arguments, ConfigurationError> {
    let words: Vec<OsString> = words.into_iter().collect();
    let configurable = Configurable::new(Arguments::command());
    let matches = configurable.command().try_get_matches_from(&words)?;
    let command = matches.subcommand_name().unwrap_or_default();
    let settings = settings(&configurable, command)?;
    let wanted = settings.into_iter().filter(|setting| !is_denied(&matches, &setting.placed));
    let matches = configurable.command_with(wanted).try_get_matches_from(&words)?;
    Ok(Arguments::from_arg_matches(&matches)?)
}

/// Whether `--no-…` on the command line takes back what is set elsewhere.
fn is_denied(matches: &ArgMatches, placed: &Placed) -> bool {
    let matches = matches.subcommand().map_or(matches, |(_, matches)| matches);
    let denial = options::denial_of(&placed.key);
    matches.try_get_one::<bool>(&denial).ok().flatten().copied().unwrap_or(false)
}

/// What the project and the environment say about a command; the latter comes later and wins.
fn settings(
    configurable: &Configurable,
    command: &str,
) -> Result<Vec<Setting>, ConfigurationError> {
    if NOT_CONFIGURED.contains(&command) {
        return Ok(Vec::new());
    }
    let mut settings = project::settings(configurable)?;
    settings.retain(|setting| setting.placed.command.as_deref().is_none_or(|of| of == command));
    settings.extend(variables(configurable, command)?);
    Ok(settings)
}

fn variables(
    configurable: &Configurable,
    command: &str,
) -> Result<Vec<Setting>, ConfigurationError> {
    let mut settings = Vec::new();
    for option in configurable.options_of(command) {
        let variable = option.variable();
        let wrong = |reason| ConfigurationError::Variable { variable: variable.clone(), reason };
        let Some(value) = crate::environment::option(&variable) else { continue };
        let value = value.into_string().map_err(|_| wrong("it is not UTF-8".into()))?;
        let values = option.values_of_text(&value).map_err(wrong)?;
        for value in &values {
            configurable.check(&option.placed, value).map_err(wrong)?;
        }
        settings.push(Setting { placed: option.placed.clone(), values });
    }
    Ok(settings)
}
