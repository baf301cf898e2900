//! Real sockets: clients that behave, and clients that do not.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::connection::{Patience, converse};
use super::fake_sessions::{Counted, FakeSessions, id};
use super::hub::{CLIENTS_MAX, Hub};
use crate::stop::Stop;

/// Longer than anything takes that works.
const LONG: Duration = Duration::from_secs(30);

const SUBSCRIBE: &str = r#"{"type":"subscribe","session":"current","topics":["functions"]}"#;

struct Scene {
    sessions: Arc<FakeSessions>,
    hub: Arc<Hub<FakeSessions>>,
    stop: Stop,
    address: SocketAddr,
}

impl Scene {
    async fn new(patience: Patience) -> Self {
        let (sessions, stop) = (Arc::new(FakeSessions::default()), Stop::new());
        let hub = Arc::new(Hub::new(Arc::clone(&sessions), stop.stopped()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let members = Arc::clone(&hub);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Some(member) = members.join() {
                    tokio::spawn(converse(stream, member, patience));
                }
            }
        });
        Self { sessions, hub, stop, address }
    }

    async fn client(&self) -> Client {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let mut client = Client(WebSocketStream::from_raw_socket(stream, Role::Client, None).await);
        assert_eq!(client.told().await["type"], "hello");
        client
    }

    fn call(&self, second: u64, function: u32, count: u64) {
        self.sessions.change(&id(second), |session| {
            session.rows.retain(|row| row.0 != function);
            session.rows.push(Counted(function, count, "f".into()));
        });
    }

    async fn everybody_left(&self) {
        timeout(LONG, self.hub.everybody_left()).await.unwrap();
    }
}

struct Client(WebSocketStream<TcpStream>);

impl Client {
    async fn received(&mut self) -> Message {
        timeout(LONG, self.0.next()).await.unwrap().unwrap().unwrap()
    }

