//! OpenTelemetry's environment variables: read through a function, an empty one counts as not set.

use std::time::Duration;

use super::SettingsError;
use super::pairs;

/// Looks a variable up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Values of variables, as the types they should have.
pub(super) struct Variables<'a>(pub(super) Lookup<'a>);

impl Variables<'_> {
    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// `true`, in any case; everything else is false, as the specification wants it.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The first of several names that is set, with its name.
    pub(super) fn first(&self, names: &[String]) -> Option<(String, String)> {
        names.iter().find_map(|name| Some((name.clone(), self.get(name)?)))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, SettingsError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.parse().map_err(|_| wrong(name, "it is no whole number"))?;
        Ok(Some(number))
    }

    /// Milliseconds.
    pub(super) fn duration(&self, names: &[String]) -> Result<Option<Duration>, SettingsError> {
        let Some((name, _)) = self.first(names) else { return Ok(None) };
        Ok(self.number(&name)?.map(Duration::from_millis))
    }

    /// Keys with values.
    pub(super) fn pairs(&self, name: &str) -> Result<Option<pairs::Pairs>, SettingsError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        pairs::parse(&value).map(Some).map_err(|reason| wrong(name, reason))
    }
}

/// What is wrong with a variable.
pub(super) fn wrong(variable: &str, reason: &'static str) -> SettingsError {
    SettingsError::Variable { variable: variable.to_owned(), reason }
}
