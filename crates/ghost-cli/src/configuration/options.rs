//! Which options can be set elsewhere than on the command line, found in the command line's own
//! definition.

use clap::builder::Arg;
use clap::{ArgAction, Command};

use super::Setting;
use super::probe;
use crate::environment;

/// The command whose options need no table and no prefix.
pub(super) const MAIN_COMMAND: &str = "run";

/// Options that `clap` provides, and that decide nothing.
const PROVIDED: [&str; 2] = ["help", "version"];

/// Where an option belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    /// The command; `None` for options of all commands.
    pub(super) command: Option<String>,
    /// Its long name.
    pub(super) key: String,
}

/// What an option holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// On or off.
    Switch,
    /// A number.
    Number,
    /// A word.
    Word,
    /// Something that may be written as either.
    Any,
    /// Any number of words.
    List,
}

/// An option that can be set.
#[derive(Clone, Debug)]
pub(super) struct Settable {
    pub(super) placed: Placed,
    pub(super) kind: Kind,
}

/// The command line, and what of it can be set.
#[derive(Debug)]
pub(super) struct Configurable {
    command: Command,
    options: Vec<Settable>,
}

impl Configurable {
    /// Finds every long option, and gives each switch a hidden `--no-…`.
    pub(super) fn new(command: Command) -> Self {
        let mut options = settable(None, &command);
        for sub in command.get_subcommands() {
            options.extend(settable(Some(sub.get_name()), sub));
        }
        let command = options
            .iter()
            .filter(|option| option.kind == Kind::Switch)
            .fold(command, |command, option| with_denial(command, &option.placed));
        Self { command, options }
    }

    /// The command line as users type it.
    pub(super) fn command(&self) -> Command {
        self.command.clone()
    }

    /// The same with other defaults; of several for one option the last counts.
    pub(super) fn command_with(&self, settings: impl Iterator<Item = Setting>) -> Command {
        settings.fold(self.command(), |command, Setting { placed, values }| {
            at(command, placed.command.as_deref(), |command| {
                let id = id_of(&command, &placed.key);
                command.mut_arg(id, |arg| arg.default_values(values))
            })
        })
    }

    /// The options of a command, and those of all commands.
    pub(super) fn options_of(&self, command: &str) -> impl Iterator<Item = &Settable> {
        let applies = move |of: Option<&str>| of.is_none_or(|of| of == command);
        self.options.iter().filter(move |option| applies(option.placed.command.as_deref()))
    }

    /// The option of that name in a table of the project: `None` is `[tool.ghost]` itself, for the
    /// main command and for all commands.
    pub(super) fn find(&self, table: Option<&str>, key: &str) -> Option<&Settable> {
        self.in_table(table).find(|option| option.placed.key == key)
    }

    /// All options of a table.
    pub(super) fn in_table(&self, table: Option<&str>) -> impl Iterator<Item = &Settable> {
        let belongs = move |of: Option<&str>| match table {
            None => of.is_none_or(|of| of == MAIN_COMMAND),
            Some(table) => of == Some(table),
        };
        self.options.iter().filter(move |option| belongs(option.placed.command.as_deref()))
    }

    /// Names of commands with options.
    pub(super) fn tables(&self) -> impl Iterator<Item = &str> {
        self.command.get_subcommands().map(Command::get_name)
    }

    /// Whether the option can hold that value; else what it can.
    pub(super) fn check(&self, placed: &Placed, value: &str) -> Result<(), String> {
        let of = placed.command.as_deref();
        let command = of.map_or(Some(&self.command), |name| self.command.find_subcommand(name));
        let arg = command.and_then(|command| arg_of(command, &placed.key));
        arg.map_or(Ok(()), |arg| probe::check(arg, value))
    }
}

impl Settable {
    /// The variable it is set by.
    pub(super) fn variable(&self) -> String {
        let command = self.placed.command.as_deref().filter(|name| *name != MAIN_COMMAND);
        environment::option_variable(command, &self.placed.key)
    }

    /// What a text, as in a variable, means for it: lists are separated by commas.
    pub(super) fn values_of_text(&self, text: &str) -> Result<Vec<String>, String> {
        match self.kind {
            Kind::Switch => switch(text).map(|on| vec![on.to_string()]),
            Kind::List => Ok(text.split(',').map(|part| part.trim().to_owned()).collect()),
            Kind::Number | Kind::Word | Kind::Any => Ok(vec![text.to_owned()]),
        }
    }
}

