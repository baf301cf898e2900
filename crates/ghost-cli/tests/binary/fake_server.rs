//! A server that answers as it is told, and remembers what it was asked. On this machine only.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What it does with one connection.
#[derive(Clone)]
pub(crate) enum Answer {
    /// Answers with a status, more headers, and a body.
    Whole(u16, &'static str, String),
    /// Promises more than it sends.
    Truncated,
    /// Sends one byte after the other, for ever.
    Drip,
    /// Takes the question and is silent.
    Nothing,
}

/// The server; ends with the process of the tests.
pub(crate) struct FakeServer {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FakeServer {
    /// Starts one with an answer for each connection; there are no more connections than that.
    pub(crate) fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let memory = Arc::clone(&asked);
        thread::spawn(move || {
            for answer in answers {
                let Ok((mut stream, _)) = listener.accept() else { return };
                memory.lock().unwrap().push(read_request(&mut stream));
                give(&mut stream, &answer);
            }
        });
        Self { address, asked }
    }

    /// Its base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every question as it came: request line, headers and body.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase();
            let length = length.split("content-length: ").nth(1).unwrap_or("0");
            let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
            if body.len() >= length {
                return text;
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return text,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

/// Whoever asks may be gone before all is sent.
fn give(stream: &mut TcpStream, answer: &Answer) {
    match answer {
        Answer::Whole(status, headers, body) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{headers}\r\n");
            let _ = stream.write_all((head + body).as_bytes());
        }
        Answer::Truncated => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"choices\"");
        }
        Answer::Drip => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n");
            while stream.write_all(b" ").is_ok() {
                thread::sleep(std::time::Duration::from_millis(20));
            }
        }
        Answer::Nothing => {
            // Until the other side hangs up.
            let _ = stream.read(&mut [0; 1]);
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
}
