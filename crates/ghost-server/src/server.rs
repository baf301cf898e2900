//! A server: made from a configuration, told its address, run until it is asked to stop.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ghost_store::DataDir;

use crate::announcement::{AnnounceError, Announcement};
use crate::events::EventHub;
use crate::router::router;
use crate::security::{HostNames, Token};
use crate::serving::{self, ServingLimits};
use crate::sessions::Sessions;
use crate::state::AppState;
use crate::stop::Stop;
use crate::vitals::usage_data::Denial;
use crate::vitals::{Vitals, keep_house};

/// How long stopping may take beyond the last answer.
const FAREWELL_MAX: Duration = Duration::from_millis(900);

/// How long a stop waits for readings of sessions, which cannot be interrupted.
const READING_WAIT_MAX: Duration = Duration::from_millis(500);

/// What a server is to be.
#[derive(Clone, Debug)]
pub struct ServerConfiguration {
    /// Where the sessions lie.
    pub data_dir: DataDir,
    /// The session that `current` stands for: an id, the start of one, a name, or `latest`.
    pub session: String,
    /// Name or address to listen at.
    pub host: String,
    /// Port to listen at; 0 for any that is free.
    pub port: u16,
    /// A variable that forbids usage data.
    pub denial: Option<Denial>,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be used.
    #[error("cannot listen at `{host}`, port {port}")]
    Listen {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// It cannot tell other programs where it is.
    #[error("cannot announce the server")]
    Announce(#[from] AnnounceError),
    /// The system has no random numbers.
    #[error("cannot make a token")]
    Token(#[source] io::Error),
    /// The system gives no threads or no events.
    #[error("cannot start the server")]
    Start(#[source] io::Error),
}

/// A server that listens already, and answers as soon as it runs.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    names: HostNames,
    token: Token,
    sessions: Arc<Sessions>,
    pub(crate) limits: ServingLimits,
    vitals: Arc<Vitals>,
    stop: Stop,
    /// Gone when nobody can be answered any more.
    announcement: Announcement,
}

impl Server {
    /// Takes the address. Nobody is answered yet.
    pub fn bind(configuration: ServerConfiguration) -> Result<Self, ServerError> {
        let ServerConfiguration { data_dir, session, host, port, denial } = configuration;
        let names = HostNames::new(&host);
        let failed = |source| ServerError::Listen { host: host.clone(), port, source };
        let listener = TcpListener::bind((host.as_str(), port)).map_err(&failed)?;
        let address = listener.local_addr().map_err(&failed)?;
        let token = Token::random().map_err(ServerError::Token)?;
        let announcement = Announcement::write(&data_dir, address, &token)?;
        Ok(Self {
            listener,
            address,
            names,
            token,
            vitals: Arc::new(Vitals::new(&data_dir, denial)),
            sessions: Arc::new(Sessions::new(data_dir, session)),
            limits: ServingLimits::default(),
            stop: Stop::new(),
            announcement,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a request has to show.
    pub fn token(&self) -> &str {
        self.token.as_str()
    }

    /// What opens the dashboard. The token is in the fragment, which browsers never send.
    pub fn link(&self) -> String {
        let host = in_a_link(self.address);
        format!("http://{host}/#token={}", self.token.as_str())
    }

    /// A page that leads to the link, for a browser that is started with a file; as private as the token.
    pub fn write_doorway(&self) -> Result<PathBuf, ServerError> {
        Ok(self.announcement.write_doorway(&self.link())?)
    }

    /// What stops it, for a signal to keep.
    pub fn stop_switch(&self) -> Stop {
        self.stop.clone()
    }

    /// Answers until it is stopped.
    pub fn run(self) -> Result<(), ServerError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .thread_name("ghost-serve")
            .build()
            .map_err(ServerError::Start)?;
        let served = runtime.block_on(self.serve());
        // A reading that is under way ends with the process; nobody waits for it any more.
        runtime.shutdown_timeout(READING_WAIT_MAX);
        served
    }

    async fn serve(self) -> Result<(), ServerError> {
        self.listener.set_nonblocking(true).map_err(ServerError::Start)?;
        let listener =
            tokio::net::TcpListener::from_std(self.listener).map_err(ServerError::Start)?;
        let stopped = self.stop.stopped();
        let events = Arc::new(EventHub::new(Arc::clone(&self.sessions), stopped.clone()));
        let house = tokio::spawn(keep_house(Arc::clone(&self.vitals), stopped.clone()));
        let state = Arc::new(AppState {
            sessions: self.sessions,
            vitals: self.vitals,
            events: Arc::clone(&events),
            token: self.token,
        });
        let router = router(&state, self.names);
        serving::serve(listener, router, self.limits, stopped).await;
        // Sockets are told goodbye and logs written back; a client or disk that hangs holds up nothing.
        let farewell = async { tokio::join!(events.everybody_left(), house) };
        let _ = tokio::time::timeout(FAREWELL_MAX, farewell).await;
        Ok(())
    }
}

/// An address that a browser on this machine can open: the one that means all of them does not.
fn in_a_link(address: SocketAddr) -> SocketAddr {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
