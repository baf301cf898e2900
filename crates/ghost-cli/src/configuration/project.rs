//! `[tool.ghost]` in the nearest `pyproject.toml` upward: its keys are options of `ghost run`, its
//! tables those of other commands. A key that means nothing is an error, never ignored.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ghost_relay::Destination;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Setting;
use super::options::{Configurable, Kind, Settable};
use super::probe_policy;

const FILE: &str = "pyproject.toml";

/// No file that anybody wrote is larger.
const BYTES_MAX: u64 = 4 << 20;

/// Options a project cannot set. A file that comes with a checkout must not choose what is executed,
/// where data is written or sent, or that files are changed; and a name is for one run.
const NOT_FOR_PROJECTS: [&str; 13] = [
    "host",
    "sidecar",
    "python",
    "output",
    "out",
    "write",
    "dry-run",
    "name",
    "note",
    "backend",
    "base-url",
    "model",
    "with-source",
];

/// An option that a project may set, as long as it leaves to others where data goes.
const EXPORTER: &str = "exporter";

/// How similar a word must be to be suggested; as `clap` does it.
const SIMILARITY_MIN: f64 = 0.7;

/// Why the settings of a project cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProjectError {
    /// The file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no TOML.
    #[error("`{}` line {line}: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// There is no such option.
    #[error("`{}` line {line}: unknown key `{key}` in `{table}`", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// The key as it is written.
        key: String,
        /// The table it is in.
        table: String,
        /// What may have been meant.
        suggestion: Option<String>,
    },
    /// The option cannot be set in a file.
    #[error("`{}` line {line}: `{key}` cannot be set for a project", path.display())]
    NotForProjects {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// The key.
        key: String,
    },
    /// The option cannot hold this.
    #[error("`{}` line {line}: `{key}`: {reason}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// The key.
        key: String,
        /// What is wrong.
        reason: String,
    },
}

impl ProjectError {
    /// The way out.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey { suggestion, .. } => {
                suggestion.as_ref().map(|word| format!("did you mean `{word}`?"))
            }
            Self::NotForProjects { .. } => Some("give it on the command line".into()),
            Self::Unreadable { .. } | Self::Syntax { .. } | Self::Value { .. } => None,
        }
    }
}

/// What the nearest project file with a `[tool.ghost]` says; nothing where there is none.
pub(super) fn settings(configurable: &Configurable) -> Result<Vec<Setting>, ProjectError> {
    // Without a current folder there is no project either.
    let Ok(here) = std::env::current_dir() else { return Ok(Vec::new()) };
    for folder in here.ancestors() {
        if let Some(file) = File::read(&folder.join(FILE))?
            && let Some(settings) = file.settings(configurable)?
        {
            return Ok(settings);
        }
    }
    Ok(Vec::new())
}

/// A project file.
#[derive(Debug)]
struct File {
    path: PathBuf,
    text: String,
}

type Key<'a> = Spanned<std::borrow::Cow<'a, str>>;

impl File {
    /// `None` where there is none, or one that never mentions us.
    fn read(path: &Path) -> Result<Option<Self>, ProjectError> {
        let unreadable = |source| ProjectError::Unreadable { path: path.to_owned(), source };
        match fs::metadata(path) {
            Ok(found) if !found.is_file() => return Ok(None),
            Ok(found) if found.len() > BYTES_MAX => {
                return Err(unreadable(io::ErrorKind::FileTooLarge.into()));
            }
            Ok(_) => {}
            // Missing, or in a folder we may not look into.
            Err(_) => return Ok(None),
        }
        let bytes = fs::read(path).map_err(unreadable)?;
        if !bytes.windows(b"ghost".len()).any(|part| part == b"ghost") {
            return Ok(None);
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| unreadable(io::Error::new(io::ErrorKind::InvalidData, "not UTF-8")))?;
        Ok(Some(Self { path: path.to_owned(), text }))
    }

    /// `None` where the file has no `[tool.ghost]`.
    fn settings(&self, configurable: &Configurable) -> Result<Option<Vec<Setting>>, ProjectError> {
        let document = DeTable::parse(&self.text).map_err(|error| ProjectError::Syntax {
            path: self.path.clone(),
            line: self.line(error.span().map_or(0, |span| span.start)),
            reason: error.message().lines().collect::<Vec<_>>().join(", "),
        })?;
        let Some(tool) = document.get_ref().get("tool") else { return Ok(None) };
        let Some(ours) = tool.get_ref().as_table().and_then(|tool| tool.get_key_value("ghost"))
        else {
            return Ok(None);
        };
        let table = self.table(ours.0, ours.1)?;
        let mut settings = Vec::new();
        for (key, value) in in_order(table) {
            if key.get_ref() == probe_policy::TABLE {
                settings.extend(self.probe_policy(configurable, key, value)?);
                continue;
            }
            match configurable.tables().find(|command| *command == key.get_ref()) {
                Some(command) => {
                    for (key, value) in in_order(self.table(key, value)?) {
                        settings.push(self.setting(configurable, Some(command), key, value)?);
                    }
                }
                None => settings.push(self.setting(configurable, None, key, value)?),
            }
        }
        self.refuse_twice(&settings, ours.0)?;
        Ok(Some(settings))
    }

