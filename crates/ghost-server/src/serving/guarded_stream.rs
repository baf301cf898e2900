//! A connection whose ambiguous heads arrive spoiled, so that `hyper` refuses them with 400 and closes.
//!
//! What is ambiguous is `head_guard`'s to say. Writing is passed on as it is.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::head_guard::HeadGuard;

/// How long a client is heard out that was answered for the last time.
const LINGER_WAIT_MAX: Duration = Duration::from_secs(1);
/// What is thrown away at a time.
const THROWN_AWAY_BYTES: usize = 4096;

/// No part of a head may hold it.
const SPOILED: u8 = 0;

/// The stream and who watches it.
#[derive(Debug)]
pub(super) struct GuardedStream {
    stream: TcpStream,
    guard: HeadGuard,
    linger: Linger,
}

/// How far the end is.
#[derive(Debug)]
enum Linger {
    /// It did not begin.
    No,
    /// We said all, and hear the client out: were the connection closed while something is unread, our last
    /// answer would be taken back from it.
    Until(Pin<Box<Sleep>>),
}

impl GuardedStream {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, guard: HeadGuard::new(), linger: Linger::No }
    }
}

impl AsyncRead for GuardedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(ctx, buffer))?;
        let arrived = &mut buffer.filled_mut()[before..];
        if let Some(position) = self.guard.first_bad(arrived) {
            arrived[position..].fill(SPOILED);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(ctx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(ctx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            match &mut this.linger {
                Linger::No => {
                    ready!(Pin::new(&mut this.stream).poll_shutdown(ctx))?;
                    this.linger = Linger::Until(Box::pin(sleep(LINGER_WAIT_MAX)));
                }
                Linger::Until(end) => {
                    if end.as_mut().poll(ctx).is_ready() {
                        return Poll::Ready(Ok(()));
                    }
                    return poll_until_silent(&mut this.stream, ctx);
                }
            }
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(ctx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Throws away what arrives, until the client has said all, too.
fn poll_until_silent(stream: &mut TcpStream, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
    let mut bytes = [0; THROWN_AWAY_BYTES];
    loop {
        let mut buffer = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut *stream).poll_read(ctx, &mut buffer))?;
        if buffer.filled().is_empty() {
            return Poll::Ready(Ok(()));
        }
    }
}
