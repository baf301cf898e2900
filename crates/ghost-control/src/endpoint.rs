//! The socket of an observed process: made private, waited at, and given up where the program has closed it.
//!
//! The program owns its descriptors and may close them all; a number may then be another file. So ours lies
//! far above those that programs count on, and is asked whether it still is ours before it is used. A path
//! in `/proc/self/fd` stands for the folder, because the name of a socket has room for 107 bytes.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd as _, IntoRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, fchmod, fstat, open};
use rustix::io::{Errno, fcntl_dupfd_cloexec};
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, connect, listen,
    socket_with, sockopt,
};
use rustix::process::{Resource, geteuid, getpid, getrlimit};

use crate::timed_stream::TimedStream;
use crate::wire::{self, REPLY_BYTES_MAX, REQUEST_BYTES_MAX, WireError};
use crate::{Reply, Request};

/// What the names of sockets end with.
pub const SOCKET_EXTENSION: &str = "control";

/// Controllers that wait while one is served.
const BACKLOG: i32 = 16;
/// Below this number is the program's own: many count on the lowest that is free, some can only wait for
/// those below 1,024.
const DESCRIPTOR_MIN: u64 = 1_000;
/// How long a controller may take to say what it wants, and to take the answer.
const TALK_MAX: Duration = Duration::from_millis(500);

/// Why a process has no socket.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// The system refused.
    #[error("cannot make control socket `{}`", path.display())]
    Io {
        /// Where it would be.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The user, as the kernel says.
    pub uid: u32,
    /// The process, as the kernel says.
    pub pid: u32,
}

/// What happened at a socket.
#[derive(Debug)]
pub enum Arrival {
    /// Somebody asks.
    Request(Connection),
    /// The time is over, somebody of this process called, or somebody came who may not.
    Nothing,
    /// The program has closed the socket.
    Gone,
}

/// A socket that listens.
#[derive(Debug)]
pub struct Endpoint {
    /// Given up without closing where the number is somebody else's.
    listener: Option<OwnedFd>,
    folder: PathBuf,
    name: String,
    inode: u64,
    pid: u32,
}

impl Endpoint {
    /// Makes `<folder>/<name>.control`. The folder is private already.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn open(folder: &Path, name: &str) -> Result<Self, EndpointError> {
        let name = format!("{name}.{SOCKET_EXTENSION}");
        let failed = |source: io::Error| EndpointError::Io { path: folder.join(&name), source };
        let listener = listening(folder, &name).map_err(failed)?;
        let inode = fstat(&listener).map_err(|errno| failed(errno.into()))?.st_ino;
        let (folder, pid) = (folder.to_owned(), own_pid());
        Ok(Self { listener: Some(listener), folder, name, inode, pid })
    }

    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    /// Waits for somebody to ask, at most until `until`.
    pub fn wait(&self, until: Option<Instant>) -> Arrival {
        let Some(listener) = self.listener.as_ref().filter(|_| self.is_ours()) else {
            return Arrival::Gone;
        };
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        let mut polled = [PollFd::new(listener, PollFlags::IN)];
        match poll(&mut polled, left.as_ref()) {
            Ok(0) | Err(Errno::INTR) => return Arrival::Nothing,
            Err(_) => return Arrival::Gone,
            Ok(_) => {}
        }
        // Closed while we waited: what the number is, is no business of ours.
        if !self.is_ours() {
            return Arrival::Gone;
        }
        Self::accept(listener)
    }

    fn accept(listener: &OwnedFd) -> Arrival {
        match accept_with(listener, SocketFlags::CLOEXEC) {
            Ok(stream) => Connection::of(UnixStream::from(stream)),
            Err(Errno::AGAIN | Errno::INTR | Errno::CONNABORTED) => Arrival::Nothing,
            Err(Errno::INVAL | Errno::BADF | Errno::NOTSOCK) => Arrival::Gone,
            Err(_) => {
                // Out of descriptors, perhaps: trying at once again would be a loop.
                std::thread::sleep(TALK_MAX);
                Arrival::Nothing
            }
        }
    }

    /// Has a thread that waits look up; tells whether it was reached.
    pub fn wake(&self) -> bool {
        connected(&self.folder, &self.name).is_ok()
    }

    /// Whether our descriptor still is our socket.
    fn is_ours(&self) -> bool {
        self.listener
            .as_ref()
            .is_some_and(|listener| fstat(listener).is_ok_and(|found| found.st_ino == self.inode))
    }
}

impl Drop for Endpoint {
    /// Closes what is still ours. The file belongs to the process that made it, not to its children.
    fn drop(&mut self) {
        if self.pid == own_pid() {
            let _ = fs::remove_file(self.path());
        }
        if !self.is_ours()
            && let Some(foreign) = self.listener.take()
        {
            let _ = foreign.into_raw_fd();
        }
    }
}

