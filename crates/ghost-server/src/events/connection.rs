//! One client's socket, from its first message to its last: everything about it is bounded in time and
//! size, and whoever breaks a rule is told which before the socket is closed.
//!
//! Who may connect was decided before; what is told is decided in `hub`.

use std::ops::ControlFlow;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

use super::hub::Membership;
use super::message::Tell;
use super::outbox::Next;
use super::watched::Source;

/// Bytes of a message from a client, in however many fragments: wishes are a few hundred.
const MESSAGE_BYTES_MAX: usize = 64 << 10;

/// Bytes that are read at a time. What a client sends is small, and there are many clients.
const READ_BYTES: usize = 4 << 10;

/// Bytes on their way out, at most: one message that is stuck and the words of farewell.
const WRITE_BYTES_MAX: usize = 1 << 20;

/// Messages, pings included, that a client may send in a second: less than answers may wait. A page sends
/// one when it is turned.
const MESSAGES_PER_S_MAX: u32 = 50;

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Between two pings.
    pub(crate) ping: Duration,
    /// Without a sign of life: a client answers pings.
    pub(crate) silence: Duration,
    /// For a message to be taken.
    pub(crate) send: Duration,
    /// For the last message to be taken, and again for the client to close.
    pub(crate) farewell: Duration,
}

impl Default for Patience {
    /// A slow client is gone after less than ten seconds, a lost one after one ping without an answer.
    fn default() -> Self {
        Self {
            ping: Duration::from_secs(20),
            silence: Duration::from_secs(45),
            send: Duration::from_secs(5),
            farewell: Duration::from_secs(2),
        }
    }
}

/// Why a conversation is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The client closed, or is gone.
    Left,
    /// The client broke a rule.
    Broke(CloseCode, &'static str),
    /// The client does not read.
    Lags,
    /// The server stops.
    Stopped,
}

/// Talks to a client until one of both has enough.
pub(crate) async fn converse<T, S>(stream: T, member: Membership<S>, patience: Patience)
where
    T: AsyncRead + AsyncWrite + Unpin,
    S: Source,
{
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BYTES_MAX)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let mut conversation = Conversation { socket, member, patience, recent: Recent::new() };
    let end = conversation.run().await;
    tracing::debug!(?end, "client of the stream of events is gone");
    conversation.finish(end).await;
}

struct Conversation<T, S: Source> {
    socket: WebSocketStream<T>,
    member: Membership<S>,
    patience: Patience,
    recent: Recent,
}

impl<T: AsyncRead + AsyncWrite + Unpin, S: Source> Conversation<T, S> {
    async fn run(&mut self) -> End {
        let mut stopped = self.member.stopped();
        let mut pings = interval_at(Instant::now() + self.patience.ping, self.patience.ping);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let step = tokio::select! {
                () = stopped.wait() => ControlFlow::Break(End::Stopped),
                received = self.socket.next() => self.take(received),
                next = self.member.outbox().next() => match next {
                    Next::Frame(text) => self.send(Message::Text(text)).await,
                    Next::Lag { .. } => ControlFlow::Break(End::Lags),
                },
                _ = pings.tick() => self.ping().await,
            };
            if let ControlFlow::Break(end) = step {
                return end;
            }
        }
    }

    fn take(&mut self, received: Option<Result<Message, Error>>) -> ControlFlow<End> {
        let broke = |code, why| ControlFlow::Break(End::Broke(code, why));
        if !self.recent.is_one_more_allowed() {
            return broke(CloseCode::Policy, "too many messages");
        }
        match received {
            Some(Ok(Message::Text(text))) => self.member.take(&text),
            Some(Ok(Message::Binary(_))) => return broke(CloseCode::Unsupported, "only text"),
            Some(Ok(Message::Close(_))) | None => return ControlFlow::Break(End::Left),
            Some(Ok(_)) => {}
            Some(Err(error)) => return ControlFlow::Break(end_of(&error)),
        }
        ControlFlow::Continue(())
    }

    async fn send(&mut self, message: Message) -> ControlFlow<End> {
        match timeout(self.patience.send, self.socket.send(message)).await {
            Ok(Ok(())) => ControlFlow::Continue(()),
            Ok(Err(error)) => ControlFlow::Break(end_of(&error)),
            Err(_) => ControlFlow::Break(End::Lags),
        }
    }

    async fn ping(&mut self) -> ControlFlow<End> {
        if self.recent.heard.elapsed() > self.patience.silence {
            return ControlFlow::Break(End::Left);
        }
        self.send(Message::Ping(Bytes::new())).await
    }

    /// Says why, if somebody is there to hear it, and gives the client time to read it: closing at once
    /// could overtake the words.
    async fn finish(&mut self, end: End) {
        let (code, why) = match end {
            End::Left => (CloseCode::Normal, ""),
            End::Broke(code, why) => (code, why),
            End::Lags => (CloseCode::Again, "too slow"),
            End::Stopped => (CloseCode::Away, "the server stops"),
        };
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(why) };
        let farewell = async {
            if end == End::Lags {
                let dropped_count = self.member.outbox().give_up();
                let lag = Message::Text(Tell::Lag { dropped_count }.frame());
                // Where this fails, so does the next.
                let _ = self.socket.send(lag).await;
            }
            self.socket.send(Message::Close(Some(frame))).await
        };
        if let Ok(Ok(())) = timeout(self.patience.farewell, farewell).await {
            let stream = self.socket.get_mut();
            let mut rest = [0_u8; READ_BYTES];
            let read_on =
                async { while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {} };
            let _ = timeout(self.patience.farewell, read_on).await;
        }
    }
}

/// What an error of the protocol means for the client.
fn end_of(error: &Error) -> End {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => {
            End::Broke(CloseCode::Size, "the message is too long")
        }
        Error::Capacity(_) => End::Broke(CloseCode::Size, "too large"),
        Error::Utf8(_) => End::Broke(CloseCode::Invalid, "not UTF-8"),
        Error::Protocol(_) => End::Broke(CloseCode::Protocol, "not the protocol"),
        Error::WriteBufferFull(_) => End::Lags,
        _ => End::Left,
    }
}

/// What a client sent lately.
#[derive(Debug)]
struct Recent {
    heard: Instant,
    second: Instant,
    count: u32,
}

impl Recent {
    fn new() -> Self {
        let now = Instant::now();
        Self { heard: now, second: now, count: 0 }
    }

    fn is_one_more_allowed(&mut self) -> bool {
        self.heard = Instant::now();
        if self.second.elapsed() >= Duration::from_secs(1) {
            (self.second, self.count) = (self.heard, 0);
        }
        self.count += 1;
        self.count <= MESSAGES_PER_S_MAX
    }
}
