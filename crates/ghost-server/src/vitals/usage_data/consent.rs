//! Whether usage data may be sent: every reason against it wins over every wish for it.

use std::str::FromStr;

use axum::http::Uri;

use crate::vitals::settings_file::{Settings, SettingsError};

/// A variable that forbids it; read by whoever knows the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// `DO_NOT_TRACK`, for all programs. See <https://consoledonottrack.com>.
    DoNotTrack,
    /// `GHOST_TELEMETRY`, for this one.
    GhostTelemetry,
}

/// Whether to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// To this endpoint.
    Send(Endpoint),
    /// Not at all.
    NotSent(NotSent),
}

/// Why nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// A variable forbids it.
    #[error("the variable `DO_NOT_TRACK` forbids it")]
    DoNotTrack,
    /// A variable forbids it.
    #[error("the variable `GHOST_TELEMETRY` forbids it")]
    GhostTelemetry,
    /// Switched off.
    #[error("`telemetry_enabled` is false")]
    Disabled,
    /// Nobody said where to.
    #[error("no endpoint is configured")]
    NoEndpoint,
    /// The endpoint is none.
    #[error("`telemetry_endpoint` is no http or https address without a password")]
    BadEndpoint,
    /// Nobody knows what was decided.
    #[error("the settings cannot be read")]
    UnknownSettings,
}

/// Where usage data is sent: an `http` or `https` address without a user's name or password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Uri);

impl FromStr for Endpoint {
    type Err = NotSent;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address: Uri = text.parse().map_err(|_| NotSent::BadEndpoint)?;
        let is_web = matches!(address.scheme_str(), Some("http" | "https"));
        let host = address.authority().filter(|authority| !authority.as_str().contains('@'));
        let has_host = host.is_some_and(|authority| !authority.host().is_empty());
        if is_web && has_host { Ok(Self(address)) } else { Err(NotSent::BadEndpoint) }
    }
}

impl Endpoint {
    /// The address.
    pub fn address(&self) -> &Uri {
        &self.0
    }
}

impl Consent {
    /// What follows from the environment and the settings.
    pub fn of(denial: Option<Denial>, settings: Result<&Settings, &SettingsError>) -> Self {
        match Self::endpoint(denial, settings) {
            Ok(endpoint) => Self::Send(endpoint),
            Err(why) => Self::NotSent(why),
        }
    }

    fn endpoint(
        denial: Option<Denial>,
        settings: Result<&Settings, &SettingsError>,
    ) -> Result<Endpoint, NotSent> {
        match denial {
            Some(Denial::DoNotTrack) => return Err(NotSent::DoNotTrack),
            Some(Denial::GhostTelemetry) => return Err(NotSent::GhostTelemetry),
            None => {}
        }
        let settings = &settings.map_err(|_| NotSent::UnknownSettings)?.telemetry;
        if settings.telemetry_enabled == Some(false) {
            return Err(NotSent::Disabled);
        }
        match settings.telemetry_endpoint.trim() {
            "" => Err(NotSent::NoEndpoint),
            address => address.parse(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vitals::settings_file::TelemetrySettings;

    fn settings(enabled: Option<bool>, endpoint: &str) -> Settings {
        let telemetry =
            TelemetrySettings { telemetry_enabled: enabled, telemetry_endpoint: endpoint.into() };
        Settings { telemetry, ..Settings::default() }
    }

    fn decided(denial: Option<Denial>, enabled: Option<bool>, endpoint: &str) -> Option<NotSent> {
        match Consent::of(denial, Ok(&settings(enabled, endpoint))) {
            Consent::Send(_) => None,
            Consent::NotSent(why) => Some(why),
        }
    }

    #[test]
    fn both_the_switch_and_the_endpoint_must_allow_it() {
        let there = "https://usage.example/v1";
        assert_eq!(decided(None, None, there), None);
        assert_eq!(decided(None, Some(true), there), None);
        assert_eq!(decided(None, Some(false), there), Some(NotSent::Disabled));
        assert_eq!(decided(None, None, ""), Some(NotSent::NoEndpoint));
        assert_eq!(decided(None, Some(true), " "), Some(NotSent::NoEndpoint));
    }

    #[test]
    fn a_variable_wins_over_everything() {
        for (denial, why) in [
            (Denial::DoNotTrack, NotSent::DoNotTrack),
            (Denial::GhostTelemetry, NotSent::GhostTelemetry),
        ] {
            assert_eq!(decided(Some(denial), Some(true), "https://a.example"), Some(why));
        }
    }

    #[test]
    fn only_web_addresses_without_credentials_are_endpoints() {
        for bad in [
            "ftp://a.example",
            "file:///etc/passwd",
            "a.example",
            "/v1",
            "https://",
            "https://user:secret@a.example/",
            "https://a.example/ x",
            "javascript:alert(1)",
        ] {
            assert_eq!(decided(None, None, bad), Some(NotSent::BadEndpoint), "{bad}");
        }
        assert_eq!(decided(None, None, "http://127.0.0.1:9/x"), None);
    }
}
