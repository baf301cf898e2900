//! What is sent: six fields, and nothing else ever. The text of [`Payload::to_json`] is what goes over
//! the network and what `ghost telemetry show` prints.

use std::env;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::install_id::InstallId;

/// No session is longer: a year. What a page claims beyond that is a mistake of its clock.
pub(crate) const SESSION_MIN_MAX: u64 = 366 * 24 * 60;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The dashboard was opened.
    SessionStart,
    /// The dashboard was closed.
    SessionEnd,
}

/// One event as it is sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Payload {
    install_id: String,
    ghost_version: &'static str,
    os: &'static str,
    event: Event,
    session_duration_min: u64,
    timestamp: String,
}

impl Payload {
    /// An event of this moment. The duration, in minutes, counts for the end of a session only.
    pub fn new(id: &InstallId, event: Event, session_duration_min: u64) -> Self {
        Self::at(Timestamp::now(), id, event, session_duration_min)
    }

    fn at(now: Timestamp, id: &InstallId, event: Event, duration_min: u64) -> Self {
        Self {
            install_id: id.to_string(),
            ghost_version: env!("CARGO_PKG_VERSION"),
            os: system(),
            event,
            session_duration_min: match event {
                Event::SessionStart => 0,
                Event::SessionEnd => duration_min.min(SESSION_MIN_MAX),
            },
            timestamp: now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        }
    }

    /// Exactly what is sent.
    pub fn to_json(&self) -> String {
        // Numbers and texts without keys of their own cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

fn system() -> &'static str {
    match env::consts::OS {
        "macos" => "macOS",
        "windows" => "Windows",
        "linux" => "Linux",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(event: Event, minutes: u64) -> Payload {
        let id = "a1b2c3d4-e5f6-4890-abcd-ef1234567890".parse().unwrap();
        Payload::at("2024-06-15T14:30:00Z".parse().unwrap(), &id, event, minutes)
    }

    #[test]
    fn a_payload_has_the_documented_fields_and_no_others() {
        let mut payload = payload(Event::SessionStart, 9);
        payload.ghost_version = "0.1.0";
        payload.os = "macOS";
        insta::assert_snapshot!(payload.to_json(), @r#"
        {
          "install_id": "a1b2c3d4-e5f6-4890-abcd-ef1234567890",
          "ghost_version": "0.1.0",
          "os": "macOS",
          "event": "session_start",
          "session_duration_min": 0,
          "timestamp": "2024-06-15T14:30:00.000Z"
        }
        "#);
    }

    #[test]
    fn only_the_end_has_a_duration_and_a_bounded_one() {
        assert_eq!(payload(Event::SessionEnd, 12).session_duration_min, 12);
        assert_eq!(payload(Event::SessionEnd, u64::MAX).session_duration_min, SESSION_MIN_MAX);
        assert!(payload(Event::SessionEnd, 1).to_json().contains("\"session_end\""));
    }
}
