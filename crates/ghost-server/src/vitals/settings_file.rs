//! `settings.toml` in the data folder: what a person decided for all sessions. Written by hand, or by the
//! switch of the settings page, which leaves everything else in it as it is.
//!
//! Not the project's settings: a file that comes with a checkout decides neither where something is
//! sent nor what is deleted.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// No file that anybody wrote is larger.
const BYTES_MAX: u64 = 1 << 20;

/// What the file says; everything may be absent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Usage data.
    pub telemetry: TelemetrySettings,
    /// What is removed by itself.
    pub maintenance: MaintenanceSettings,
}

/// `[telemetry]`: both must allow it before anything is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetrySettings {
    /// The switch; absent counts as on.
    pub telemetry_enabled: Option<bool>,
    /// Where to send; empty sends nothing.
    pub telemetry_endpoint: String,
}

/// `[maintenance]`: limits of what `ghost serve` keeps; absent means no limit.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MaintenanceSettings {
    /// Sessions that ended more than this many days ago are removed.
    pub retain_days: Option<f64>,
    /// The oldest are removed while all together are larger.
    pub retain_mib: Option<u64>,
}

/// Why the settings are not known, or not changed.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("`{}`: {reason}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// The file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The settings file of a data folder.
#[derive(Clone, Debug)]
pub struct SettingsFile {
    path: PathBuf,
}

impl SettingsFile {
    /// The one in the data folder `root`; nothing is read yet.
    pub fn of(root: &Path) -> Self {
        Self { path: root.join("settings.toml") }
    }

    /// What it says at this moment; a file that is not there says nothing.
    pub fn read(&self) -> Result<Settings, SettingsError> {
        let settings: Settings =
            toml_edit::de::from_str(&self.text()?).map_err(|error| self.wrong(&error))?;
        match settings.maintenance.retain_days {
            Some(days) if !(0.0..=36_500.0).contains(&days) => {
                let reason = "`retain_days` is no number of days from 0 to 36500".to_owned();
                Err(SettingsError::Wrong { path: self.path.clone(), reason })
            }
            _ => Ok(settings),
        }
    }

    /// Sets the switch of usage data, and nothing else.
    pub fn set_telemetry_enabled(&self, enabled: bool) -> Result<(), SettingsError> {
        // A file with mistakes is not written: they would look like ours.
        self.read()?;
        let mut document: toml_edit::DocumentMut =
            self.text()?.parse().map_err(|error| self.wrong(&error))?;
        let table = document.entry("telemetry").or_insert_with(toml_edit::table);
        let Some(table) = table.as_table_like_mut() else {
            let reason = "`telemetry` is not a table".to_owned();
            return Err(SettingsError::Wrong { path: self.path.clone(), reason });
        };
        table.insert("telemetry_enabled", toml_edit::value(enabled));
        let unwritable = |source| SettingsError::Unwritable { path: self.path.clone(), source };
        self.replace(&document.to_string()).map_err(unwritable)
    }

    fn text(&self) -> Result<String, SettingsError> {
        let unreadable = |source| SettingsError::Unreadable { path: self.path.clone(), source };
        match fs::metadata(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
            Ok(found) if found.len() > BYTES_MAX => {
                let reason = format!("it is larger than {BYTES_MAX} bytes");
                return Err(SettingsError::Wrong { path: self.path.clone(), reason });
            }
            found => found.map_err(unreadable)?,
        };
        fs::read_to_string(&self.path).map_err(unreadable)
    }

    /// The new text appears completely or not at all.
    fn replace(&self, text: &str) -> io::Result<()> {
        let hidden = self.path.with_extension("toml.new");
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&hidden)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&hidden, &self.path)
    }

    fn wrong(&self, error: &dyn std::fmt::Display) -> SettingsError {
        let lines: Vec<String> = error.to_string().lines().map(|line| line.trim().into()).collect();
        SettingsError::Wrong { path: self.path.clone(), reason: lines.join(" ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, SettingsFile) {
        let folder = tempfile::tempdir().unwrap();
        let file = SettingsFile::of(folder.path());
        fs::write(&file.path, text).unwrap();
        (folder, file)
    }

    #[test]
    fn no_file_is_no_wish() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(SettingsFile::of(folder.path()).read().unwrap(), Settings::default());
    }

    #[test]
    fn the_switch_changes_nothing_else() {
        let (_folder, file) = file(
            "# mine\n[telemetry]\ntelemetry_endpoint = \"https://a.example\" # here\n\
             [maintenance]\nretain_days = 30\nretain_mib = 2048\n",
        );
        file.set_telemetry_enabled(false).unwrap();
        let settings = file.read().unwrap();
        assert_eq!(settings.telemetry.telemetry_enabled, Some(false));
        assert_eq!(settings.telemetry.telemetry_endpoint, "https://a.example");
        assert_eq!(settings.maintenance.retain_days, Some(30.0));
        let text = fs::read_to_string(&file.path).unwrap();
        assert!(text.contains("# mine") && text.contains("# here"), "{text}");
        file.set_telemetry_enabled(true).unwrap();
        assert_eq!(file.read().unwrap().telemetry.telemetry_enabled, Some(true));
    }

    #[test]
    fn a_new_file_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = SettingsFile::of(folder.path());
        file.set_telemetry_enabled(false).unwrap();
        assert_eq!(fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(file.read().unwrap().telemetry.telemetry_enabled, Some(false));
    }

    #[test]
    fn mistakes_are_told_on_one_line_and_left_alone() {
        for text in [
            "[telemetry]\ntelemetry_enable = true",
            "[telemetry",
            "telemetry = 5",
            "[maintenance]\nretain_days = -1",
            "[maintenance]\nretain_days = nan",
        ] {
            let (_folder, file) = file(text);
            let error = file.read().unwrap_err().to_string();
            assert!(!error.contains('\n'), "{error}");
            assert!(file.set_telemetry_enabled(false).is_err());
            assert_eq!(fs::read_to_string(&file.path).unwrap(), text);
        }
    }
}
