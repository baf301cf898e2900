//! What `ghost run` asks of the processes it starts: the text of `run.conf`.
//!
//! Lines of `key=value`; unknown keys are left alone, so that an older extension runs under a
//! newer `ghost`. Only names and folders stand there, never arguments or environment.

use crate::scope::ScopeRules;

/// Which activations are kept as examples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EventsMode {
    /// A few per function and second.
    #[default]
    Sample,
    /// All, as far as there is room.
    All,
    /// None.
    None,
}

/// The settings of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// What is observed.
    pub scope: ScopeRules,
    /// Which activations are kept as examples.
    pub events: EventsMode,
    /// Whether to stay silent on stderr.
    pub quiet: bool,
    /// Percent of the program's time that observing may take; `None` for all it needs.
    pub budget_percent: Option<f64>,
    /// Whether functions are left alone, and only spans are recorded.
    pub without_functions: bool,
    /// Whether the call tree is kept. A budget comes first.
    pub call_tree: bool,
}

/// Why settings cannot be understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A value is not one of those allowed.
    #[error("`{key}` cannot be `{value}`")]
    Value {
        /// The key.
        key: &'static str,
        /// What it was set to.
        value: String,
    },
}

impl Settings {
    /// Reads the text of `run.conf`.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let mut settings = Self::default();
        for line in text.lines() {
            if let Some((key, value)) = line.split_once('=') {
                settings.set(key.trim(), value)?;
            }
        }
        Ok(settings)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), SettingsError> {
        let refuse = |key| SettingsError::Value { key, value: value.to_owned() };
        match key {
            "root" => self.scope.roots.push(value.to_owned()),
            "include" => self.scope.include.push(value.to_owned()),
            "exclude" => self.scope.exclude.push(value.to_owned()),
            "scope" => {
                self.scope.everything = match value {
                    "project" => false,
                    "all" => true,
                    _ => return Err(refuse("scope")),
                }
            }
            "events" => {
                self.events = match value {
                    "sample" => EventsMode::Sample,
                    "all" => EventsMode::All,
                    "none" => EventsMode::None,
                    _ => return Err(refuse("events")),
                }
            }
            "budget" => {
                let percent = value.parse().ok().filter(|percent: &f64| *percent > 0.0);
                self.budget_percent = Some(percent.ok_or_else(|| refuse("budget"))?);
            }
            "quiet" => self.quiet = value == "1",
            "functions" => self.without_functions = value == "0",
            "tree" => self.call_tree = value == "1",
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_line_by_line() {
        let text = "root=/srv/app=1\nscope=all\nexclude=tests\nevents=none\nquiet=1\nbudget=2.5\nfunctions=0\nlater=x\n\n";
        let settings = Settings::parse(text).unwrap();
        assert_eq!(settings.scope.roots, ["/srv/app=1"]);
        assert!(settings.scope.everything && settings.quiet && settings.without_functions);
        assert_eq!(settings.budget_percent, Some(2.5));
        assert_eq!(settings.scope.exclude, ["tests"]);
        assert_eq!(settings.events, EventsMode::None);
    }

    #[test]
    fn functions_are_observed_unless_the_run_says_otherwise() {
        assert!(!Settings::parse("").unwrap().without_functions);
        assert!(!Settings::parse("functions=1").unwrap().without_functions);
    }

    #[test]
    fn a_call_tree_is_kept_where_the_run_says_so() {
        assert!(Settings::parse("tree=1").unwrap().call_tree);
        assert!(!Settings::parse("").unwrap().call_tree);
    }

    #[test]
    fn a_value_nobody_knows_is_named() {
        for (line, said) in [
            ("scope=half", "`scope` cannot be `half`"),
            ("budget=none", "`budget` cannot be `none`"),
            ("budget=0", "`budget` cannot be `0`"),
            ("budget=NaN", "`budget` cannot be `NaN`"),
        ] {
            assert_eq!(Settings::parse(line).unwrap_err().to_string(), said);
        }
    }
}