/// The name of the option that takes a switch back.
pub(super) fn denial_of(key: &str) -> String {
    format!("no-{key}")
}

fn switch(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(format!("`{text}` is not one of 1, 0, true, false, yes, no, on, off")),
    }
}

fn settable(command: Option<&str>, of: &Command) -> Vec<Settable> {
    let named = of.get_arguments().filter_map(|arg| Some((arg, arg.get_long()?)));
    named
        .filter(|(_, key)| !PROVIDED.contains(key))
        .map(|(arg, key)| Settable {
            placed: Placed { command: command.map(Into::into), key: key.into() },
            kind: kind(arg),
        })
        .collect()
}

fn kind(arg: &Arg) -> Kind {
    let default = arg.get_default_values().first().and_then(|value| value.to_str());
    match arg.get_action() {
        ArgAction::SetTrue | ArgAction::SetFalse | ArgAction::Count => Kind::Switch,
        ArgAction::Append => Kind::List,
        _ if !arg.get_possible_values().is_empty() => Kind::Word,
        _ if default.is_some_and(|value| value.parse::<f64>().is_ok()) => Kind::Number,
        _ if default.is_some() => Kind::Word,
        _ => Kind::Any,
    }
}

fn with_denial(command: Command, placed: &Placed) -> Command {
    at(command, placed.command.as_deref(), |command| {
        let (id, denial) = (id_of(&command, &placed.key), denial_of(&placed.key));
        let arg = Arg::new(denial.clone()).long(denial).hide(true).action(ArgAction::SetTrue);
        command.arg(arg.overrides_with(id))
    })
}

/// Changes a command, or one below it.
fn at(command: Command, sub: Option<&str>, change: impl FnOnce(Command) -> Command) -> Command {
    match sub {
        None => change(command),
        Some(name) => command.mut_subcommand(name, change),
    }
}

fn arg_of<'a>(command: &'a Command, key: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|arg| arg.get_long() == Some(key))
}

/// The name the parser knows an option by.
fn id_of(command: &Command, key: &str) -> clap::Id {
    arg_of(command, key).map_or_else(|| clap::Id::from(key.to_owned()), |arg| arg.get_id().clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Arguments;
    use clap::CommandFactory;
    use std::collections::BTreeSet;

    #[test]
    fn every_option_has_a_variable_of_its_own() {
        let configurable = Configurable::new(Arguments::command());
        let variables: Vec<String> = configurable.options.iter().map(Settable::variable).collect();
        let different: BTreeSet<&String> = variables.iter().collect();
        assert_eq!(different.len(), variables.len(), "{variables:?}");
        assert!(variables.contains(&"GHOST_EVENTS_PER_FUNCTION".to_owned()));
        assert!(variables.contains(&"GHOST_REPORT_TOP".to_owned()));
        for fixed in [environment::GHOST_RUN, environment::GHOST_DATA_DIR] {
            assert!(!variables.iter().any(|variable| variable == fixed), "{fixed}");
        }
    }

    #[test]
    fn the_kind_of_an_option_is_seen_from_its_definition() {
        let configurable = Configurable::new(Arguments::command());
        let kind = |table, key| configurable.find(table, key).map(|option| option.kind);
        assert_eq!(kind(None, "quiet"), Some(Kind::Switch));
        assert_eq!(kind(None, "include"), Some(Kind::List));
        assert_eq!(kind(None, "scope"), Some(Kind::Word));
        assert_eq!(kind(None, "color"), Some(Kind::Word));
        assert_eq!(kind(Some("report"), "top"), Some(Kind::Number));
        assert_eq!(kind(Some("clean"), "max-size"), Some(Kind::Any));
        assert_eq!(kind(Some("report"), "scope"), None);
    }

    #[test]
    fn switches_take_the_usual_words() {
        for word in ["1", "true", "YES", "on"] {
            assert_eq!(switch(word), Ok(true));
        }
        for word in ["0", "False", "no", "off"] {
            assert_eq!(switch(word), Ok(false));
        }
        assert!(switch("maybe").is_err() && switch("").is_err());
    }
}