    /// `[tool.ghost.probes]`: options of `ghost run` under words of their own.
    fn probe_policy(
        &self,
        configurable: &Configurable,
        table: &Key<'_>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Vec<Setting>, ProjectError> {
        let settings = in_order(self.table(table, value)?).into_iter().map(|(key, value)| {
            let option = probe_policy::option_of(key.get_ref());
            let Some(option) = option.and_then(|name| configurable.find(None, name)) else {
                let (path, line) = (self.path.clone(), self.line(key.span().start));
                let suggestion = most_similar(key.get_ref(), probe_policy::keys());
                let (key, table) = (key.get_ref().to_string(), "[tool.ghost.probes]".to_owned());
                return Err(ProjectError::UnknownKey { path, line, key, table, suggestion });
            };
            let wrong = |reason| self.wrong(key.get_ref(), value.span().start, reason);
            let values = values(option, value.get_ref()).map_err(wrong)?;
            let values = probe_policy::values_of(key.get_ref(), values);
            for value in &values {
                configurable.check(&option.placed, value).map_err(wrong)?;
            }
            Ok(Setting { placed: option.placed.clone(), values })
        });
        settings.collect()
    }

    /// `[tool.ghost]` and `[tool.ghost.run]` mean the same.
    fn refuse_twice(&self, settings: &[Setting], at: &Key<'_>) -> Result<(), ProjectError> {
        let twice = settings.iter().enumerate().find(|(index, setting)| {
            settings.iter().skip(index + 1).any(|other| other.placed == setting.placed)
        });
        twice.map_or(Ok(()), |(_, setting)| {
            Err(self.wrong(&setting.placed.key, at.span().start, "it is set twice".into()))
        })
    }

    fn setting(
        &self,
        configurable: &Configurable,
        table: Option<&str>,
        key: &Key<'_>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Setting, ProjectError> {
        let name = key.get_ref().replace('_', "-");
        let Some(option) = configurable.find(table, &name) else {
            return Err(self.unknown(configurable, table, key));
        };
        if NOT_FOR_PROJECTS.contains(&name.as_str()) {
            let (path, line) = (self.path.clone(), self.line(key.span().start));
            return Err(ProjectError::NotForProjects { path, line, key: name });
        }
        let wrong = |reason| self.wrong(key.get_ref(), value.span().start, reason);
        let values = values(option, value.get_ref()).map_err(wrong)?;
        for value in &values {
            if name == EXPORTER {
                check_exporter(value).map_err(wrong)?;
            }
            configurable.check(&option.placed, value).map_err(wrong)?;
        }
        Ok(Setting { placed: option.placed.clone(), values })
    }

    fn unknown(
        &self,
        configurable: &Configurable,
        table: Option<&str>,
        key: &Key<'_>,
    ) -> ProjectError {
        let options = configurable.in_table(table).map(|option| option.placed.key.as_str());
        let tables = configurable.tables().filter(|_| table.is_none());
        let (path, line) = (self.path.clone(), self.line(key.span().start));
        ProjectError::UnknownKey {
            path,
            line,
            key: key.get_ref().to_string(),
            table: table.map_or("[tool.ghost]".into(), |table| format!("[tool.ghost.{table}]")),
            suggestion: most_similar(key.get_ref(), options.chain(tables)),
        }
    }

    fn table<'a, 'b>(
        &self,
        key: &Key<'_>,
        value: &'b Spanned<DeValue<'a>>,
    ) -> Result<&'b DeTable<'a>, ProjectError> {
        let found = value.get_ref();
        found.as_table().ok_or_else(|| {
            self.wrong(key.get_ref(), value.span().start, expected("a table", found))
        })
    }

    fn wrong(&self, key: &str, at: usize, reason: String) -> ProjectError {
        let (path, line) = (self.path.clone(), self.line(at));
        ProjectError::Value { path, line, key: key.to_owned(), reason }
    }

    fn line(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|&byte| byte == b'\n').count() + 1
    }
}

/// Whether it is a destination, and one without a place of its own.
fn check_exporter(value: &str) -> Result<(), String> {
    let destination: Destination = value.parse().map_err(|error| format!("{error}"))?;
    if destination.names_a_place() {
        return Err("a project cannot say where data goes".into());
    }
    Ok(())
}

/// As they stand in the file, so that the first mistake is the one that is named.
fn in_order<'a, 'b>(
    table: &'b DeTable<'a>,
) -> Vec<(&'b Spanned<std::borrow::Cow<'a, str>>, &'b Spanned<DeValue<'a>>)> {
    let mut pairs: Vec<_> = table.iter().collect();
    pairs.sort_by_key(|(key, _)| key.span().start);
    pairs
}

/// What a value means for an option, as words of the command line.
fn values(option: &Settable, value: &DeValue<'_>) -> Result<Vec<String>, String> {
    match (option.kind, value) {
        (Kind::Switch, DeValue::Boolean(on)) => Ok(vec![on.to_string()]),
        (Kind::Switch, other) => Err(expected("true or false", other)),
        (Kind::List, DeValue::Array(array)) => {
            array.iter().map(|item| word(item.get_ref())).collect()
        }
        (Kind::Number | Kind::Any, DeValue::Integer(number)) => Ok(vec![number.to_string()]),
        (Kind::Number | Kind::Any, DeValue::Float(number)) => Ok(vec![number.to_string()]),
        (Kind::Number, other) => Err(expected("a number", other)),
        (Kind::Word | Kind::Any | Kind::List, other) => word(other).map(|word| vec![word]),
    }
}

fn word(value: &DeValue<'_>) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| expected("a string", value))
}

fn expected(what: &str, found: &DeValue<'_>) -> String {
    let found = match found.type_str() {
        word @ ("array" | "integer") => format!("an {word}"),
        word => format!("a {word}"),
    };
    format!("expected {what}, found {found}")
}

fn most_similar<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let word = word.replace('_', "-");
    let rated = known.map(|other| (strsim::jaro(&word, other), other));
    let best = rated.filter(|(rating, _)| *rating > SIMILARITY_MIN);
    best.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, other)| other.to_owned())
}
