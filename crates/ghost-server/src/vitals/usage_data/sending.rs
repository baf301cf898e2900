//! Sending one event: in the background, with short time limits, once. Nobody waits for it and nobody
//! hears of a failure.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use ureq::Agent;

use super::consent::{Consent, Denial, Endpoint};
use super::install_id::InstallId;
use super::payload::{Event, Payload};
use crate::vitals::settings_file::SettingsFile;

const CONNECT: Duration = Duration::from_secs(2);
const TOTAL: Duration = Duration::from_secs(4);

/// Events on their way at a time. A page sends two in its life; what comes beyond is dropped.
const SENDING_MAX: usize = 4;

/// Sends events, where that is allowed.
#[derive(Debug)]
pub(crate) struct UsageData {
    root: PathBuf,
    denial: Option<Denial>,
    sending: Arc<Semaphore>,
}

impl UsageData {
    /// For the data folder `root`. Nothing is read or sent yet.
    pub(crate) fn new(root: PathBuf, denial: Option<Denial>) -> Self {
        Self { root, denial, sending: Arc::new(Semaphore::new(SENDING_MAX)) }
    }

    /// Whether an event would be sent at this moment: settings count from the moment they are saved.
    pub(crate) fn consent(&self) -> Consent {
        let settings = SettingsFile::of(&self.root).read();
        Consent::of(self.denial, settings.as_ref())
    }

    /// What would be sent. While no id is stored, one that is made up for this answer stands for it.
    pub(crate) fn example(&self) -> std::io::Result<Payload> {
        let id = InstallId::stored(&self.root).map_or_else(InstallId::random, Ok)?;
        Ok(Payload::new(&id, Event::SessionStart, 0))
    }

    /// Sends an event if that is allowed. Reads files: not for the threads that answer requests.
    pub(crate) fn report(&self, event: Event, session_duration_min: u64) -> Consent {
        let consent = self.consent();
        if let Consent::Send(endpoint) = &consent {
            self.send(endpoint.clone(), event, session_duration_min);
        }
        consent
    }

    fn send(&self, endpoint: Endpoint, event: Event, session_duration_min: u64) {
        let Ok(permit) = Arc::clone(&self.sending).try_acquire_owned() else {
            tracing::debug!("usage data dropped: too many events at once");
            return;
        };
        let root = self.root.clone();
        // Detached: a server that stops meanwhile does not wait for it.
        let sent = std::thread::Builder::new().name("ghost-usage".into()).spawn(move || {
            let _permit = permit;
            let sent = InstallId::stored_or_made(&root)
                .map_err(|error| error.to_string())
                .and_then(|id| post(&endpoint, &Payload::new(&id, event, session_duration_min)));
            if let Err(error) = sent {
                tracing::debug!(error, "usage data not sent");
            }
        });
        if let Err(error) = sent {
            tracing::debug!(%error, "usage data not sent");
        }
    }
}

fn post(endpoint: &Endpoint, payload: &Payload) -> Result<(), String> {
    let agent: Agent = Agent::config_builder()
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(TOTAL))
        .user_agent(concat!("ghostglass/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let request = agent.post(endpoint.address()).header("content-type", "application/json");
    request.send(payload.to_json()).map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::mpsc;

    /// A receiver that tells the head and body of the first request.
    fn receiver(answer: &'static str) -> (String, mpsc::Receiver<(String, serde_json::Value)>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/v1/usage", listener.local_addr().unwrap());
        let (send, receive) = mpsc::channel();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut text, mut buffer) = (String::new(), [0_u8; 4096]);
            let body = loop {
                let read = stream.read(&mut buffer).unwrap();
                text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
                let body = text.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
                if let Ok(body) = serde_json::from_str(body) {
                    break body;
                }
                assert!(read > 0, "{text}");
            };
            stream.write_all(answer.as_bytes()).unwrap();
            let head = text.split_once("\r\n\r\n").unwrap().0.to_owned();
            let _ = send.send((head, body));
        });
        (address, receive)
    }

    fn folder(settings: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("settings.toml"), settings).unwrap();
        let root = folder.path().to_owned();
        (folder, root)
    }

    fn with_endpoint(address: &str) -> (tempfile::TempDir, PathBuf) {
        folder(&format!("[telemetry]\ntelemetry_endpoint = \"{address}\"\n"))
    }

    const OK: &str = "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n";
    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn an_event_arrives_with_six_fields_and_the_stored_id() {
        let (address, received) = receiver(OK);
        let (_folder, root) = with_endpoint(&address);
        let usage = UsageData::new(root.clone(), None);
        assert!(matches!(usage.report(Event::SessionEnd, 12), Consent::Send(_)));
        let (head, body) = received.recv_timeout(LONG).unwrap();
        assert!(head.starts_with("POST /v1/usage HTTP/1.1\r\n"), "{head}");
        let body = body.as_object().unwrap();
        let mut fields: Vec<&str> = body.keys().map(String::as_str).collect();
        fields.sort_unstable();
        let documented =
            ["event", "ghost_version", "install_id", "os", "session_duration_min", "timestamp"];
        assert_eq!(fields, documented);
        assert_eq!(body["session_duration_min"], 12);
        let stored = InstallId::stored(&root).unwrap().to_string();
        assert_eq!(body["install_id"], stored);
        assert_eq!(serde_json::to_value(usage.example().unwrap()).unwrap()["install_id"], stored);
    }

    #[test]
    fn nothing_is_sent_or_stored_unless_it_is_wanted() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let off =
            format!("[telemetry]\ntelemetry_enabled = false\ntelemetry_endpoint = \"{address}\"\n");
        let on = off.replace("false", "true");
        for (settings, denial) in [
            ("", None),
            (off.as_str(), None),
            (on.as_str(), Some(Denial::DoNotTrack)),
            (on.as_str(), Some(Denial::GhostTelemetry)),
            ("[telemetry", None),
        ] {
            let (_folder, root) = folder(settings);
            let usage = UsageData::new(root.clone(), denial);
            for event in [Event::SessionStart, Event::SessionEnd] {
                assert!(matches!(usage.report(event, 1), Consent::NotSent(_)), "{settings}");
            }
            assert_eq!(usage.sending.available_permits(), SENDING_MAX);
            assert!(usage.example().is_ok());
            assert_eq!(InstallId::stored(&root), None);
        }
        assert!(listener.accept().is_err(), "somebody connected");
    }

    #[test]
    fn a_dead_endpoint_is_nobodys_business() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let (_folder, root) = with_endpoint(&address);
        let usage = UsageData::new(root, None);
        let _ = usage.report(Event::SessionStart, 0);
        while usage.sending.available_permits() < SENDING_MAX {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_redirect_is_not_followed() {
        let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
        elsewhere.set_nonblocking(true).unwrap();
        let answer = format!(
            "HTTP/1.1 307 Moved\r\nlocation: http://{}/\r\ncontent-length: 0\r\n\r\n",
            elsewhere.local_addr().unwrap()
        );
        let (address, received) = receiver(answer.leak());
        let (_folder, root) = with_endpoint(&address);
        let usage = UsageData::new(root, None);
        let _ = usage.report(Event::SessionStart, 0);
        received.recv_timeout(LONG).unwrap();
        while usage.sending.available_permits() < SENDING_MAX {
            std::thread::yield_now();
        }
        assert!(elsewhere.accept().is_err());
    }
}
