//! Who may open a socket, asked with raw requests to a real server.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use ghost_store::DataDir;

use crate::server::{Server, ServerConfiguration};
use crate::stop::Stop;

struct Running {
    _folder: tempfile::TempDir,
    address: SocketAddr,
    token: String,
    stop: Stop,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::bind(ServerConfiguration {
            data_dir: DataDir::new(folder.path().to_owned()),
            session: "latest".into(),
            host: "127.0.0.1".into(),
            port: 0,
            denial: None,
        })
        .unwrap();
        let (address, token, stop) =
            (server.address(), server.token().to_owned(), server.stop_switch());
        let thread = Some(std::thread::spawn(move || server.run().unwrap()));
        Self { _folder: folder, address, token, stop, thread }
    }

    /// Sends a request with these headers besides the usual ones, and reads what comes until the server
    /// closes, or a socket has said hello.
    fn answer(&self, target: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: {}\r\n{}\r\n",
            self.address,
            headers.replace('\n', "\r\n")
        );
        stream.write_all(request.as_bytes()).unwrap();
        let (mut answer, mut buffer) = (Vec::new(), [0_u8; 4096]);
        loop {
            let read = stream.read(&mut buffer).unwrap();
            answer.extend_from_slice(&buffer[..read]);
            let text = String::from_utf8_lossy(&answer).into_owned();
            if read == 0 || text.contains("\"hello\"") {
                return text;
            }
        }
    }

    fn headers(origin: &str, protocols: &str) -> String {
        format!(
            "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n\
             Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n{origin}Sec-WebSocket-Protocol: {protocols}\n"
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.stop();
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

const PATH: &str = "/api/v1/events";

#[test]
fn our_own_page_with_the_token_is_let_in_and_the_token_not_repeated() {
    let running = Running::new();
    let origin = format!("Origin: http://{}\n", running.address);
    let protocols = format!("ghostglass.v1, ghostglass.token.{}", running.token);
    let answer = running.answer(PATH, &Running::headers(&origin, &protocols));
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert!(answer.contains("sec-websocket-protocol: ghostglass.v1\r\n"), "{answer}");
    assert!(answer.contains(r#"{"type":"hello","version":1}"#), "{answer}");
    assert!(!answer.contains(&running.token) && !answer.contains("extensions"), "{answer}");
}

#[test]
fn everybody_else_is_refused_before_there_is_a_socket() {
    let running = Running::new();
    let (address, token) = (running.address, running.token.as_str());
    let own = format!("Origin: http://{address}\n");
    let right = format!("ghostglass.v1, ghostglass.token.{token}");
    let wrong_token = token.replace(|digit: char| digit.is_ascii_digit(), "a");
    let upper = token.to_ascii_uppercase();
    let localhost = format!("Origin: http://localhost:{}\n", address.port());
    let with = |protocols: &str| Running::headers(&own, protocols);
    let from = |origin: &str| Running::headers(origin, &right);
    let forbidden = [
        "",
        "Origin: http://evil.example\n",
        "Origin: null\n",
        "Origin: file://\n",
        "Origin: \n",
        &format!("Origin: https://{address}\n"),
        &format!("Origin: http://{address}.evil.example\n"),
        &format!("Origin: http://{address}/\n"),
        &format!("{own}{own}"),
        &localhost,
    ]
    .map(from);
    let unauthorized = [
        "ghostglass.v1",
        "ghostglass.v1, ghostglass.token.",
        &format!("ghostglass.v1, ghostglass.token.{wrong_token}"),
        &format!("ghostglass.v1, ghostglass.token.{upper}x"),
        &format!("ghostglass.v1, ghostglass.token.{}", &token[..63]),
        &format!("{right}, ghostglass.token.{wrong_token}"),
        &format!("{right}, ghostglass.token.{token}"),
        &format!("ghostglass.v1, {token}"),
    ]
    .map(with);
    let bad = [
        with(&format!("ghostglass.token.{token}")),
        with(&format!("ghostglass.v2, ghostglass.token.{token}")),
        with(&right).replace("Upgrade: websocket\n", ""),
        with(&right).replace("Version: 13", "Version: 8"),
        with(&right).replace("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n", ""),
    ];
    for (status, requests) in [("403", forbidden.as_slice()), ("401", &unauthorized), ("400", &bad)]
    {
        for headers in requests {
            let begin = Instant::now();
            let answer = running.answer(PATH, headers);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{headers}\n{answer}");
            assert!(answer.contains("connection: close"), "{answer}");
            assert!(answer.contains("application/problem+json"), "{answer}");
            assert!(!answer.contains("hello") && !answer.contains(token), "{answer}");
            assert!(begin.elapsed() < Duration::from_secs(2));
        }
    }
}

#[test]
fn a_token_in_the_query_opens_nothing() {
    let running = Running::new();
    let origin = format!("Origin: http://{}\n", running.address);
    let target = format!("{PATH}?token={}", running.token);
    let answer = running.answer(&target, &Running::headers(&origin, "ghostglass.v1"));
    assert!(answer.starts_with("HTTP/1.1 40"), "{answer}");
    let protocols = format!("ghostglass.v1, ghostglass.token.{}", running.token);
    let answer = running.answer(&target, &Running::headers(&origin, &protocols));
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}
