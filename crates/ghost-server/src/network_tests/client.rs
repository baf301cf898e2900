//! A server on a free port, and a client that sends whatever it is given.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ghost_store::DataDir;

use crate::serving::ServingLimits;
use crate::{Server, ServerConfiguration, ServerError, Stop};

/// Longer than any answer takes; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server; stopped when dropped.
pub(super) struct TestServer {
    pub(super) address: SocketAddr,
    pub(super) token: String,
    stop: Stop,
    running: Option<JoinHandle<Result<(), ServerError>>>,
    _folder: tempfile::TempDir,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl TestServer {
    /// As `ghost serve` starts it.
    pub(super) fn start() -> Self {
        Self::with(ServingLimits::default(), "127.0.0.1")
    }

    pub(super) fn with(limits: ServingLimits, host: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(folder.path().join("data"));
        let session = "latest".into();
        let configuration =
            ServerConfiguration { data_dir, session, host: host.into(), port: 0, denial: None };
        let mut server = Server::bind(configuration).unwrap();
        server.limits = limits;
        let (address, token) = (server.address(), server.token().to_owned());
        let stop = server.stop_switch();
        let running = Some(thread::spawn(move || server.run()));
        Self { address, token, stop, running, _folder: folder }
    }

    /// `127.0.0.1:PORT`.
    pub(super) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.address.port())
    }

    /// The header that opens everything.
    pub(super) fn authorization(&self) -> String {
        format!("Authorization: Bearer {}\r\n", self.token)
    }

    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.address.port())).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends a request line and headers of a test, between a good `Host` and the empty line.
    pub(super) fn ask(&self, line: &str, headers: &str) -> Answer {
        let text = format!("{line} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.host());
        self.send(text.as_bytes()).unwrap()
    }

    /// Sends bytes, and reads the answer; `None` if the connection ended without one.
    pub(super) fn send(&self, bytes: &[u8]) -> Option<Answer> {
        let mut stream = self.connect();
        // The server may have seen enough before the end.
        let _ = stream.write_all(bytes);
        Answer::read(&mut stream)
    }

    pub(super) fn is_healthy(&self) -> bool {
        self.ask("GET /health", "").status == 200
    }

    /// Asks it to stop; what it ended with.
    pub(super) fn stop(&mut self) -> Result<(), ServerError> {
        self.stop.stop();
        self.running.take().unwrap().join().unwrap()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.stop().unwrap();
        }
    }
}

impl Answer {
    /// Reads one answer and no byte more.
    pub(super) fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(read_byte(stream)?);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let mut answer =
            Self { status, headers: lines.filter_map(header).collect(), body: String::new() };
        // Answers to `HEAD` have a length and no body.
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = Vec::new();
        stream.take(length).read_to_end(&mut body).ok()?;
        answer.body = String::from_utf8(body).unwrap();
        Some(answer)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// `None` at the end, whether it was reached in peace or not. Silence fails the test.
pub(super) fn read_byte(stream: &mut TcpStream) -> Option<u8> {
    let mut byte = [0];
    match stream.read(&mut byte) {
        Ok(0) => None,
        Ok(_) => Some(byte[0]),
        Err(error) => {
            let is_silence = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
            assert!(!is_silence, "the server neither answers nor closes");
            None
        }
    }
}

/// Whether the server ended the connection, after whatever it had to say.
pub(super) fn is_closed(stream: &mut TcpStream) -> bool {
    while read_byte(stream).is_some() {}
    true
}
