//! A connection with one deadline for all that is read and written, however slowly it comes.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// A connection until its deadline.
#[derive(Debug)]
pub(crate) struct TimedStream {
    stream: UnixStream,
    until: Instant,
}

impl TimedStream {
    pub(crate) fn new(stream: UnixStream, until: Instant) -> Self {
        Self { stream, until }
    }

    /// Gives it more time: the other side is to do something first.
    pub(crate) fn extend(&mut self, until: Instant) {
        self.until = until;
    }

    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for TimedStream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(into)
    }
}

impl Write for TimedStream {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
