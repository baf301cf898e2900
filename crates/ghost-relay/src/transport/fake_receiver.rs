//! A receiver on this machine that answers as it is told, and remembers what it was asked.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What it does with one connection.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Answers with a status, more headers, and a body.
    Whole(u16, String, Vec<u8>),
    /// Takes part of the question and hangs up.
    Reset,
    /// Sends the head of an answer, then one byte after the other for ever.
    Drip,
    /// Promises and sends far more than anybody wants.
    Huge,
    /// Takes the question and is silent.
    Silence,
    /// Speaks something else.
    Garbage,
}

/// The receiver; ends with the process of the tests.
pub(crate) struct FakeReceiver {
    address: String,
    asked: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl FakeReceiver {
    /// Starts one with an answer for each connection; the last one is given again and again.
    pub(crate) fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let memory = Arc::clone(&asked);
        thread::spawn(move || {
            let last = answers.last().cloned();
            for answer in answers.into_iter().chain(std::iter::from_fn(|| last.clone())) {
                let Ok((stream, _)) = listener.accept() else { return };
                let memory = Arc::clone(&memory);
                thread::spawn(move || serve(stream, &answer, &memory));
            }
        });
        Self { address, asked }
    }

    /// `200 OK` without a body.
    pub(crate) fn ok() -> Answer {
        Answer::Whole(200, String::new(), Vec::new())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every question as it came: request line, headers and body.
    pub(crate) fn asked(&self) -> Vec<Vec<u8>> {
        self.asked.lock().unwrap().clone()
    }

    /// The heads of the questions.
    pub(crate) fn heads(&self) -> Vec<String> {
        let head = |question: &Vec<u8>| {
            let text = String::from_utf8_lossy(question).into_owned();
            text.split("\r\n\r\n").next().unwrap_or_default().to_owned()
        };
        self.asked().iter().map(head).collect()
    }
}

fn serve(mut stream: TcpStream, answer: &Answer, memory: &Mutex<Vec<Vec<u8>>>) {
    if matches!(answer, Answer::Reset) {
        let _ = stream.read(&mut [0; 16]);
        let _ = stream.shutdown(Shutdown::Both);
        return;
    }
    let question = read_request(&mut stream);
    memory.lock().unwrap().push(question);
    give(&mut stream, answer);
    let _ = stream.shutdown(Shutdown::Both);
}

fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8_192];
    loop {
        if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).unwrap_or("0");
            let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
            if bytes.len() >= end + 4 + length {
                return bytes;
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return bytes,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

/// Whoever asks may be gone before all is sent.
fn give(stream: &mut TcpStream, answer: &Answer) {
    match answer {
        Answer::Whole(status, headers, body) => {
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        }
        Answer::Drip => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n");
            while stream.write_all(b" ").is_ok() {
                thread::sleep(Duration::from_millis(20));
            }
        }
        Answer::Huge => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n");
            while stream.write_all(&[b'x'; 8_192]).is_ok() {}
        }
        // Until the other side hangs up.
        Answer::Silence | Answer::Reset => drop(stream.read(&mut [0; 1])),
        Answer::Garbage => drop(stream.write_all(b"220 smtp ready\r\n")),
    }
}
