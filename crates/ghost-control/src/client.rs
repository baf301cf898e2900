//! What controllers use: the sockets of a session, and one question to one of them. Blocks, never for
//! longer than it is told.

use std::fs;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::endpoint::{SOCKET_EXTENSION, connected, is_allowed, peer_of};
use crate::message::{Reply, Request};
use crate::timed_stream::TimedStream;
use crate::wire::{self, REPLY_BYTES_MAX, REQUEST_BYTES_MAX, WireError};

/// Between two tries where others are being served.
const TRY_AGAIN: Duration = Duration::from_millis(10);

/// The socket of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessSocket {
    /// The id of the process.
    pub pid: u32,
    /// Tells images of one process apart.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The process has ended, or closed its socket.
    #[error("the process does not listen any more")]
    Gone,
    /// The socket belongs to somebody else.
    #[error("the socket belongs to user {uid}")]
    Foreign {
        /// Whose it is.
        uid: u32,
    },
    /// The connection failed.
    #[error("cannot connect")]
    Connect(#[source] io::Error),
    /// The answer was not understood, or did not come.
    #[error(transparent)]
    Wire(#[from] WireError),
}

impl AskError {
    /// Whether there is no process any more.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Gone)
    }
}

/// The sockets in the run folder of a session, the oldest process first; none where it is gone.
pub fn sockets(run_dir: &Path) -> Vec<ProcessSocket> {
    let entries = fs::read_dir(run_dir).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries.filter_map(|entry| socket_at(entry.path())).collect();
    let started =
        |socket: &ProcessSocket| socket.name.split_once('-').map(|(_, start)| start.to_owned());
    found.sort_by_key(|socket| (started(socket), socket.pid));
    found
}

fn socket_at(path: PathBuf) -> Option<ProcessSocket> {
    path.extension().filter(|extension| *extension == SOCKET_EXTENSION)?;
    let name = path.file_stem()?.to_str()?.to_owned();
    let pid = name.split('-').next()?.parse().ok()?;
    Some(ProcessSocket { pid, name, path })
}

/// Asks something and waits for the answer, at most for `wait_max`.
///
/// # Errors
/// If there is none.
pub fn ask(socket: &Path, request: &Request, wait_max: Duration) -> Result<Reply, AskError> {
    let until = Instant::now() + wait_max;
    let stream = connect(socket, until)?;
    let peer = peer_of(&stream).map_err(AskError::Connect)?;
    let is_root = rustix::process::geteuid().is_root();
    if !is_allowed(peer) && !is_root {
        return Err(AskError::Foreign { uid: peer.uid });
    }
    stream.set_nonblocking(false).map_err(AskError::Connect)?;
    let mut stream = TimedStream::new(stream, until);
    wire::write(&mut stream, request, REQUEST_BYTES_MAX)?;
    Ok(wire::read(&mut stream, REPLY_BYTES_MAX)?)
}

fn connect(socket: &Path, until: Instant) -> Result<UnixStream, AskError> {
    let (Some(folder), Some(name)) = (socket.parent(), socket.file_name().and_then(|n| n.to_str()))
    else {
        return Err(AskError::Gone);
    };
    loop {
        match connected(folder, name) {
            Ok(stream) => return Ok(stream),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock if Instant::now() < until => {
                    std::thread::sleep(TRY_AGAIN);
                }
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                    return Err(AskError::Gone);
                }
                _ => return Err(AskError::Connect(error)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_found_by_name_in_order_of_start() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["9-0b.control", "12-0a.control", "x.control", "7-01.ledger"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let pids: Vec<_> = sockets(folder.path()).iter().map(|socket| socket.pid).collect();
        assert_eq!(pids, [12, 9]);
        assert_eq!(sockets(&folder.path().join("gone")), []);
    }

    #[test]
    fn nobody_listens_at_a_socket_that_is_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1-a.control");
        let wait = Duration::from_secs(1);
        assert!(ask(&path, &Request::Hello, wait).unwrap_err().is_gone());
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(ask(&path, &Request::Hello, wait).unwrap_err().is_gone());
    }

    #[test]
    fn one_who_never_answers_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1-a.control");
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let error = ask(&path, &Request::Hello, Duration::from_millis(30)).unwrap_err();
        assert_eq!(error.to_string(), "the other side does not answer");
    }
}