/// Somebody who asks something.
#[derive(Debug)]
pub struct Connection {
    stream: TimedStream,
    peer: Peer,
}

impl Connection {
    fn of(stream: UnixStream) -> Arrival {
        let Ok(peer) = peer_of(&stream) else { return Arrival::Nothing };
        // Ourselves, to be woken; or a user who got past the folder, who is not even answered.
        if peer.pid == own_pid() || !is_allowed(peer) {
            return Arrival::Nothing;
        }
        let stream = TimedStream::new(stream, Instant::now() + TALK_MAX);
        Arrival::Request(Self { stream, peer })
    }

    /// Who asks.
    pub fn peer(&self) -> Peer {
        self.peer
    }

    /// Reads what is asked for.
    ///
    /// # Errors
    /// If it is not understood, which the other side should be told.
    pub fn read(&mut self) -> Result<Request, WireError> {
        wire::read(&mut self.stream, REQUEST_BYTES_MAX)
    }

    /// Answers.
    ///
    /// # Errors
    /// If the other side does not take it.
    pub fn answer(&mut self, reply: &Reply) -> Result<(), WireError> {
        self.stream.extend(Instant::now() + TALK_MAX);
        wire::write(&mut self.stream, reply, REPLY_BYTES_MAX)
    }
}

/// Connects to a socket; waits for nothing.
pub(crate) fn connected(folder: &Path, name: &str) -> io::Result<UnixStream> {
    let folder = folder_descriptor(folder)?;
    let socket = socket()?;
    connect(&socket, &address(&folder, name)?)?;
    Ok(UnixStream::from(socket))
}

/// The other side of a connection.
pub(crate) fn peer_of(stream: &UnixStream) -> io::Result<Peer> {
    let found = sockopt::socket_peercred(stream)?;
    Ok(Peer { uid: found.uid.as_raw(), pid: found.pid.as_raw_nonzero().get().unsigned_abs() })
}

/// The user of this process, and root, who could do anything to it anyway.
pub(crate) fn is_allowed(peer: Peer) -> bool {
    peer.uid == geteuid().as_raw() || peer.uid == 0
}

fn listening(folder: &Path, name: &str) -> io::Result<OwnedFd> {
    let folder = folder_descriptor(folder)?;
    let socket = socket()?;
    // Before it has a name: nobody sees it with other rights.
    fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
    bind(&socket, &address(&folder, name)?)?;
    listen(&socket, BACKLOG)?;
    Ok(fcntl_dupfd_cloexec(&socket, descriptor_min()).unwrap_or(socket))
}

/// Not blocking: neither a full queue nor a caller who has gone away may hold us.
fn socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?)
}

fn folder_descriptor(folder: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(open(folder, flags, Mode::empty())?)
}

fn address(folder: &OwnedFd, name: &str) -> io::Result<SocketAddrUnix> {
    Ok(SocketAddrUnix::new(format!("/proc/self/fd/{}/{name}", folder.as_raw_fd()))?)
}

/// As high as the limit of the process lets us, with some room above.
fn descriptor_min() -> i32 {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    DESCRIPTOR_MIN.min(limit.saturating_sub(24)) as i32
}

fn own_pid() -> u32 {
    getpid().as_raw_nonzero().get().unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A connection of this very process.
    fn arrival(endpoint: &Endpoint) -> Arrival {
        endpoint.wait(Some(Instant::now() + Duration::from_secs(20)))
    }

    #[test]
    fn a_socket_is_private_and_goes_with_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a".repeat(150));
        fs::create_dir(&deep).unwrap();
        let endpoint = Endpoint::open(&deep, "12-ab").unwrap();
        let path = deep.join("12-ab.control");
        assert_eq!(endpoint.path(), path);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(endpoint);
        assert!(!path.exists());
    }

    #[test]
    fn waiting_ends_when_it_is_woken_or_over() {
        let folder = tempfile::tempdir().unwrap();
        let endpoint = Endpoint::open(folder.path(), "12-ab").unwrap();
        assert!(matches!(endpoint.wait(Some(Instant::now())), Arrival::Nothing));
        assert!(endpoint.wake());
        assert!(matches!(arrival(&endpoint), Arrival::Nothing));
    }

    #[test]
    fn a_number_that_is_another_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut endpoint = Endpoint::open(folder.path(), "12-ab").unwrap();
        let other = fs::File::open(folder.path()).unwrap();
        let ours = endpoint.listener.replace(other.into());
        assert!(matches!(arrival(&endpoint), Arrival::Gone));
        drop(ours);
        let number = endpoint.listener.as_ref().unwrap().as_raw_fd();
        drop(endpoint);
        assert!(Path::new(&format!("/proc/self/fd/{number}")).exists());
    }
}