    async fn told(&mut self) -> Value {
        loop {
            match self.received().await {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    async fn close_code(&mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.received().await {
                return frame.unwrap().code.into();
            }
        }
    }
}

fn calls(delta: &Value) -> Vec<(u64, u64)> {
    let of = |item: &Value| {
        (item["function_id"].as_u64().unwrap(), item["call_count"].as_u64().unwrap())
    };
    delta["items"].as_array().unwrap().iter().map(of).collect()
}

#[tokio::test]
async fn a_subscriber_is_told_everything_once_and_then_what_changes() {
    let scene = Scene::new(Patience::default()).await;
    scene.call(5, 1, 10);
    scene.call(5, 2, 20);
    let mut client = scene.client().await;
    client.say(SUBSCRIBE).await;
    let subscribed = client.told().await;
    assert_eq!((&subscribed["type"], &subscribed["is_live"]), (&"subscribed".into(), &true.into()));
    assert_eq!(subscribed["session"], id(5).as_str());
    let all = client.told().await;
    assert_eq!((calls(&all), &all["version"]), (vec![(2, 20), (1, 10)], &subscribed["version"]));
    scene.call(5, 1, 11);
    let changed = client.told().await;
    assert_eq!((calls(&changed), &changed["topic"]), (vec![(1, 11)], &"functions".into()));
    scene.sessions.change(&id(5), |session| session.rows.retain(|row| row.0 == 1));
    assert_eq!(client.told().await["removed"], serde_json::json!(["2"]));
    scene.sessions.change(&id(5), |session| session.has_ended = true);
    assert_eq!(client.told().await["type"], "session_ended");
}

#[tokio::test]
async fn current_follows_a_new_session_and_everybody_hears_of_it() {
    let scene = Scene::new(Patience::default()).await;
    scene.call(5, 1, 10);
    let mut fixed = scene.client().await;
    let wish = SUBSCRIBE.replace("current", id(5).as_str());
    fixed.say(&wish).await;
    let mut follower = scene.client().await;
    follower.say(SUBSCRIBE).await;
    for client in [&mut fixed, &mut follower] {
        assert_eq!(client.told().await["type"], "subscribed");
        assert_eq!(calls(&client.told().await), [(1, 10)]);
    }
    scene.call(9, 7, 3);
    for client in [&mut fixed, &mut follower] {
        let started = client.told().await;
        assert_eq!(
            (&started["type"], started["session"].as_str()),
            (&"session_started".into(), Some(id(9).as_str()))
        );
    }
    assert_eq!(follower.told().await["session"], id(9).as_str());
    assert_eq!(calls(&follower.told().await), [(7, 3)]);
    scene.call(5, 1, 12);
    assert_eq!(calls(&fixed.told().await), [(1, 12)]);
}

#[tokio::test]
async fn a_session_that_is_not_there_is_told_and_followed_when_it_comes() {
    let scene = Scene::new(Patience::default()).await;
    let mut client = scene.client().await;
    client.say(SUBSCRIBE).await;
    let error = client.told().await;
    assert_eq!((&error["type"], &error["detail"]), (&"error".into(), &"no session yet".into()));
    scene.call(5, 1, 10);
    assert_eq!(client.told().await["type"], "session_started");
    assert_eq!(client.told().await["type"], "subscribed");
}

#[tokio::test]
async fn nonsense_is_answered_and_does_not_end_a_conversation() {
    let scene = Scene::new(Patience::default()).await;
    scene.call(5, 1, 10);
    let mut client = scene.client().await;
    for text in ["", "{}", "[1]", r#"{"type":"shutdown"}"#] {
        client.say(text).await;
        assert_eq!(client.told().await["type"], "error", "{text}");
    }
    client.say(SUBSCRIBE).await;
    assert_eq!(client.told().await["type"], "subscribed");
}

/// A frame of a client: first byte, whether masked, length as told, content.
fn frame(first: u8, is_masked: bool, length: u64, content: &[u8]) -> Vec<u8> {
    let mask = if is_masked { 0x80 } else { 0 };
    let mut bytes = match length {
        0..126 => vec![first, mask | length as u8],
        126..65_536 => [vec![first, mask | 0x7e], (length as u16).to_be_bytes().to_vec()].concat(),
        _ => [vec![first, mask | 0x7f], length.to_be_bytes().to_vec()].concat(),
    };
    if is_masked {
        // A mask of zeros changes nothing.
        bytes.extend([0; 4]);
    }
    bytes.extend_from_slice(content);
    bytes
}

/// Sends bytes as they are, and returns the code of the close frame that answers.
async fn code_after(scene: &Scene, bytes: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(scene.address).await.unwrap();
    // The server may stop reading before all is written.
    let _ = stream.write_all(bytes).await;
    let mut received = Vec::new();
    timeout(LONG, stream.read_to_end(&mut received)).await.unwrap().unwrap();
    let mut rest = received.as_slice();
    while let [first, length, ..] = *rest {
        let length = usize::from(length);
        assert!(length < 126, "only short messages are expected");
        if first == 0x88 {
            return u16::from_be_bytes([rest[2], rest[3]]);
        }
        rest = &rest[2 + length..];
    }
    panic!("no close frame in {received:?}");
}

#[tokio::test]
async fn whoever_breaks_the_protocol_is_told_which_rule() {
    let farewell = Duration::from_millis(300);
    let scene = Scene::new(Patience { farewell, ..Patience::default() }).await;
    let text = 0x81;
    let part = frame(0x00, true, 4_000, &[b'x'; 4_000]);
    let for_ever = [frame(0x01, true, 1, b"x"), part.repeat(40)].concat();
    let attacks = [
        ("100 MB", frame(text, true, 100 << 20, &vec![b'x'; 60_000]), 1009),
        ("2^63 bytes", frame(text, true, 1 << 63, b"x"), 1009),
        ("65 KiB", frame(text, true, (64 << 10) + 1, &vec![b'x'; (64 << 10) + 1]), 1009),
        ("fragmented for ever", for_ever, 1009),
        ("no UTF-8", frame(text, true, 2, b"\xc3\x28"), 1007),
        ("half a character", frame(text, true, 1, b"\xc3"), 1007),
        ("unmasked", frame(text, false, 2, b"{}"), 1002),
        ("compressed", frame(0xc1, true, 2, b"{}"), 1002),
        ("reserved bit", frame(0xa1, true, 2, b"{}"), 1002),
        ("reserved opcode", frame(0x83, true, 2, b"{}"), 1002),
        ("reserved control opcode", frame(0x8b, true, 0, b""), 1002),
        ("continuation of nothing", frame(0x80, true, 1, b"x"), 1002),
        ("long ping", frame(0x89, true, 126, &[0; 126]), 1002),
        ("ping in parts", frame(0x09, true, 0, b""), 1002),
        ("binary", frame(0x82, true, 2, b"{}"), 1003),
        ("flood of pings", frame(0x89, true, 0, b"").repeat(2_000), 1008),
        ("flood of wishes", frame(text, true, 2, b"{}").repeat(2_000), 1008),
    ];
    for (what, bytes, code) in attacks {
        assert_eq!(code_after(&scene, &bytes).await, code, "{what}");
    }
    scene.everybody_left().await;
}

#[tokio::test]
async fn a_slow_reader_is_told_that_it_lags_and_closed() {
    let scene = Scene::new(Patience::default()).await;
    scene.call(5, 1, 10);
    let mut client = scene.client().await;
    client.say(SUBSCRIBE).await;
    let large = "x".repeat(120 << 10).into();
    for _ in 0..500 {
        scene.hub.tell_everybody(&large);
    }
    let dropped_count = loop {
        match client.received().await {
            Message::Text(text) if text.starts_with("{\"type\":\"lag\"") => {
                break serde_json::from_str::<Value>(&text).unwrap()["dropped_count"].clone();
            }
            _ => {}
        }
    };
    assert!(dropped_count.as_u64().unwrap() > 0);
    assert_eq!(client.close_code().await, 1013);
    scene.everybody_left().await;
}

#[tokio::test]
async fn who_does_not_read_at_all_is_dropped() {
    let short = Duration::from_millis(200);
    let scene = Scene::new(Patience { send: short, farewell: short, ..Patience::default() }).await;
    let _silent = TcpStream::connect(scene.address).await.unwrap();
    while !format!("{:?}", scene.hub).contains("clients: 1") {
        tokio::task::yield_now().await;
    }
    let large = "x".repeat(120 << 10).into();
    for _ in 0..7 {
        scene.hub.tell_everybody(&large);
    }
    let flood = async {
        loop {
            scene.hub.tell_everybody(&large);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = scene.everybody_left() => {}
        () = flood => {}
    }
}

#[tokio::test]
async fn who_does_not_answer_pings_is_dropped() {
    let (ping, silence) = (Duration::from_millis(50), Duration::from_millis(120));
    let scene = Scene::new(Patience { ping, silence, ..Patience::default() }).await;
    let _half_open = TcpStream::connect(scene.address).await.unwrap();
    while !format!("{:?}", scene.hub).contains("clients: 1") {
        tokio::task::yield_now().await;
    }
    scene.everybody_left().await;
}

#[tokio::test]
async fn everybody_is_told_when_the_server_stops() {
    let scene = Scene::new(Patience::default()).await;
    let mut clients = [scene.client().await, scene.client().await];
    scene.stop.stop();
    for client in &mut clients {
        assert_eq!(client.close_code().await, 1001);
    }
    drop(clients);
    scene.everybody_left().await;
}

#[tokio::test]
async fn there_are_places_for_so_many_and_they_are_given_back() {
    let hub = Arc::new(Hub::new(Arc::new(FakeSessions::default()), Stop::new().stopped()));
    let mut members: Vec<_> = (0..CLIENTS_MAX).map(|_| hub.join().unwrap()).collect();
    assert!(hub.join().is_none());
    members.pop();
    assert!(hub.join().is_some());
}
